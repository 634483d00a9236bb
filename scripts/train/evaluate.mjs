/**
 * Compares a base model with an adapter on reading cases, through the project's own engine. Run
 * after `npm run build`:
 *
 *   node scripts/train/evaluate.mjs --model MODEL.gguf --adapter adapters/grounded/adapter.gguf \
 *     [--cases dist/train/examples.jsonl] [--split held] [--limit N] [--arms base,adapter] \
 *     [--threshold 0.5] [--threads N] [--out REPORT.json]
 *
 * On a machine that does other work too, `--threads 1` is several times faster than two: the
 * threads wait for each other at every layer.
 *
 * The read-out alone decides whether an answer is withheld, as in the service: the likeliest single
 * word would be too strict, because the many ways to begin an answer share what is left. Answers
 * are therefore judged as if none had been withheld; unanswerable cases are only read.
 *
 * A case is a line of build-examples.mjs; public questions can be put in the same shape, with
 * `answers` (any of these strings counts as right) in place of an assistant message.
 */
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { WITHHOLD_WORD } from '../../dist/answer/prompt.js';
import { createLlamaEngine } from '../../dist/engine/host.js';

/**
 * @typedef {import('../../dist/engine/engine.js').ChatMessage} ChatMessage
 * @typedef {{id: string, split: string, lang: string, kind: string, pack?: string, gold: number | null,
 *   answers?: string[], messages: ChatMessage[]}} Case
 * @typedef {{item: Case, withheld: boolean, chance: number, text: string, seconds: number}} Result
 */

const { values: options } = parseArgs({
  options: {
    model: { type: 'string' },
    adapter: { type: 'string' },
    cases: { type: 'string', default: 'dist/train/examples.jsonl' },
    split: { type: 'string', default: 'held' },
    limit: { type: 'string' },
    threads: { type: 'string', default: String(availableParallelism()) },
    'max-tokens': { type: 'string', default: '48' },
    arms: { type: 'string', default: 'base,adapter' },
    threshold: { type: 'string', default: '0.5' },
    out: { type: 'string' },
  },
});
if (options.model === undefined || options.adapter === undefined) {
  console.error('Wanted: --model MODEL.gguf --adapter ADAPTER.gguf (see the top of this file).');
  process.exit(2);
}

const cases = readFileSync(options.cases, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => /** @type {Case} */ (JSON.parse(line)))
  .filter(({ split, kind }) => split === options.split && kind !== 'plain')
  .slice(0, options.limit === undefined ? undefined : Number(options.limit));

