/**
 * Brings an adapter's passport up to date after training and measuring. Run after `npm run build`:
 *
 *   node scripts/train/write-passport.mjs adapters/grounded --training dist/train/run/training.json \
 *     --report REPORT.json [--report …] --version 1.0.0 --event "first training"
 *
 * What people decide (description, licence, access, base, affinity) is kept from the passport that
 * is there; what was computed (checksums, settings, counts, scores) is replaced.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Passport } from '../../dist/adapters/passport.js';
import { PROMPT_VERSION } from '../../dist/answer/prompt.js';

/**
 * @typedef {{value: number | null, interval: number[] | null, n: number}} Figure
 * @typedef {Record<string, Record<string, Figure | number>>} Figures
 */

const MEASURES = [
  'readout_auroc',
  'answerability_weighted_f1',
  'withheld_of_unanswerable',
  'withheld_of_answerable',
  'marker_right',
  'answer_right',
];

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    training: { type: 'string' },
    examples: { type: 'string', default: 'dist/train/examples.jsonl' },
    report: { type: 'string', multiple: true, default: [] },
    version: { type: 'string' },
    event: { type: 'string', default: 'trained' },
  },
});
const folder = positionals[0];
if (folder === undefined || options.training === undefined || options.version === undefined) {
  console.error(
    'Wanted: ADAPTER_FOLDER --training FILE --version X.Y.Z (see the top of this file).',
  );
  process.exit(2);
}

const passportFile = join(folder, 'passport.json');
const before = readJson(passportFile);
const training = readJson(options.training);
const weights = readFileSync(join(folder, 'adapter.gguf'));
/** @type {{split: string, lang: string, kind: string}[]} */
const examples = linesOf(options.examples).map((line) => JSON.parse(line));

const passport = Passport.parse({
  ...before,
  version: options.version,
  adapter: {
    sha256: sha256Of(weights),
    bytes: weights.length,
    rank: training.settings.rank,
    alpha: training.settings.alpha,
    targets: ['attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_gate', 'ffn_up', 'ffn_down'],
  },
  data: {
    files: readdirSync(join(folder, 'data'))
      .filter((name) => name.endsWith('.jsonl'))
      .toSorted()
      .map((name) => ({
        path: `data/${name}`,
        sha256: sha256Of(readFileSync(join(folder, 'data', name))),
        examples: linesOf(join(folder, 'data', name)).length,
      })),
    languages: ['en', 'ja'].filter((wanted) => examples.some(({ lang }) => lang === wanted)),
    counts: countsOf(examples.map(({ split, lang, kind }) => `${split} ${lang} ${kind}`)),
    seen: training.examples,
  },
  settings: {
    ...withoutPaths(training.settings),
    promptVersion: PROMPT_VERSION,
    steps: training.steps,
    seconds: training.seconds,
  },
  scores: options.report.flatMap((file) => scoresOf(readJson(file))),
  history: [
    ...before.history,
    { at: new Date().toISOString().slice(0, 10), event: options.event, version: options.version },
  ],
});
writeFileSync(passportFile, `${JSON.stringify(passport, null, 2)}\n`);

/** @param {{split: string, base: Figures, adapter: Figures}} report */
function scoresOf({ split, base, adapter }) {
  return Object.keys(adapter).flatMap((lang) =>
    MEASURES.flatMap((name) => {
      const of = (/** @type {Figures} */ figures) =>
        /** @type {Figure | undefined} */ (figures[lang]?.[name]);
      const measured = of(adapter);
      return measured === undefined
        ? []
        : [
            {
              name,
              split,
              lang,
              n: measured.n,
              base: of(base)?.value ?? null,
              baseInterval: of(base)?.interval ?? null,
              adapter: measured.value,
              interval: measured.interval,
            },
          ];
    }),
  );
}

/** @param {readonly string[]} keys */
function countsOf(keys) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const key of keys.toSorted()) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

/** Where files lay on the training machine says nothing. @param {Record<string, unknown>} settings */
function withoutPaths(settings) {
  const { base: _base, examples: _examples, out: _out, ...rest } = settings;
  return rest;
}

/** @param {string} file */
function linesOf(file) {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** @param {Buffer} bytes */
function sha256Of(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
