/**
 * What `src/decision/default-rule.ts` holds, from the replayed sample questions: the weights of the two
 * chances, and for the base model and a reading adapter the threshold of the last gate and the skills
 * behind it, all on the fitting half; how well the chances do on the other half. Asks no model. Run
 * after `npm run build` and `npx kakehashi decision replay --corpus handbook --corpus product`:
 *
 *   node scripts/decision/fit-default.mjs [--adapter grounded] [--data DIR] [--write]
 *
 * `--write` puts the figures of both into the adapter's passport.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readReplayRows, splitRows, utilityOf } from '../../dist/cli/decision-report.js';
import { loadConfig } from '../../dist/config.js';
import { DEFAULT_RULE } from '../../dist/decision/default-rule.js';
import { FEATURE_NAMES } from '../../dist/decision/features.js';
import { probability } from '../../dist/decision/rule-model.js';
import { isGood, worthOf } from '../../dist/decision/utility.js';
import { auroc } from '../../dist/eval/auroc.js';
import { bootstrap } from '../../dist/eval/bootstrap.js';
import { fitShared } from '../../dist/eval/fit-scorer.js';
import { isGeneral, verdictOf } from '../../dist/eval/outcome.js';
import { wilson } from '../../dist/eval/wilson.js';

/**
 * @typedef {import('../../dist/eval/outcome.js').ReplayRow} Row
 * @typedef {{row: Row, readOut: number, empty: boolean, right: boolean}} Reading
 */

