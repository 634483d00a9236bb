/**
 * Kills index runs with SIGKILL at random moments of every phase while a reader searches. Run after
 * `npm run build`:
 *
 *   node scripts/bench/kill-index.mjs [--times 100] [--seed 1] [--documents 60] [--json]
 *
 * Every run leads to the next edition of a generated corpus, in which half of the documents change, one
 * comes and one goes. One run of each edition is killed and the next one ends; a second folder gets the
 * same editions without a kill. Counted: searches and reads that failed, answers with passages of two
 * editions or two index versions, passages that stand twice or differ from the other folder, and the
 * size of the index against the other folder's. The embedder is the one without a model. Exits 1 when
 * anything was counted that should not be.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createSeeded } from '../../dist/adapters/data/seeded.js';
import { documentPath, writeDocuments } from './generated-corpus.mjs';
import { CORPUS, openIndex, READER } from './open-index.mjs';

const { values: options } = parseArgs({
  options: {
    times: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    documents: { type: 'string', default: '60' },
    json: { type: 'boolean', default: false },
  },
});
const PHASES = ['list', 'read', 'embed', 'write', 'publish', 'prune'];
const SECTIONS = 4;
const MOST_GROWTH = 1.2;
/** A run of this size takes seconds; one that takes so long hangs. */
const RUN_LIMIT_MS = 180_000;
const documents = Number(options.documents);
const { random } = createSeeded(Number(options.seed));

const place = mkdtempSync(join(tmpdir(), 'kill-index-'));
const corpus = join(place, 'documents');
const killed = join(place, 'killed');
const whole = join(place, 'whole');

const found = {
  kills: 0,
  /** Of the kills, those that came before the run had ended. */
  hits: /** @type {Record<string, number>} */ (Object.fromEntries(PHASES.map((name) => [name, 0]))),
  searches: 0,
  unreadable: 0,
  mixed: 0,
  duplicates: 0,
  different: 0,
  /** Revisions that a kept version shows and whose text is not stored. */
  textless: 0,
  /** Against the same editions without a kill. */
  mostDiskRatio: 0,
  /** What keeping five versions costs: that folder against one that was built once. */
  keptVersionsRatio: 0,
};

try {
  await measure();
} finally {
  rmSync(place, { recursive: true, force: true });
}
const sound =
  found.unreadable + found.mixed + found.duplicates + found.different + found.textless === 0 &&
  found.mostDiskRatio <= MOST_GROWTH;
if (options.json) console.log(JSON.stringify({ ...found, sound }));
else report();
process.exitCode = sound ? 0 : 1;

async function measure() {
  let edition = 1;
  writeEdition(edition);
  await runIn(whole, edition);
  await runIn(killed, edition);
  writeEdition(++edition);
  await runIn(killed, edition);
  // Of a whole run from one edition to the next: kills are spread over what each phase takes.
  const lasts = await runIn(whole, edition);

  const index = openIndex(killed);
  const stop = new AbortController();
  const reading = readOn(index, stop.signal);
  for (let kill = 0; kill < Number(options.times); kill++) {
    const phase = PHASES[kill % PHASES.length] ?? 'list';
    writeEdition(++edition);
    await killIn(phase, (lasts[phase] ?? 0) * random(), edition);
    found.kills++;
    await runIn(killed, edition);
    await runIn(whole, edition);
    await compare(index);
    if (!options.json) process.stderr.write(`\r${found.kills} of ${options.times}  `);
  }
  if (!options.json) process.stderr.write('\n');
  await runIn(join(place, 'once'), edition);
  found.keptVersionsRatio = bytesIn(join(whole, 'index')) / bytesIn(join(place, 'once', 'index'));
  stop.abort();
  await reading;
  await index.close();
}

/** @param {number} edition */
function writeEdition(edition) {
  const all = Array.from({ length: documents }, (_, i) => i + edition);
  const changed = edition === 1 ? all : all.filter((at) => at % 2 === 0 || at === all.at(-1));
  writeDocuments(corpus, changed, { sections: SECTIONS, editionOf: () => edition });
  if (edition > 1) rmSync(join(corpus, documentPath(edition - 1)), { force: true });
}

/**
 * One run to its end; gives the milliseconds of each phase.
 * @param {string} data
 * @param {number} edition
 */
