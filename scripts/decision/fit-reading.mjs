/**
 * Measures how well the base model and a reading adapter answer the fitting half of the sample
 * questions, chooses the last gate's threshold from that, and prints both for
 * `src/decision/default-rule.ts`. Run after `npm run build`, with models pulled and corpora indexed:
 *
 *   node scripts/decision/fit-reading.mjs [--adapter grounded] [--arms base,adapter] [--limit N]
 *     [--data DIR] [--out REPORT.json] [--write]
 *
 * `--write` puts the figures of both arms into the adapter's passport.
 *
 * Every answer is written to its end, whatever the chance of the withholding word, so that each
 * threshold can be tried on the same answers. What was asked is kept in DIR/eval and not asked again.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { PROMPT_VERSION } from '../../dist/answer/prompt.js';
import { loadConfig } from '../../dist/config.js';
import { DEFAULT_RULE } from '../../dist/decision/default-rule.js';
import { auroc } from '../../dist/eval/auroc.js';
import { bootstrap } from '../../dist/eval/bootstrap.js';
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
 * @typedef {{name: string, mode: 'retrieve' | 'both', adapter: string | undefined}} Arm
 */

const { values: options } = parseArgs({
  options: {
    adapter: { type: 'string', default: 'grounded' },
    arms: { type: 'string', default: 'base,adapter' },
    limit: { type: 'string' },
    data: { type: 'string' },
    out: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const everyone = { id: 'fit', access: ['group:everyone'], readsAll: false };
const config = loadConfig({
  directory: resolve(import.meta.dirname, '../..'),
  flags: options.data === undefined ? {} : { data: options.data },
});
const cacheFile = join(config.data, 'eval', 'reading.jsonl');
const arms = options.arms.split(',').map((name) => {
  return /** @type {Arm} */ (
    name === 'base'
      ? { name, mode: 'retrieve', adapter: undefined }
      : { name, mode: 'both', adapter: options.adapter }
  );
});

const readings = await readAll();
/** @type {Record<string, unknown>} */
const written = { split: 'sample questions, fitting half', passages: config.passages };
for (const { name } of arms) {
  written[name] = Object.fromEntries(
    /** @type {const} */ (['ja', 'en']).map((lang) => {
      return [
        lang,
        report(
          name,
          lang,
          (readings.get(name) ?? []).filter((one) => one.lang === lang),
        ),
      ];
    }),
  );
}
if (options.out !== undefined) {
  writeFileSync(options.out, `${JSON.stringify(written, null, 2)}\n`);
}

if (options.write) writeScores(join(config.adapters, options.adapter, 'passport.json'));

/** @param {string} file */
function writeScores(file) {
  const passport = JSON.parse(readFileSync(file, 'utf8'));
  const of = (/** @type {string} */ arm, /** @type {string} */ lang) =>
    /** @type {Record<string, Record<string, {value: number, interval: number[], n: number}>>} */ (
      written[arm] ?? {}
    )[lang];
  passport.scores = ['ja', 'en'].flatMap((lang) =>
    Object.entries(of('adapter', lang) ?? {})
      .filter(([name]) => name !== 'threshold')
      .map(([name, { value, interval, n }]) => ({
        name,
        split: written['split'],
        lang,
        n,
        base: of('base', lang)?.[name]?.value ?? null,
        baseInterval: of('base', lang)?.[name]?.interval ?? null,
        adapter: value,
        interval,
      })),
  );
  writeFileSync(file, `${JSON.stringify(passport, null, 2)}\n`);
}

async function readAll() {
  const service = await openService(config);
  try {
    /** @type {Map<string, Reading[]>} */
    const all = new Map();
    for (const arm of arms) all.set(arm.name, await readWith(service, arm));
    return all;
  } finally {
    await service[Symbol.asyncDispose]();
  }
}

/**
 * @param {import('../../dist/service.js').Service} service
 * @param {Arm} arm
 * @returns {Promise<Reading[]>}
 */
async function readWith(service, { name, mode, adapter }) {
  const used = service.roster.served().find(({ passport }) => passport.name === adapter);
  if (adapter !== undefined && used === undefined) throw new Error(`no adapter ${adapter}`);
  const known = readCache();
  let readOut = 1;
  const { engine } = service;
  const generate = engine.generate.bind(engine);
  engine.generate = (request, given) =>
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
    const armName = adapter === undefined ? mode : `${mode}:${adapter}`;
    const key = createHash('sha256')
      .update(
        JSON.stringify([
          [corpus, gold.id, gold.question, armName, PROMPT_VERSION, config.passages],
          [service.models.chat.sha256, used?.passport.adapter.sha256],
        ]),
      )
      .digest('hex');
    let reading = known.get(key);
    if (reading === undefined) {
      readOut = 1;
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
      reading = readingOf(key, gold, response, holds, readOut);
      mkdirSync(join(config.data, 'eval'), { recursive: true });
      appendFileSync(cacheFile, `${JSON.stringify(reading)}\n`);
    }
    done.push(reading);
    process.stderr.write(`\r${name} ${done.length}/${asked.length}  `);
  }
  process.stderr.write('\n');
  engine.generate = generate;
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
 * Skills as `RuleModel` wants them, at the threshold of highest mean value: 1 for a right answer
 * or refusal, minus what the default risk and the decision file say of the rest.
 * @param {string} arm
 * @param {'ja' | 'en'} lang
 * @param {Reading[]} all
 */
function report(arm, lang, all) {
  const known = all.filter(({ holds }) => holds);
  const unknowable = all.filter(({ kind }) => kind === 'unanswerable');
  const wrongPrice = (1 - config.risk) / config.risk;
  const isSilent = (/** @type {Reading} */ { readOut, refused }, /** @type {number} */ threshold) =>
    refused || readOut >= threshold;
  const valueAt = (/** @type {number} */ threshold) =>
    all.reduce((sum, reading) => {
      const silent = isSilent(reading, threshold);
      if (reading.kind === 'unanswerable') return sum + (silent ? 1 : -wrongPrice);
      if (silent) return sum - DEFAULT_RULE.needlessRefusal;
      return sum + (reading.right ? 1 : -wrongPrice);
    }, 0) / all.length;
  const threshold = [...new Set([...all.map(({ readOut }) => readOut), 1])]
    .toSorted((a, b) => a - b)
    .reduce((best, one) => (valueAt(one) > valueAt(best) ? one : best), 1);
  const silent = (/** @type {Reading} */ reading) => isSilent(reading, threshold);
  const share = (/** @type {Reading[]} */ part, /** @type {(one: Reading) => boolean} */ test) => {
    const { share: value, low, high, n } = wilson(part.filter(test).length, part.length);
    return figure({ value, low, high, n });
  };
  const figures = {
    readout_auroc: figure(
      bootstrap([...known, ...unknowable], (sample) =>
        auroc(
          sample.filter(({ kind }) => kind === 'unanswerable').map((one) => one.readOut),
          sample.filter(({ holds }) => holds).map((one) => one.readOut),
        ),
      ),
    ),
    answer_right: share(known, (one) => one.right && !silent(one)),
    withheld_of_answerable: share(known, silent),
    withheld_of_unanswerable: share(unknowable, silent),
    answer_right_if_never_withheld: share(known, ({ right }) => right),
    good_of_all: share(all, (one) =>
      one.kind === 'unanswerable' ? silent(one) : one.right && !silent(one),
    ),
    wrong_of_all: share(all, (one) => !silent(one) && !one.right),
  };
  console.log(
    `${arm} ${lang}: threshold ${threshold.toFixed(3)}, value ${valueAt(threshold).toFixed(2)} ` +
      `(never silent ${valueAt(2).toFixed(2)}, always ${valueAt(0).toFixed(2)})`,
  );
  for (const [name, { value, interval, n }] of Object.entries(figures)) {
    const text = [value, ...interval].map((one) => one.toFixed(2));
    console.log(`  ${name} ${text[0]} (${text[1]}-${text[2]}), n ${n}`);
  }
  return { threshold, ...figures };
}

/** @param {import('../../dist/eval/bootstrap.js').Interval} interval */
function figure({ value, low, high, n }) {
  const round = (/** @type {number} */ one) => Math.round(one * 1000) / 1000;
  return { value: round(value), interval: [round(low), round(high)], n };
}
