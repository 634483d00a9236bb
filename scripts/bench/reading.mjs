/**
 * Whether a model knows what three given passages do not tell, and names the one that does, on
 * public question sets of which half cannot be answered (`reading-sets.mjs` says how they are
 * made). Run after `npm run build` with models pulled:
 *
 *   KAKEHASHI_EVAL_DATA=DIR node scripts/bench/reading.mjs [--arms grounded,base] [--limit 500]
 *     [--language en] [--out REPORT.json]
 *
 * `--limit`: questions of each language that are reported on; a quarter as many, of other articles,
 * choose the threshold of the read-out. Weighted F1 is the mean of the two classes' F1, weighted by
 * their numbers. What was asked is kept in data/eval and not asked again.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cite } from '../../dist/answer/cite.js';
import { SERVICE_PROMPTS } from '../../dist/answer/training-prompts.js';
import { isWithheld } from '../../dist/answer/withheld.js';
import { openGateEngine } from '../../dist/chat-engines.js';
import { loadConfig } from '../../dist/config.js';
import { auroc } from '../../dist/eval/auroc.js';
import { bootstrap } from '../../dist/eval/bootstrap.js';
import { containsAnswer } from '../../dist/eval/score.js';
import { wilson } from '../../dist/eval/wilson.js';
import { sentenceSpans } from '../../dist/ingest/sentences.js';
import { tokens } from '../../dist/retrieval/tokens.js';
import { openModels } from '../../dist/knowledge.js';
import { evalData } from './eval-data.mjs';
import { readingCases } from './reading-sets.mjs';

/**
 * @typedef {import('./reading-sets.mjs').ReadingCase} ReadingCase
 * @typedef {{key: string, readOut: number, text: string}} Said
 * @typedef {{one: ReadingCase, said: Said}} Reading
 */

const { values: options } = parseArgs({
  options: {
    arms: { type: 'string', default: 'grounded,base' },
    limit: { type: 'string', default: '500' },
    language: { type: 'string' },
    out: { type: 'string' },
  },
});
const folder = evalData();
const MAX_TOKENS = 80;
const config = loadConfig({ directory: resolve(import.meta.dirname, '../..'), flags: {} });
const cacheFile = join(config.data, 'eval', 'reading-sets.jsonl');
const models = await openModels(config);

