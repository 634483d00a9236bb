/**
 * Times runs of the index over a generated corpus, and searches while they go on. Run after
 * `npm run build`, with models pulled:
 *
 *   node scripts/bench/reindex.mjs [--chunks 20000] [--runs 5] [--models data/models] [--json]
 *
 * First a full build, then runs over the same documents, then runs before each of which one document of
 * a hundred changed in all its sections. Runs are processes of their own, as at night; searches (five
 * words, both legs, ten hits) come from this one: first alone, then while the changed runs go on. The
 * runs embed without a model, so that a quarter of an hour is not spent on that; what the model takes a
 * chunk is measured on 100 chunks and added to both sides of the shares. At the end readers are sent back
 * to the version of before the last run, whose answers are compared with those of then, byte for byte.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSeeded } from '../../dist/adapters/data/seeded.js';
import { documentText, words, writeDocuments } from './generated-corpus.mjs';
import { openEmbedder } from './open-embedder.mjs';
import { CORPUS, openIndex, READER } from './open-index.mjs';
import { median, quantile } from './quantiles.mjs';

const { values: options } = parseArgs({
  options: {
    chunks: { type: 'string', default: '20000' },
    runs: { type: 'string', default: '5' },
    models: { type: 'string', default: 'data/models' },
    json: { type: 'boolean', default: false },
  },
});
const SECTIONS = 10;
const IDLE_SEARCHES = 1000;
const WARM_SEARCHES = 100;
const MEASURED_CHUNKS = 100;
const COMPARED_SEARCHES = 50;
const documents = Math.ceil(Number(options.chunks) / SECTIONS);
const runs = Number(options.runs);

const place = mkdtempSync(join(tmpdir(), 'reindex-'));
const folder = join(place, 'documents');
const data = join(place, 'data');
const { random } = createSeeded(7);

try {
  const result = await measure();
  if (options.json) console.log(JSON.stringify(result));
  else for (const [name, value] of Object.entries(result)) console.log(`${name}: ${value}`);
} finally {
  rmSync(place, { recursive: true, force: true });
}

async function measure() {
  writeDocuments(folder, Array(documents).keys(), { sections: SECTIONS, editionOf: () => 1 });
  const fullMs = await runOnce();
  const unchanged = [];
  for (let at = 0; at < runs; at++) unchanged.push(await runOnce());

  const index = openIndex(data);
  const chunks = await index.store.reader(CORPUS).count(READER);
  const warm = /** @type {number[]} */ ([]);
  await searchFor(index, () => warm.length < WARM_SEARCHES, warm);
  const idle = /** @type {number[]} */ ([]);
  await searchFor(index, () => idle.length < IDLE_SEARCHES, idle);

  const someDocuments = Array.from(Array(documents).keys()).filter((at) => at % 100 === 0);
  const changed = [];
  const busy = /** @type {number[]} */ ([]);
  let before = '';
  for (let at = 0; at < runs; at++) {
    before = await answersOf(index);
    writeDocuments(folder, someDocuments, { sections: SECTIONS, editionOf: () => at + 2 });
    let running = true;
    const [ms] = await Promise.all([
      runOnce().finally(() => {
        running = false;
      }),
      searchFor(index, () => running, busy),
    ]);
    changed.push(ms);
  }
  const rollback = await goBack(index, before);
  await index.close();

  const chunkMs = await embeddingMs();
  const changedChunks = someDocuments.length * SECTIONS;
  const wholeMs = fullMs + chunks * chunkMs;
  const changedMs = median(changed) + changedChunks * chunkMs;
  return {
    chunks,
    'full build without embedding, s': round(fullMs / 1000),
    'embedding, ms a chunk': round(chunkMs),
    'nothing changed, s': unchanged.map((ms) => round(ms / 1000)).join(' '),
    [`${changedChunks} chunks changed, without embedding, s`]: changed
      .map((ms) => round(ms / 1000))
      .join(' '),
    'nothing changed, of a full build': round(median(unchanged) / wholeMs, 4),
    'a document of a hundred changed, of a full build': round(changedMs / wholeMs, 4),
    [`search alone, p50 and p95 in ms (n ${idle.length})`]: shares(idle),
    [`search while runs go on, p50 and p95 in ms (n ${busy.length})`]: shares(busy),
    'p95 while runs go on, of that alone': round(quantile(busy, 0.95) / quantile(idle, 0.95)),
    'rollback, ms until a search is answered from the version before': round(rollback.ms),
    [`answers then, of those of before (n ${COMPARED_SEARCHES})`]: rollback.same
      ? 'byte for byte the same'
      : 'DIFFERENT',
  };
}

/** @param {() => number} random */
function nextQuery(random) {
  const language = random() < 0.5 ? 'ja' : 'en';
  return words(random, language, 5).join(language === 'ja' ? 'の' : ' ');
}

/**
 * What searches for fixed words give, as text.
 * @param {ReturnType<typeof openIndex>} index
 */
async function answersOf(index) {
  const fixed = createSeeded(11);
  const found = [];
  for (let at = 0; at < COMPARED_SEARCHES; at++) {
    found.push((await index.search(nextQuery(fixed.random))).hits);
  }
  return JSON.stringify(found);
}

/**
 * @param {ReturnType<typeof openIndex>} index
 * @param {string} before what searches gave on the version that is gone back to
 */
async function goBack(index, before) {
  const [newest, previous] = await index.store.versions(CORPUS);
  if (!newest?.current || previous === undefined) throw new Error('there is no version before');
  const startMs = performance.now();
  await index.store.rollback(CORPUS, previous.version);
  await index.search('the first search after it');
  const ms = performance.now() - startMs;
  return { ms, same: (await answersOf(index)) === before };
}

/** What the embedding model takes a chunk of this corpus, in milliseconds. */
async function embeddingMs() {
  const { embedder } = await openEmbedder(options.models, { threads: availableParallelism() });
  try {
    const texts = Array.from({ length: MEASURED_CHUNKS }, (_, at) => documentText(at, 1, 1));
    await embedder.embed(texts.slice(0, 4), 'passage');
    const startMs = performance.now();
    await embedder.embed(texts, 'passage');
    return (performance.now() - startMs) / texts.length;
  } finally {
    await embedder.close();
  }
}

/** Milliseconds of one run, from its start to its end as a process. */
async function runOnce() {
  const script = join(import.meta.dirname, 'index-process.mjs');
  const startMs = performance.now();
  const child = spawn(process.execPath, [script, data, folder, '0', '--stand-back'], {
    stdio: 'ignore',
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`a run ended with ${code}`);
  return performance.now() - startMs;
}

/**
 * @param {ReturnType<typeof openIndex>} index
 * @param {() => boolean} goesOn
 * @param {number[]} into milliseconds of each search
 */
async function searchFor(index, goesOn, into) {
  while (goesOn()) {
    const query = nextQuery(random);
    const startMs = performance.now();
    const { hits } = await index.search(query);
    into.push(performance.now() - startMs);
    if (hits.length === 0) throw new Error('a search found nothing');
  }
}

/** @param {readonly number[]} values */
function shares(values) {
  return `${round(quantile(values, 0.5))} ${round(quantile(values, 0.95))}`;
}

/**
 * @param {number} value
 * @param {number} [digits]
 */
function round(value, digits = 2) {
  return Number(value.toFixed(digits));
}