const engine = createLlamaEngine({
  modelPath: options.model,
  modelSha256: await sha256Of(options.model),
  adapters: [{ name: 'adapter', path: options.adapter, sha256: await sha256Of(options.adapter) }],
  contextTokens: 4096,
  sequences: 1,
  threads: Number(options.threads),
  queueLimit: 4,
  // Machines where this runs are busy; a slow prefill is no fault here.
  stallLimitMs: 120_000,
  loadLimitMs: 600_000,
});
/** @type {Record<string, unknown>} */
const report = { cases: options.cases, split: options.split, n: cases.length };
try {
  await engine.ready();
  for (const name of options.arms.split(',')) {
    const results = await ask(name, name === 'base' ? null : name);
    report[name] = summarise(results);
    report[`${name}_cases`] = results.map(({ item, chance, text }) => ({
      id: item.id,
      kind: item.kind,
      chance,
      text,
    }));
    console.log(`\n${name} ${JSON.stringify(report[name], null, 1)}`);
  }
} finally {
  await engine.close();
  if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(report, null, 1)}\n`);
}

/** @param {string} name @param {string | null} adapter */
async function ask(name, adapter) {
  /** @type {Result[]} */
  const results = [];
  const started = Date.now();
  for (const item of cases) {
    const messages = item.messages.filter(({ role }) => role !== 'assistant');
    const before = Date.now();
    const generation = await engine.generate({
      messages,
      adapter,
      maxTokens: Number(options['max-tokens']),
      options: [WITHHOLD_WORD],
      afterPrefill: () => (item.kind === 'answer' ? 'continue' : 'stop'),
    });
    results.push({
      item,
      withheld: item.kind !== 'answer',
      chance: generation.optionProbabilities[0] ?? 0,
      text: generation.text,
      seconds: (Date.now() - before) / 1000,
    });
    const left = ((Date.now() - started) / results.length) * (cases.length - results.length);
    process.stderr.write(
      `\r${name} ${results.length}/${cases.length}, ${Math.round(left / 1000)} s left   `,
    );
  }
  return results;
}

/** Figures per language and together. @param {Result[]} results */
function summarise(results) {
  const parts = new Map([['all', results]]);
  for (const lang of new Set(results.map(({ item }) => item.lang))) {
    parts.set(
      lang,
      results.filter(({ item }) => item.lang === lang),
    );
  }
  return Object.fromEntries([...parts].map(([lang, part]) => [lang, figuresOf(part)]));
}

/** @param {Result[]} results */
function figuresOf(results) {
  const answerable = results.filter(({ withheld }) => !withheld);
  const unanswerable = results.filter(({ withheld }) => withheld);
  return {
    n: results.length,
    answerable: answerable.length,
    readout_auroc: bootstrap(results, auroc),
    answerability_weighted_f1: bootstrap(results, weightedF1),
    withheld_of_unanswerable: proportion(unanswerable, isWithheld),
    withheld_of_answerable: proportion(answerable, isWithheld),
    marker_right: proportion(answerable, markerIsRight),
    answer_right: proportion(answerable, answerIsRight),
  };
}

/** @param {Result} result */
function isWithheld({ chance }) {
  return chance >= Number(options.threshold);
}

/** The right passage is named, and no other. @param {Result} result */
function markerIsRight({ item, text }) {
  const named = [...text.matchAll(/\[(\d+)\]/gu)].map((match) => Number(match[1]));
  return named.length > 0 && named.every((number) => number === item.gold);
}

/**
 * One of the given strings is in the answer. Without such strings the target sentence is the
 * measure: all its figures and codes must be there, and half of its characters.
 * @param {Result} result
 */
function answerIsRight(result) {
  const { item } = result;
  const text = plainText(result.text);
  if (item.answers !== undefined) {
    return item.answers.some((answer) => text.includes(plainText(answer)));
  }
  const target = plainText(item.messages.at(-1)?.content ?? '');
  const figures = target.match(/[a-z]*\d[\d.:,-]*/gu) ?? [];
  return figures.every((figure) => text.includes(figure)) && characterF1(text, target) >= 0.5;
}

/** Without markers, case, spaces and full stops; NFKC. @param {string} text */
function plainText(text) {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\[\d+\]/gu, '')
    .replace(/[\s。、「」"']|[.,](?!\d)/gu, '');
}

/** F1 of character pairs. @param {string} a @param {string} b */
function characterF1(a, b) {
  const pairs = (/** @type {string} */ text) => Array.from(text, (_, at) => text.slice(at, at + 2));
  const left = pairs(b);
  let shared = 0;
  const found = pairs(a);
  for (const pair of found) {
    const at = left.indexOf(pair);
    if (at < 0) continue;
    shared++;
    left.splice(at, 1);
  }
  return (2 * shared) / (found.length + pairs(b).length);
}

/** Chance that a withheld case scores above an answerable one. @param {Result[]} results */
function auroc(results) {
  const high = results.filter(({ withheld }) => withheld).map(({ chance }) => chance);
  const low = results.filter(({ withheld }) => !withheld).map(({ chance }) => chance);
  let wins = 0;
  for (const a of high) for (const b of low) wins += a > b ? 1 : a === b ? 0.5 : 0;
  return wins / (high.length * low.length);
}

/** F1 of "answerable" and "not", weighted by how many there are. @param {Result[]} results */
function weightedF1(results) {
  const f1 = (/** @type {boolean} */ wanted) => {
    const real = results.filter(({ withheld }) => withheld === wanted).length;
    const said = results.filter((result) => isWithheld(result) === wanted).length;
    const both = results.filter(
      (result) => result.withheld === wanted && isWithheld(result) === wanted,
    ).length;
    return real + said === 0 ? 0 : ((2 * both) / (real + said)) * (real / results.length);
  };
  return f1(true) + f1(false);
}

/** Share with Wilson's 95 % interval. @param {Result[]} results @param {(result: Result) => boolean} test */
function proportion(results, test) {
  const n = results.length;
  if (n === 0) return { value: null, interval: null, n };
  const p = results.filter(test).length / n;
  const z = 1.96;
  const middle = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))) / (1 + (z * z) / n);
  return { value: round(p), interval: [round(middle - half), round(middle + half)], n };
}

/** Value with a 95 % bootstrap interval. @param {Result[]} results @param {(results: Result[]) => number} measure */
function bootstrap(results, measure) {
  let state = 1;
  // Park and Miller's generator: the same interval on every run.
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const values = Array.from({ length: 500 }, () =>
    measure(
      results.map(() => /** @type {Result} */ (results[Math.floor(random() * results.length)])),
    ),
  )
    .filter(Number.isFinite)
    .toSorted((a, b) => a - b);
  const at = (/** @type {number} */ share) =>
    round(values[Math.floor(share * values.length)] ?? NaN);
  return { value: round(measure(results)), interval: [at(0.025), at(0.975)], n: results.length };
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 1000) / 1000;
}

/** @param {string} file */
async function sha256Of(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