/** @type {Record<string, Record<string, unknown>>} */
const report = {};
for (const arm of options.arms.split(',')) {
  report[arm] = {};
  for (const lang of /** @type {const} */ (['en', 'ja'])) {
    if (options.language !== undefined && options.language !== lang) continue;
    const readings = await readWith(arm, readingCases(folder, lang, Number(options.limit)));
    report[arm][lang] = measure(arm, lang, readings);
  }
}
if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(report, null, 2)}\n`);

/**
 * @param {string} arm
 * @param {ReadingCase[]} cases
 * @returns {Promise<Reading[]>}
 */
async function readWith(arm, cases) {
  const adapter = arm === 'base' ? null : adapterOf(arm);
  const engine = openGateEngine(config, models.chat, adapter === null ? [] : [adapter]);
  const known = readCache();
  /** @type {Reading[]} */
  const readings = [];
  for (const one of cases) {
    const messages = SERVICE_PROMPTS.reading({
      language: one.lang,
      instruction: adapter === null ? SERVICE_PROMPTS.baseInstruction[one.lang] : null,
      passages: one.passages.map(({ title, text }) => ({
        title: title.replaceAll('_', ' '),
        section: '',
        context: '',
        text,
        updated: null,
      })),
      question: one.question,
      previousQuestion: null,
      // Questions on the same passages share the beginning of their prompt, which is read once.
      linePrefix: '1a2b3c',
    });
    const key = createHash('sha256')
      .update(JSON.stringify([messages, models.chat.sha256, adapter?.sha256, MAX_TOKENS]))
      .digest('hex');
    let said = known.get(key);
    if (said === undefined) {
      const { text, optionProbabilities } = await engine.generate({
        messages,
        adapter: adapter?.name ?? null,
        maxTokens: MAX_TOKENS,
        options: [SERVICE_PROMPTS.withholdWord],
      });
      said = { key, readOut: optionProbabilities[0] ?? 0, text };
      mkdirSync(join(config.data, 'eval'), { recursive: true });
      appendFileSync(cacheFile, `${JSON.stringify(said)}\n`);
    }
    readings.push({ one, said });
    process.stderr.write(`\r${arm} ${one.lang} ${readings.length}/${cases.length}  `);
  }
  process.stderr.write('\n');
  await engine.close();
  return readings;
}

/** @param {string} name */
function adapterOf(name) {
  const passport = JSON.parse(readFileSync(join(config.adapters, name, 'passport.json'), 'utf8'));
  const path = join(config.adapters, name, 'adapter.gguf');
  return { name, path, sha256: /** @type {string} */ (passport.adapter.sha256) };
}

function readCache() {
  /** @type {Map<string, Said>} */
  const known = new Map();
  if (!existsSync(cacheFile)) return known;
  for (const line of readFileSync(cacheFile, 'utf8').split('\n')) {
    if (line === '') continue;
    /** @type {Said} */
    const said = JSON.parse(line);
    known.set(said.key, said);
  }
  return known;
}

/**
 * @param {string} arm
 * @param {'ja' | 'en'} lang
 * @param {Reading[]} all
 */
function measure(arm, lang, all) {
  const of = (/** @type {'tune' | 'report'} */ part) => all.filter(({ one }) => one.part === part);
  const threshold = of('tune')
    .map(({ said }) => said.readOut)
    .reduce(
      (best, candidate) =>
        weightedF1(of('tune'), candidate) > weightedF1(of('tune'), best) ? candidate : best,
      1,
    );
  const readings = of('report');
  const answerable = readings.filter(({ one }) => one.answerable);
  const unanswerable = readings.filter(({ one }) => !one.answerable);
  // Answers of baobab are whole paragraphs, which no short answer holds.
  const right = answerable.filter(
    ({ one, said }) =>
      one.set !== 'baobab' && one.answers.some((answer) => containsAnswer(said.text, answer)),
  );
  const share = (/** @type {Reading[]} */ part, /** @type {(one: Reading) => boolean} */ test) => {
    const { share: value, low, high, n } = wilson(part.filter(test).length, part.length);
    return { value, low, high, n };
  };
  const figures = {
    weighted_f1: bootstrap(readings, (sample) => weightedF1(sample, threshold)),
    weighted_f1_by_first_word: bootstrap(readings, (sample) => weightedF1(sample, 0.5)),
    auroc: bootstrap(readings, (sample) =>
      auroc(
        sample.filter(({ one }) => !one.answerable).map(({ said }) => said.readOut),
        sample.filter(({ one }) => one.answerable).map(({ said }) => said.readOut),
      ),
    ),
    withheld_of_answerable: share(answerable, (reading) => isSilent(reading, threshold)),
    withheld_of_unanswerable: share(unanswerable, (reading) => isSilent(reading, threshold)),
    right_if_never_withheld: share(
      answerable.filter(({ one }) => one.set !== 'baobab'),
      (reading) => right.includes(reading),
    ),
    passage_named_of_right: share(right, ({ one, said }) => namesPassage(said.text, one.gold)),
    passage_cited_of_right: share(right, ({ one, said }) => citesPassage(said.text, one)),
  };
  console.log(
    `${arm} ${lang}: threshold ${threshold.toFixed(3)}, chosen on n ${of('tune').length}`,
  );
  for (const [name, { value, low, high, n }] of Object.entries(figures)) {
    const [a, b, c] = [value, low, high].map((number) => number.toFixed(3));
    console.log(`  ${name.padEnd(26)} ${a} (${b}-${c}), n ${n}`);
  }
  return { threshold, ...figures };
}

/**
 * @param {Reading} reading
 * @param {number} threshold
 */
function isSilent({ one, said }, threshold) {
  return said.readOut >= threshold || isWithheld(said.text, one.lang);
}

/**
 * Mean of the two classes' F1, weighted by their numbers.
 * @param {readonly Reading[]} readings
 * @param {number} threshold
 */
function weightedF1(readings, threshold) {
  return [true, false].reduce((sum, answerable) => {
    const taken = readings.filter((reading) => isSilent(reading, threshold) !== answerable);
    const meant = readings.filter(({ one }) => one.answerable === answerable);
    const both = taken.filter(({ one }) => one.answerable === answerable).length;
    const f1 = both === 0 ? 0 : (2 * both) / (taken.length + meant.length);
    return sum + (f1 * meant.length) / readings.length;
  }, 0);
}

/**
 * Whether the service would cite the right passage alone: it checks and mends the model's markers.
 * @param {string} text
 * @param {ReadingCase} one
 */
function citesPassage(text, { passages, gold }) {
  const given = passages.map(({ id, title, text: body, set }) => ({
    corpus: set,
    documentId: id,
    title,
    section: '',
    context: '',
    text: body,
    page: null,
    revision: '',
    start: 0,
  }));
  const { citations } = cite(text, given, { sentences: sentenceSpans, tokens });
  return citations.length > 0 && citations.every(({ marker }) => marker === gold);
}

/**
 * Whether the model itself named the right passage alone.
 * @param {string} text
 * @param {number | null} gold
 */
function namesPassage(text, gold) {
  const named = [...text.matchAll(/\[(\d+)\]/gu)].map((match) => Number(match[1]));
  return named.length > 0 && named.every((number) => number === gold);
}
