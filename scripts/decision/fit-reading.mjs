/**
 * Measures how well a way of reading answers the fitting half of the sample questions, chooses the
 * last gate's threshold from that, and prints both for `src/decision/default-model.ts`. Run after
 * `npm run build`, with models pulled and corpora indexed:
 *
 *   node scripts/decision/fit-reading.mjs [--arm both:grounded|retrieve] [--limit N] [--data DIR]
 *
 * Every answer is written to its end, whatever the chance of the withholding word, so that each
 * threshold can be tried on the same answers. What was asked is kept in DIR/eval and not asked again.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { PROMPT_VERSION } from '../../dist/answer/prompt.js';
import { loadConfig } from '../../dist/config.js';
import { DEFAULT_MODEL } from '../../dist/decision/default-model.js';
import { partOf, readGold } from '../../dist/eval/gold.js';
import { containsAnswer, scoreAnswer } from '../../dist/eval/score.js';
import { wilson } from '../../dist/eval/wilson.js';
import { AnswerRequest } from '../../dist/schemas.js';
import { openService } from '../../dist/service.js';

/**
 * @typedef {import('../../dist/eval/gold.js').GoldQuestion} GoldQuestion
 * @typedef {import('../../dist/schemas.js').AnswerResponse} AnswerResponse
 * @typedef {{key: string, id: string, lang: 'ja' | 'en', kind: string, holds: boolean,
 *   readOut: number, refused: boolean, right: boolean}} Reading
 */

const { values: options } = parseArgs({
  options: {
    arm: { type: 'string', default: 'both:grounded' },
    limit: { type: 'string' },
    data: { type: 'string' },
  },
});
const everyone = { id: 'fit', access: ['group:everyone'], readsAll: false };
const config = loadConfig({
  directory: resolve(import.meta.dirname, '../..'),
  flags: options.data === undefined ? {} : { data: options.data },
});
const [mode, adapter] = options.arm.split(':');
const cacheFile = join(config.data, 'eval', 'reading.jsonl');

const readings = await readAll();
for (const lang of /** @type {const} */ (['ja', 'en'])) {
  report(
    lang,
    readings.filter((reading) => reading.lang === lang),
  );
}

async function readAll() {
  const service = await openService(config);
  try {
    return await readWith(service);
  } finally {
    await service[Symbol.asyncDispose]();
  }
}

/**
 * @param {import('../../dist/service.js').Service} service
 * @returns {Promise<Reading[]>}
 */
async function readWith(service) {
  const used = service.adapters.find(({ passport }) => passport.name === adapter);
  if (adapter !== undefined && used === undefined) throw new Error(`no adapter ${adapter}`);
  const known = readCache();
  /** @type {number | null} */
  let readOut = null;
  const generate = service.engine.generate.bind(service.engine);
  service.engine.generate = (request, given) =>
    generate(
      {
        ...request,
        afterPrefill: ({ optionProbabilities }) => {
          readOut = optionProbabilities[0] ?? 0;
          return 'continue';
        },
      },
      given,
    );

  const asked = await questions();
  /** @type {Reading[]} */
  const done = [];
  for (const { corpus, gold } of asked) {
    const key = createHash('sha256')
      .update(
        JSON.stringify([
          [corpus, gold.id, gold.question, options.arm, PROMPT_VERSION, config.passages],
          [service.models.chat.sha256, used?.passport.adapter.sha256],
        ]),
      )
      .digest('hex');
    let reading = known.get(key);
    if (reading === undefined) {
      readOut = null;
      let holds = false;
      const response = await service.answerer.answer(
        AnswerRequest.parse({
          question: gold.question,
          corpora: [corpus],
          mode,
          ...(adapter === undefined ? {} : { adapter }),
          max_tokens: 160,
          deadline_ms: 300_000,
        }),
        everyone,
        {
          onEvent: ({ event, data }) => {
            if (event === 'passages') holds = holdAnswer(data.passages, gold);
          },
        },
      );
      reading = readingOf(key, gold, response, holds, readOut ?? 1);
      mkdirSync(join(config.data, 'eval'), { recursive: true });
      appendFileSync(cacheFile, `${JSON.stringify(reading)}\n`);
    }
    done.push(reading);
    process.stderr.write(`\r${options.arm} ${done.length}/${asked.length}  `);
  }
  process.stderr.write('\n');
  return done;
}

