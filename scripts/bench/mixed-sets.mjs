/**
 * Writes corpora with mixed gold questions, to measure a decision on: document questions,
 * near-misses and questions out of scope, small talk, general knowledge and small tasks. Run after
 * `npm run build`:
 *
 *   KAKEHASHI_EVAL_DATA=DIR node scripts/bench/mixed-sets.mjs OUT [--questions 160]
 *   KAKEHASHI_CORPORA=OUT npx kakehashi --data OUT/data index
 *   KAKEHASHI_CORPORA=OUT npx kakehashi --data OUT/data decision replay --corpus squad
 *
 * - `squad` (English): paragraphs of squad2; of the questions 40 % are answered by them, 25 % are not
 *   (half of these near-misses of a paragraph, half CLINC's out of scope), 20 % are small talk and
 *   questions about the assistant (CLINC, any answer is right), 15 % tasks of the sample corpora.
 * - `jsquad` (Japanese): paragraphs of jsquad without every fifth article; 40 % answered, 25 % not
 *   (questions on the articles left out, and xSID's questions about weather and alarms), 20 % general
 *   knowledge (JCommonsenseQA, right when it holds the right choice), 15 % tasks.
 * - `baobab` (Japanese): passages of baobab; 45 % answered, 35 % not (people found nothing), 20 %
 *   general. Answers are long: right when the question's key figures and names are there is more than
 *   a string can tell, so here a right answer is one whose source is a gold passage.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { evalData } from './eval-data.mjs';
import { readLines } from './read-lines.mjs';

/**
 * @typedef {{id: string, question: string, answers: string[], gold: string[], answerable: boolean,
 *   meta: {article?: string}}} Question
 * @typedef {{id: string, title: string, text: string}} Passage
 * @typedef {{id: string, question: string, lang: 'ja' | 'en', answers: string[], documents: string[],
 *   kind: 'document' | 'task' | 'general' | 'unanswerable'}} Gold
 */

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { questions: { type: 'string', default: '160' } },
});
const data = evalData();
const [out] = positionals;
if (out === undefined) {
  console.error('Name the folder to write to.');
  process.exit(2);
}
const total = Number(options.questions);
const root = resolve(import.meta.dirname, '../..');

const squad = readSet('squad2-dev-AH');
write('squad', 'en', squad.passages, [
  ...take(squad.questions.filter(isAnswerable), 0.4, (one) => documentGold(one, 'en')),
  ...take(squad.questions.filter(isUnanswerable), 0.125, (one) =>
    silenceGold(one.id, one.question, 'en'),
  ),
  ...take(clinc('oos'), 0.125, (text) => silenceGold(`oos-${hash(text)}`, text, 'en')),
  ...take(clinc('small_talk', 'meta'), 0.2, (text) => generalGold(text, 'en', [])),
  ...take(tasks('en'), 0.15, (one) => one),
]);

const jsquad = readSet('jsquad-valid');
const isLeftOut = (/** @type {string} */ title) => hash(`out ${title}`) % 5 === 0;
const titleOf = new Map(jsquad.passages.map(({ id, title }) => [id, title]));
const isOutside = ({ gold }) => isLeftOut(titleOf.get(gold[0] ?? '') ?? '');
write(
  'jsquad',
  'ja',
  jsquad.passages.filter(({ title }) => !isLeftOut(title)),
  [
    ...take(
      jsquad.questions.filter((one) => !isOutside(one)),
      0.4,
      (one) => documentGold(one, 'ja'),
    ),
    ...take(jsquad.questions.filter(isOutside), 0.125, (one) =>
      silenceGold(one.id, one.question, 'ja'),
    ),
    ...take(xsid(), 0.125, (text) => silenceGold(`xsid-${hash(text)}`, text, 'ja')),
    ...take(commonsense(), 0.2, ({ question, answer }) => generalGold(question, 'ja', [answer])),
    ...take(tasks('ja'), 0.15, (one) => one),
  ],
);

const baobab = readSet('baobab-dev');
write('baobab', 'ja', baobab.passages, [
  ...take(baobab.questions.filter(isAnswerable), 0.45, (one) => ({
    ...documentGold(one, 'ja'),
    answers: [],
  })),
  ...take(baobab.questions.filter(isUnanswerable), 0.35, (one) =>
    silenceGold(one.id, one.question, 'ja'),
  ),
  ...take(commonsense().reverse(), 0.2, ({ question, answer }) =>
    generalGold(question, 'ja', [answer]),
  ),
]);

