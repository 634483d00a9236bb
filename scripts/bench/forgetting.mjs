/**
 * What an adapter forgets: general multiple-choice questions, asked of the base model and of the
 * adapter in turn, the options compared as whole answers by probability a character. Japanese:
 * JCommonsenseQA's validation part; English: the project's own general set. Run after `npm run build`
 * with models pulled:
 *
 *   KAKEHASHI_EVAL_DATA=DIR node scripts/bench/forgetting.mjs [--adapter grounded] [--limit 300]
 *
 * What was asked is kept in data/eval and not asked again.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SERVICE_PROMPTS } from '../../dist/answer/training-prompts.js';
import { openGateEngine } from '../../dist/chat-engines.js';
import { loadConfig } from '../../dist/config.js';
import { bootstrap } from '../../dist/eval/bootstrap.js';
import { openModels } from '../../dist/knowledge.js';
import { evalData } from './eval-data.mjs';
import { readLines } from './read-lines.mjs';

/** @typedef {{question: string, options: string[], answer: number, lang: 'ja' | 'en'}} Choice */

const { values: options } = parseArgs({
  options: {
    adapter: { type: 'string', default: 'grounded' },
    limit: { type: 'string', default: '300' },
  },
});
const data = evalData();
const REQUEST = { ja: '一語で答えてください。', en: 'Answer in a word or two.' };
const root = resolve(import.meta.dirname, '../..');
const config = loadConfig({ directory: root, flags: {} });
const folder = join(config.adapters, options.adapter);
/** @type {{adapter: {sha256: string}}} */
const { adapter } = JSON.parse(readFileSync(join(folder, 'passport.json'), 'utf8'));
const models = await openModels(config);
const engine = openGateEngine(config, models.chat, [
  { name: options.adapter, path: join(folder, 'adapter.gguf'), sha256: adapter.sha256 },
]);
const cacheFile = join(config.data, 'eval', 'general.jsonl');
const known = readCache();

/** @type {Choice[]} */
const japanese = readLines(join(data, 'routing', 'jcommonsenseqa.valid.jsonl')).map(
  ({ question, choices, label }) => ({ question, options: choices, answer: label, lang: 'ja' }),
);
/** @type {Choice[]} */
const english = readLines(join(root, 'gates', 'general.en.jsonl'));
for (const [name, all] of /** @type {const} */ ([
  ['JCommonsenseQA, validation part', spread(japanese, Number(options.limit))],
  ['own general set, English', spread(english, Number(options.limit))],
])) {
  const pairs = [];
  for (const one of all) {
    pairs.push({
      base: await isRight(one, null, models.chat.sha256),
      own: await isRight(one, options.adapter, adapter.sha256),
    });
    process.stderr.write(`\r${name} ${pairs.length}/${all.length}  `);
  }
  process.stderr.write('\n');
  const share = (/** @type {'base' | 'own'} */ key) =>
    pairs.filter((pair) => pair[key]).length / pairs.length;
  const change = bootstrap(pairs, (sample) =>
    sample.reduce(
      (sum, { base, own }) => sum + (100 * (Number(own) - Number(base))) / sample.length,
      0,
    ),
  );
  console.log(
    `${options.adapter}, ${name}: base ${share('base').toFixed(3)}, adapter ${share('own').toFixed(3)}, ` +
      `change ${change.value.toFixed(1)} points (${change.low.toFixed(1)} to ${change.high.toFixed(1)}), n ${pairs.length}`,
  );
}
await engine.close();

/**
 * @param {Choice} choice
 * @param {string | null} name
 * @param {string} sha256
 */
async function isRight(choice, name, sha256) {
  const messages = SERVICE_PROMPTS.plain({
    language: choice.lang,
    instruction: null,
    question: `${choice.question}\n${REQUEST[choice.lang]}`,
  });
  const key = createHash('sha256')
    .update(JSON.stringify([messages, choice.options, models.chat.sha256, sha256]))
    .digest('hex');
  let chosen = known.get(key);
  if (chosen === undefined) {
    const { answerLogProbabilities } = await engine.generate({
      messages,
      adapter: name,
      maxTokens: 1,
      answers: choice.options,
      afterPrefill: () => 'stop',
    });
    const values = answerLogProbabilities.map(
      (value, at) => value / (choice.options[at]?.length ?? 1),
    );
    chosen = values.indexOf(Math.max(...values));
    mkdirSync(join(config.data, 'eval'), { recursive: true });
    appendFileSync(cacheFile, `${JSON.stringify({ key, chosen })}\n`);
  }
  return chosen === choice.answer;
}

function readCache() {
  /** @type {Map<string, number>} */
  const cache = new Map();
  if (!existsSync(cacheFile)) return cache;
  for (const { key, chosen } of readLines(cacheFile)) cache.set(key, chosen);
  return cache;
}

/**
 * @template T
 * @param {T[]} items
 * @param {number} most
 */
function spread(items, most) {
  const step = Math.max(1, items.length / most);
  return items.filter((_, at) => Math.floor(at / step) !== Math.floor((at - 1) / step));
}