const { values: options } = parseArgs({
  options: {
    adapter: { type: 'string', default: 'grounded' },
    data: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const LANGUAGES = /** @type {const} */ (['ja', 'en']);
const config = loadConfig({
  directory: resolve(import.meta.dirname, '../..'),
  flags: options.data === undefined ? {} : { data: options.data },
});
const utility = { ...utilityOf(config), needlessRefusal: DEFAULT_RULE.needlessRefusal };
const [fitting, reporting] = splitRows(await readReplayRows(config));

const shared = fitShared(fitting, FEATURE_NAMES);
console.log(JSON.stringify(shared, null, 2));
for (const [part, rows] of Object.entries({ fitted: fitting, 'held out': reporting })) {
  reportChance(`general, ${part}`, rows, isGeneral, shared.general);
  reportChance(
    `answerable, ${part}`,
    rows.filter((row) => !isGeneral(row)),
    ({ holds }) => holds,
    shared.answerable,
  );
}

for (const arm of ['direct', `adapter:${options.adapter}`]) {
  for (const lang of LANGUAGES) reportSkill(arm, lang);
}
const asked = fitting.filter((row) => !isGeneral(row));
const figures = Object.fromEntries(
  [
    ['base', 'retrieve'],
    ['adapter', `both:${options.adapter}`],
  ].map(([name = '', arm = '']) => [
    name,
    Object.fromEntries(LANGUAGES.map((lang) => [lang, reportReading(arm, lang)])),
  ]),
);
if (options.write) writeScores(join(config.adapters, options.adapter, 'passport.json'));

/**
 * @param {string} name
 * @param {Row[]} rows
 * @param {(row: Row) => boolean} came
 * @param {import('../../dist/decision/learned.js').Linear} chance
 */
function reportChance(name, rows, came, chance) {
  const stated = (/** @type {Row[]} */ some) =>
    some.map((row) => probability(chance, row.features));
  const area = auroc(stated(rows.filter(came)), stated(rows.filter((row) => !came(row))));
  console.log(`${name}: AUROC ${area.toFixed(3)}, n ${rows.length}`);
}

/**
 * Of an arm that reads nothing: right answers to questions that want no document, and silence.
 * @param {string} arm
 * @param {'ja' | 'en'} lang
 */
function reportSkill(arm, lang) {
  const own = fitting.flatMap((row) => {
    const outcome = row.arms[arm];
    return row.lang === lang && outcome !== undefined ? [{ ...outcome, row }] : [];
  });
  const general = own.filter(({ row }) => isGeneral(row));
  const unknowable = own.filter(({ row }) => row.kind === 'unanswerable');
  const of = (/** @type {{empty: boolean}[]} */ some) => some.filter(({ empty }) => empty).length;
  const right = general.filter((one) => one.right).length;
  console.log(
    `${arm} ${lang}: right ${right} and withheld ${of(general)} of ${general.length} that want no ` +
      `document, refused ${of(unknowable)} of ${unknowable.length} that nothing answers`,
  );
}

/**
 * Of the questions that want a document: the threshold of highest mean value, as the stated risk and
 * the default rule price what comes of it, and the skills behind it.
 * @param {string} arm
 * @param {'ja' | 'en'} lang
 */
function reportReading(arm, lang) {
  const all = asked.flatMap((row) => {
    const outcome = row.arms[arm];
    return row.lang === lang && outcome !== undefined
      ? [{ ...outcome, row, readOut: outcome.readOut ?? 1 }]
      : [];
  });
  const known = all.filter(({ row }) => row.holds);
  const unknowable = all.filter(({ row }) => row.kind === 'unanswerable');
  const isSilent = (/** @type {Reading} */ { empty, readOut }, /** @type {number} */ threshold) =>
    empty || readOut >= threshold;
  const verdictAt = (/** @type {Reading} */ reading, /** @type {number} */ threshold) =>
    verdictOf(reading.row, isSilent(reading, threshold) ? null : reading.right);
  const valueAt = (/** @type {number} */ threshold) =>
    all.reduce((sum, one) => sum + worthOf(verdictAt(one, threshold), utility, config.risk), 0) /
    all.length;
  const threshold = [...new Set([...all.map(({ readOut }) => readOut), 1])]
    .toSorted((a, b) => a - b)
    .reduce((best, one) => (valueAt(one) > valueAt(best) ? one : best), 1);
  const silent = (/** @type {Reading} */ reading) => isSilent(reading, threshold);
  const share = (/** @type {Reading[]} */ part, /** @type {(one: Reading) => boolean} */ test) => {
    const { share: value, low, high, n } = wilson(part.filter(test).length, part.length);
    return figure({ value, low, high, n });
  };
  const measured = {
    readout_auroc: figure(
      bootstrap([...known, ...unknowable], (sample) =>
        auroc(
          sample.filter(({ row }) => row.kind === 'unanswerable').map((one) => one.readOut),
          sample.filter(({ row }) => row.holds).map((one) => one.readOut),
        ),
      ),
    ),
    answer_right: share(known, (one) => one.right && !silent(one)),
    withheld_of_answerable: share(known, silent),
    withheld_of_unanswerable: share(unknowable, silent),
    answer_right_if_never_withheld: share(known, ({ right }) => right),
    good_of_all: share(all, (one) => isGood(verdictAt(one, threshold))),
    wrong_of_all: share(all, (one) => verdictAt(one, threshold) === 'wrong'),
  };
  const [own, never, always] = [threshold, 2, 0].map((one) => valueAt(one).toFixed(2));
  console.log(
    `${arm} ${lang}: threshold ${threshold.toFixed(3)}, value ${own} ` +
      `(never silent ${never}, always ${always})`,
  );
  for (const [name, { value, interval, n }] of Object.entries(measured)) {
    const text = [value, ...interval].map((one) => one.toFixed(2));
    console.log(`  ${name} ${text[0]} (${text[1]}-${text[2]}), n ${n}`);
  }
  return measured;
}

/** @param {string} file */
function writeScores(file) {
  const passport = JSON.parse(readFileSync(file, 'utf8'));
  passport.scores = LANGUAGES.flatMap((lang) =>
    Object.entries(figures['adapter']?.[lang] ?? {}).map(([name, { value, interval, n }]) => {
      const base = figures['base']?.[lang]?.[/** @type {'good_of_all'} */ (name)];
      return {
        name,
        split: 'sample questions, fitting half',
        lang,
        n,
        base: base?.value ?? null,
        baseInterval: base?.interval ?? null,
        adapter: value,
        interval,
      };
    }),
  );
  writeFileSync(file, `${JSON.stringify(passport, null, 2)}\n`);
}

/** @param {import('../../dist/eval/bootstrap.js').Interval} interval */
function figure({ value, low, high, n }) {
  const round = (/** @type {number} */ one) => Math.round(one * 1000) / 1000;
  return { value: round(value), interval: [round(low), round(high)], n };
}
