/**
 * How well and how fast the search finds a gold passage, by each leg and by both, on public
 * question sets. Run after `npm run build`:
 *
 *   KAKEHASHI_EVAL_DATA=DIR node scripts/bench/retrieval.mjs [--set NAME]... [--part test|tune]
 *     [--models data/models] [--cache DIR] [--out REPORT.json]
 *
 * What DIR holds: `eval-data.mjs`. The corpus of a set is all of its passages, one a document.
 * Constants of the search were chosen on the part `tune` alone: other questions of jsquad, every
 * second question of baobab, other articles of squad2. Vectors are kept in the cache folder, so that
 * a second run takes seconds.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { wilson } from '../../dist/eval/wilson.js';
import { embeddingText } from '../../dist/ingest/embedding-text.js';
import { createSearch } from '../../dist/retrieval/create-search.js';
import { TOKENS_VERSION, tokens } from '../../dist/retrieval/tokens.js';
import { openPassageStore } from '../../dist/store/passages.js';
import { evalData } from './eval-data.mjs';
import { openEmbedder } from './open-embedder.mjs';
import { readLines } from './read-lines.mjs';
import { openVectorCache } from './vector-cache.mjs';

/**
 * @typedef {{id: string, lang: 'ja' | 'en', question: string, gold: string[], answerable: boolean,
 *   meta: {article?: string}}} Question
 * @typedef {{id: string, lang: 'ja' | 'en', title: string, text: string}} Source
 */

const { values: options } = parseArgs({
  options: {
    set: { type: 'string', multiple: true },
    part: { type: 'string', default: 'test' },
    models: { type: 'string', default: 'data/models' },
    cache: { type: 'string', default: join(tmpdir(), 'kakehashi-bench') },
    out: { type: 'string' },
  },
});
const folder = evalData();

/** Questions asked and fused hit@1 wanted; n is the most there are. */
const SETS = [
  { name: 'baobab-dev', questions: 642, goal: 0.88 },
  { name: 'jsquad-valid', questions: 500, goal: 0.92 },
  { name: 'squad2-dev-AH', questions: 500, goal: 0.84 },
];
/** As many as each leg looks at, so that the ranks in the legs can be seen. */
const DEPTH = 50;
const READER = { id: 'bench', access: [], readsAll: true };

mkdirSync(options.cache, { recursive: true });
const { embedder, model } = await openEmbedder(options.models, { threads: 1 });
const vectors = openVectorCache(
  join(options.cache, `${model.sha256.slice(0, 12)}.jsonl`),
  embedder,
);