/**
 * @param {string} key
 * @param {GoldQuestion} gold
 * @param {AnswerResponse} response
 * @param {boolean} holds
 * @param {number} readOut
 * @returns {Reading}
 */
function readingOf(key, gold, response, holds, readOut) {
  return {
    key,
    id: gold.id,
    lang: gold.lang,
    kind: gold.kind,
    holds,
    readOut,
    refused: response.outcome === 'abstained',
    right: scoreAnswer(gold, response).verdict === 'right',
  };
}

/** Questions that want a document, of the fitting half, an even sample of at most `--limit`. */
async function questions() {
  const all = [];
  for (const corpus of ['handbook', 'product']) {
    for (const gold of await readGold(join(config.corpora, corpus, 'gold.jsonl'))) {
      if (partOf(gold) === 'fit' && ['document', 'unanswerable'].includes(gold.kind)) {
        all.push({ corpus, gold });
      }
    }
  }
  const step = Math.max(1, all.length / Number(options.limit ?? all.length));
  return all.filter((_, at) => Math.floor(at / step) !== Math.floor((at - 1) / step));
}

/**
 * @param {{document_id: string, text: string}[]} passages
 * @param {GoldQuestion} gold
 */
function holdAnswer(passages, gold) {
  return passages.some(
    ({ document_id, text }) =>
      gold.documents.includes(document_id) &&
      gold.answers.some((answer) => containsAnswer(text, answer)),
  );
}

function readCache() {
  /** @type {Map<string, Reading>} */
  const known = new Map();
  if (!existsSync(cacheFile)) return known;
  for (const line of readFileSync(cacheFile, 'utf8').split('\n')) {
    if (line === '') continue;
    /** @type {Reading} */
    const reading = JSON.parse(line);
    known.set(reading.key, reading);
  }
  return known;
}

/**
 * Skills as `DecisionModel` wants them, at the threshold of highest mean value: 1 for a right answer
 * or refusal, minus what the default risk and the decision file say of the rest.
 * @param {'ja' | 'en'} lang
 * @param {Reading[]} all
 */
function report(lang, all) {
  const known = all.filter(({ holds }) => holds);
  const unknowable = all.filter(({ kind }) => kind === 'unanswerable');
  const wrongPrice = (1 - config.risk) / config.risk;
  const isSilent = (/** @type {Reading} */ { readOut, refused }, /** @type {number} */ threshold) =>
    refused || readOut >= threshold;
  const valueAt = (/** @type {number} */ threshold) =>
    [...known, ...unknowable].reduce((sum, reading) => {
      const silent = isSilent(reading, threshold);
      if (!reading.holds) return sum + (silent ? 1 : -wrongPrice);
      if (silent) return sum - DEFAULT_MODEL.needlessRefusal;
      return sum + (reading.right ? 1 : -wrongPrice);
    }, 0) /
    (known.length + unknowable.length);
  const candidates = [...new Set([...all.map(({ readOut }) => readOut), 1])].toSorted(
    (a, b) => a - b,
  );
  const threshold = candidates.reduce(
    (best, one) => (valueAt(one) > valueAt(best) ? one : best),
    1,
  );
  const share = (/** @type {Reading[]} */ part, /** @type {(one: Reading) => boolean} */ test) => {
    const { share: value, low, high, n } = wilson(part.filter(test).length, part.length);
    return `${value.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)}, n ${n})`;
  };
  const silent = (/** @type {Reading} */ reading) => isSilent(reading, threshold);
  console.log(
    `${options.arm} ${lang}: AUROC ${auroc(known, unknowable).toFixed(3)}, threshold ${threshold.toFixed(3)}, ` +
      `value ${valueAt(threshold).toFixed(2)} (never silent ${valueAt(1).toFixed(2)}, always ${valueAt(0).toFixed(2)})\n` +
      `  right ${share(known, (one) => one.right && !silent(one))}, ` +
      `withheld ${share(known, silent)}, refused ${share(unknowable, silent)}; ` +
      `right if never gated ${share(known, ({ right }) => right)}`,
  );
}

/**
 * Chance that the read-out of an unanswerable question lies above that of an answerable one.
 * @param {Reading[]} known
 * @param {Reading[]} unknowable
 */
function auroc(known, unknowable) {
  let wins = 0;
  for (const { readOut: high } of unknowable) {
    for (const { readOut: low } of known) wins += high > low ? 1 : high === low ? 0.5 : 0;
  }
  return wins / (known.length * unknowable.length);
}