/**
 * @param {string} name
 * @param {'ja' | 'en'} lang
 * @param {Passage[]} passages
 * @param {Gold[]} gold
 */
function write(name, lang, passages, gold) {
  const folder = join(/** @type {string} */ (out), name);
  mkdirSync(join(folder, 'documents'), { recursive: true });
  writeFileSync(
    join(folder, 'corpus.yaml'),
    `name: ${name}\ntitle: { ja: ${name}, en: ${name} }\nlanguages: [${lang}]\naccess: ["group:everyone"]\n`,
  );
  writeFileSync(
    join(folder, 'documents', 'passages.jsonl'),
    passages
      .map(({ id, title, text }) => line({ id, title: title.replaceAll('_', ' '), text, lang }))
      .join(''),
  );
  writeFileSync(join(folder, 'gold.jsonl'), gold.map(line).join(''));
  const kinds = [...new Set(gold.map(({ kind }) => kind))];
  const counts = kinds.map((kind) => `${kind} ${gold.filter((one) => one.kind === kind).length}`);
  console.log(`${name}: ${passages.length} documents; ${counts.join(', ')}`);
}

/**
 * @param {Question} question
 * @param {'ja' | 'en'} lang
 * @returns {Gold}
 */
function documentGold({ id, question, answers, gold }, lang) {
  return { id, question, lang, kind: 'document', answers, documents: gold };
}

/**
 * @param {string} id
 * @param {string} question
 * @param {'ja' | 'en'} lang
 * @returns {Gold}
 */
function silenceGold(id, question, lang) {
  return { id, question, lang, kind: 'unanswerable', answers: [], documents: [] };
}

/**
 * @param {string} question
 * @param {'ja' | 'en'} lang
 * @param {string[]} answers
 * @returns {Gold}
 */
function generalGold(question, lang, answers) {
  const id = `general-${hash(question)}`;
  return { id, question, lang, kind: 'general', answers, documents: [] };
}

/**
 * A share of all questions, drawn in an order that has nothing to do with the contents.
 * @template T
 * @param {T[]} items
 * @param {number} share
 * @param {(item: T) => Gold} toGold
 */
function take(items, share, toGold) {
  const gold = items.map(toGold);
  // xSID says some things twice.
  return [...new Map(gold.map((one) => [one.id, one])).values()]
    .toSorted((a, b) => hash(a.id) - hash(b.id))
    .slice(0, Math.round(share * total));
}

/** @param {'ja' | 'en'} lang */
function tasks(lang) {
  return ['handbook', 'product'].flatMap((corpus) =>
    readLines(join(root, 'corpora', corpus, 'gold.jsonl'))
      .filter((one) => one.kind === 'task' && one.lang === lang)
      .map((one) => /** @type {Gold} */ (one)),
  );
}

/** @param {string[]} domains */
function clinc(...domains) {
  return routing('clinc.val.jsonl').flatMap(({ text, domain }) =>
    domains.includes(domain) ? [text] : [],
  );
}

function xsid() {
  return routing('xsid-ja.valid.jsonl').map(({ text }) => text);
}

function commonsense() {
  return routing('jcommonsenseqa.valid.jsonl').map(({ question, choices, label }) => ({
    question,
    answer: choices[label],
  }));
}

/** @param {string} name */
function readSet(name) {
  const of = (/** @type {string} */ kind) => readLines(join(data, 'qa', `${name}.${kind}.jsonl`));
  return {
    questions: /** @type {Question[]} */ (of('questions')),
    passages: /** @type {Passage[]} */ (of('passages')),
  };
}

/** @param {string} name */
function routing(name) {
  return readLines(join(data, 'routing', name));
}

/** @param {Question} question */
function isAnswerable({ answerable }) {
  return answerable;
}

/** @param {Question} question */
function isUnanswerable({ answerable }) {
  return !answerable;
}

/** @param {unknown} value */
function line(value) {
  return `${JSON.stringify(value)}\n`;
}

/** @param {string} text */
function hash(text) {
  return Number.parseInt(createHash('sha1').update(text).digest('hex').slice(0, 8), 16);
}