const report = [];
for (const set of SETS) {
  if (options.set !== undefined && !options.set.includes(set.name)) continue;
  report.push(await measure(set));
}
await embedder.close();
if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(report, null, 2)}\n`);

/** @param {{name: string, questions: number, goal: number}} set */
async function measure(set) {
  const sources = /** @type {Source[]} */ (
    readLines(join(folder, 'qa', `${set.name}.passages.jsonl`))
  );
  const questions = choose(
    /** @type {Question[]} */ (readLines(join(folder, 'qa', `${set.name}.questions.jsonl`))),
    set,
  );
  const passages = sources.map(toPassage);
  const texts = passages.map(embeddingText);
  await vectors.fill(texts, 'passage');
  await vectors.fill(
    questions.map(({ question }) => question),
    'query',
  );

  const dir = join(options.cache, `index-${process.pid}`);
  const store = openPassageStore({
    dir,
    embeddingModel: model,
    dimensions: 384,
    tokensVersion: TOKENS_VERSION,
  });
  try {
    const writer = await store.writer('bench');
    await writer.apply({
      upsert: passages.map((passage, i) => ({
        passage,
        embeddedText: texts[i] ?? '',
        tokens: tokens(texts[i] ?? ''),
        embedding: vectors.get(texts[i] ?? '', 'passage'),
      })),
      deleteDocuments: [],
    });
    await writer.publish();
    await writer.release();
    return await ask(store, set, questions);
  } finally {
    await store[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  }
}

/**
 * @param {import('../../dist/store/passages.js').PassageStore} store
 * @param {{name: string, goal: number}} set
 * @param {Question[]} questions
 */
async function ask(store, set, questions) {
  const search = createSearch({
    corpora: () => [store.reader('bench')],
    embedQuery: async (wanted) => wanted.map((text) => vectors.get(text, 'query')),
    clock: () => performance.now(),
  });
  /** @type {Record<'dense' | 'keyword' | 'fused', number[]>} */
  const ranks = { dense: [], keyword: [], fused: [] };
  const milliseconds = [];
  for (const { question, gold, lang } of questions) {
    const { hits, timingsMs } = await search({
      query: question,
      corpora: null,
      language: lang,
      principal: READER,
      limit: DEPTH,
    });
    milliseconds.push(timingsMs.search);
    const found = hits.filter(({ documentId }) => gold.includes(documentId));
    ranks.fused.push(hits.findIndex(({ documentId }) => gold.includes(documentId)) + 1);
    for (const leg of /** @type {const} */ (['dense', 'keyword'])) {
      ranks[leg].push(Math.min(Infinity, ...found.map(({ legs }) => legs[leg]?.rank ?? Infinity)));
    }
  }
  const line = {
    set: set.name,
    part: options.part,
    goal: set.goal,
    dense: figures(ranks.dense),
    keyword: figures(ranks.keyword),
    fused: figures(ranks.fused),
    searchMs: { p50: quantile(milliseconds, 0.5), p95: quantile(milliseconds, 0.95) },
    load: loadavg()[0],
  };
  for (const leg of /** @type {const} */ (['dense', 'keyword', 'fused'])) {
    const { hitAt1, hitAt5, meanReciprocalRank } = line[leg];
    console.log(
      `${set.name.padEnd(14)} ${leg.padEnd(8)} n ${hitAt1.n}  hit@1 ${shown(hitAt1)}  ` +
        `hit@5 ${shown(hitAt5)}  MRR@10 ${meanReciprocalRank.toFixed(3)}`,
    );
  }
  console.log(
    `${set.name.padEnd(14)} search   p50 ${line.searchMs.p50.toFixed(1)} ms, ` +
      `p95 ${line.searchMs.p95.toFixed(1)} ms, without embedding; load ${line.load?.toFixed(1)}; ` +
      `goal for fused hit@1: ${set.goal}`,
  );
  return line;
}

/** @param {number[]} ranks From 1; 0 or Infinity when not found. */
function figures(ranks) {
  const within = (/** @type {number} */ depth) =>
    ranks.filter((rank) => rank >= 1 && rank <= depth).length;
  const sum = ranks.reduce((total, rank) => total + (rank >= 1 && rank <= 10 ? 1 / rank : 0), 0);
  return {
    hitAt1: wilson(within(1), ranks.length),
    hitAt5: wilson(within(5), ranks.length),
    meanReciprocalRank: sum / Math.max(1, ranks.length),
  };
}

/** @param {import('../../dist/eval/wilson.js').Share} share */
function shown({ share, low, high }) {
  return `${share.toFixed(3)} (${low.toFixed(3)}-${high.toFixed(3)})`;
}

/**
 * @param {number[]} values
 * @param {number} share
 */
function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/**
 * Answerable questions of the wanted part in a fixed shuffled order.
 * @param {Question[]} questions
 * @param {{name: string, questions: number}} set
 */
function choose(questions, set) {
  const order = (/** @type {Question} */ { id }) => sha1(`kakehashi:${id}`);
  const shuffled = questions
    .filter(({ answerable }) => answerable)
    .sort((a, b) => (order(a) < order(b) ? -1 : 1));
  const tune = options.part === 'tune';
  if (set.name.startsWith('baobab')) {
    return shuffled.slice(0, set.questions).filter((_, i) => (i % 2 === 1) === tune);
  }
  if (set.name.startsWith('squad2')) {
    const odd = (/** @type {Question} */ { meta }) =>
      Number.parseInt(sha1(`a${meta.article}`).slice(0, 4), 16) % 2 === 1;
    return shuffled
      .slice(0, 1100)
      .filter((question) => odd(question) === tune)
      .slice(0, set.questions);
  }
  return tune ? shuffled.slice(set.questions, 1100) : shuffled.slice(0, set.questions);
}

/** @param {Source} source */
function toPassage({ id, lang, title, text }) {
  return {
    id: `${id}#0`,
    documentId: id,
    revision: sha1(text).slice(0, 16),
    title: title.replaceAll('_', ' '),
    section: '',
    context: '',
    text,
    start: 0,
    end: text.length,
    position: 0,
    page: null,
    language: lang,
    access: [],
    updated: null,
    supersededBy: null,
    disclaimer: /** @type {const} */ ('none'),
  };
}

/** @param {string} text */
function sha1(text) {
  return createHash('sha1').update(text).digest('hex');
}