async function runIn(data, edition) {
  const child = start(data, edition);
  /** @type {Record<string, number>} */
  const lasts = {};
  let before = { phase: 'start', at: performance.now() };
  for await (const phase of createInterface({ input: child.stdout })) {
    const at = performance.now();
    lasts[before.phase] = (lasts[before.phase] ?? 0) + at - before.at;
    before = { phase, at };
  }
  if (child.exitCode === null) await once(child, 'exit');
  if (child.exitCode !== 0) throw new Error(`a run that nobody killed ended in ${before.phase}`);
  return lasts;
}

/**
 * @param {string} phase
 * @param {number} afterMs
 * @param {number} edition
 */
async function killIn(phase, afterMs, edition) {
  const child = start(killed, edition);
  const ended = once(child, 'exit');
  for await (const said of createInterface({ input: child.stdout })) {
    if (said !== phase) continue;
    await sleep(afterMs);
    break;
  }
  if (child.exitCode === null) found.hits[phase] = (found.hits[phase] ?? 0) + 1;
  child.kill('SIGKILL');
  await ended;
}

/**
 * @param {string} data
 * @param {number} edition
 */
function start(data, edition) {
  const script = join(import.meta.dirname, 'index-process.mjs');
  // Each edition is a night: the clock of the store is two days on every time.
  const child = spawn(process.execPath, [script, data, corpus, String(edition * 2)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: RUN_LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  return child;
}

/**
 * Searches until it is told to stop.
 * @param {ReturnType<typeof openIndex>} index
 * @param {AbortSignal} signal
 */
async function readOn(index, signal) {
  while (!signal.aborted) {
    try {
      await readOnce(index);
    } catch (error) {
      found.unreadable++;
      console.error(error);
    }
    found.searches++;
    await sleep(5);
  }
}

/** @param {ReturnType<typeof openIndex>} index */
async function readOnce(index) {
  const { hits } = await index.search('This is the edition', 30);
  const changing = hits.filter(({ documentId }) => changesEveryTime(documentId));
  const editions = new Set(changing.map(({ text }) => /edition(\d+)/u.exec(text)?.[1]));
  if (editions.size > 1) found.mixed++;
  if (editions.size === 0) found.unreadable++;
}

/** @param {string} documentId */
function changesEveryTime(documentId) {
  return Number(/(\d+)\.md$/u.exec(documentId)?.[1]) % 2 === 0;
}

/** @param {ReturnType<typeof openIndex>} index */
async function compare(index) {
  const other = openIndex(whole);
  const [mine, theirs] = [await contentOf(index), await contentOf(other)];
  await other.close();
  found.duplicates += mine.rows - mine.ids.size;
  found.different += [...mine.ids, ...theirs.ids].filter(
    (id) => !(mine.ids.has(id) && theirs.ids.has(id)),
  ).length;
  found.textless += mine.textless;
  found.mostDiskRatio = Math.max(
    found.mostDiskRatio,
    bytesIn(join(killed, 'index')) / bytesIn(join(whole, 'index')),
  );
}

/** @param {ReturnType<typeof openIndex>} index */
async function contentOf({ store, records }) {
  const reader = store.reader(CORPUS);
  const outline = await store.outline(CORPUS, (await reader.published())?.version ?? 0);
  const sections = [...outline.values()].flatMap((bySection) => [...bySection.values()]);
  const revisions = [...(await store.revisionsInUse(CORPUS))].flatMap(([id, known]) =>
    [...known].map((revision) => ({ id, revision })),
  );
  return {
    rows: await reader.count(READER),
    ids: new Set(sections.flatMap((ids) => [...ids])),
    textless: revisions.filter(
      ({ id, revision }) => records.documents.get(CORPUS, id, revision) === null,
    ).length,
  };
}

/**
 * @param {string} folder
 * @returns {number}
 */
function bytesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    return sum + (entry.isDirectory() ? bytesIn(path) : statSync(path).size);
  }, 0);
}

function report() {
  const { hits, mostDiskRatio, keptVersionsRatio, ...counts } = found;
  for (const [name, count] of Object.entries(counts)) console.log(`${name.padEnd(14)} ${count}`);
  const spread = Object.entries(hits).map(([phase, count]) => `${phase} ${count}`);
  console.log(`cut off in     ${spread.join(', ')}`);
  console.log(`index size     ${mostDiskRatio.toFixed(2)}x at most, goal ${MOST_GROWTH}x`);
  console.log(`kept versions  ${keptVersionsRatio.toFixed(2)}x of an index that was built once`);
  console.log(sound ? 'As it should be.' : 'NOT as it should be.');
}
