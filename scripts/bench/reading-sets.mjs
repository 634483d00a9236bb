/**
 * Questions with three passages given, half of them unanswerable, from public question sets:
 *
 * - English, squad2: a paragraph, another of the same article and a stranger; the unanswerable
 *   questions were written by people against this very paragraph, to look as if it told.
 * - Japanese, jsquad: a paragraph and others of its article; an unanswerable question is one about
 *   a paragraph of the article that is not shown, and whose answer none of those shown holds.
 * - Japanese, baobab: a paragraph and the two nearest others by wording; unanswerable are the
 *   questions for which people found nothing in all of Wikipedia, with the three nearest.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { createSeeded } from '../../dist/adapters/data/seeded.js';
import { containsAnswer } from '../../dist/eval/score.js';
import { readLines } from './read-lines.mjs';

/**
 * @typedef {{id: string, lang: 'ja' | 'en', question: string, answers: string[], gold: string[],
 *   answerable: boolean, meta: {article?: string, paragraph?: string}}} Question
 * @typedef {{id: string, title: string, text: string}} Passage
 * @typedef {{id: string, lang: 'ja' | 'en', set: string, part: 'tune' | 'report', question: string,
 *   passages: Passage[], answerable: boolean, answers: string[], gold: number | null}} ReadingCase
 *   `gold`: number of the passage that tells it, from 1.
 */

const QUESTIONS_A_PARAGRAPH = 4;
/** Of a paragraph too long for three to fit beside each other the service would show a part. */
const MAX_CHARACTERS = { ja: 450, en: 1200 };

/**
 * Cases of one language, `report` of them to report on and a quarter as many to tune on; the parts
 * share no article, and no question of baobab.
 * @param {string} folder
 * @param {'ja' | 'en'} lang
 * @param {number} report
 * @returns {ReadingCase[]}
 */
export function readingCases(folder, lang, report) {
  const wanted = { tune: Math.ceil(report / 4), report };
  return /** @type {const} */ (['tune', 'report']).flatMap((part) => {
    if (lang === 'en') return squadCases(folder, part).slice(0, wanted[part]);
    const ofBaobab = Math.floor(wanted[part] / 4 / 2) * 2;
    return [
      ...jsquadCases(folder, part).slice(0, wanted[part] - ofBaobab),
      ...baobabCases(folder, part).slice(0, ofBaobab),
    ];
  });
}

/**
 * @param {string} folder
 * @param {'tune' | 'report'} part
 */
function squadCases(folder, part) {
  const { questions, passages, byArticle } = readSet(folder, 'squad2-dev-AH', part);
  return sorted([...passages.values()]).flatMap((paragraph) => {
    const seeded = createSeeded(numberOf(paragraph.id));
    const about = seeded.shuffle(questions.filter(({ meta }) => meta.paragraph === paragraph.id));
    const half = QUESTIONS_A_PARAGRAPH / 2;
    const asked = [
      ...about.filter(({ answerable }) => answerable).slice(0, half),
      ...about.filter(({ answerable }) => !answerable).slice(0, half),
    ];
    if (asked.length < QUESTIONS_A_PARAGRAPH) return [];
    const siblings = (byArticle.get(articleOf(paragraph)) ?? []).filter(
      ({ id }) => id !== paragraph.id,
    );
    const strangers = [...passages.values()].filter(
      (one) => articleOf(one) !== articleOf(paragraph),
    );
    const shown = seeded.shuffle([paragraph, seeded.pick(siblings), seeded.pick(strangers)]);
    return asked.map((question) => caseOf('squad2', part, question, shown));
  });
}

/**
 * @param {string} folder
 * @param {'tune' | 'report'} part
 */
function jsquadCases(folder, part) {
  const { questions, passages, byArticle } = readSet(folder, 'jsquad-valid', part);
  const half = QUESTIONS_A_PARAGRAPH / 2;
  /** @type {Set<string>} */
  const taken = new Set();
  return sorted([...passages.values()]).flatMap((paragraph) => {
    const seeded = createSeeded(numberOf(paragraph.id));
    const article = byArticle.get(articleOf(paragraph)) ?? [];
    const [hidden, ...others] = seeded.shuffle(article.filter((one) => one !== paragraph));
    if (hidden === undefined || others.length < 2) return [];
    const shown = seeded.shuffle([paragraph, ...others.slice(0, 2)]);
    const free = questions.filter(({ id }) => !taken.has(id));
    const told = (/** @type {Question} */ { answers }) =>
      answers.some((answer) => shown.some(({ text }) => containsAnswer(text, answer)));
    const asked = [
      ...free.filter(({ gold }) => gold.includes(paragraph.id)).slice(0, half),
      ...free
        .filter((question) => question.gold.includes(hidden.id) && !told(question))
        .map((question) => ({ ...question, answerable: false }))
        .slice(0, half),
    ];
    if (asked.length < QUESTIONS_A_PARAGRAPH) return [];
    for (const { id } of asked) taken.add(id);
    return asked.map((question) => caseOf('jsquad', part, question, shown));
  });
}

/**
 * @param {string} folder
 * @param {'tune' | 'report'} part
 */
function baobabCases(folder, part) {
  const { questions, passages } = readSet(folder, 'baobab-dev', part);
  const usable = sorted(questions);
  const all = [...passages.values()].map((passage) => ({ passage, pairs: pairsOf(passage.text) }));
  const nearest = (/** @type {Question} */ { question, gold }) => {
    const wanted = pairsOf(question);
    const shared = (/** @type {Set<string>} */ pairs) =>
      [...wanted].filter((pair) => pairs.has(pair)).length;
    return all
      .filter(({ passage }) => !gold.includes(passage.id))
      .toSorted((a, b) => shared(b.pairs) - shared(a.pairs))
      .map(({ passage }) => passage);
  };
  const withGold = usable.flatMap((question) => {
    const gold = question.answerable ? passages.get(question.gold[0] ?? '') : undefined;
    return gold === undefined || question.gold.length > 1 ? [] : [{ question, gold }];
  });
  const without = usable.filter(({ answerable }) => !answerable);
  return withGold.slice(0, without.length).flatMap(({ question, gold }, at) => {
    const { shuffle } = createSeeded(numberOf(question.id));
    const other = /** @type {Question} */ (without[at]);
    return [
      caseOf('baobab', part, question, shuffle([gold, ...nearest(question).slice(0, 2)])),
      caseOf('baobab', part, other, shuffle(nearest(other).slice(0, 3))),
    ];
  });
}

/**
 * @param {string} folder
 * @param {string} name
 * @param {'tune' | 'report'} part
 */
function readSet(folder, name, part) {
  const lines = (/** @type {string} */ kind) =>
    readLines(join(folder, 'qa', `${name}.${kind}.jsonl`));
  const inPart = (/** @type {string} */ key) =>
    (numberOf(`part ${key}`) % 4 === 0) === (part === 'tune');
  const questions = /** @type {Question[]} */ (lines('questions')).filter(({ id, meta }) =>
    inPart(meta.article ?? id),
  );
  const all = /** @type {Passage[]} */ (lines('passages')).filter(
    ({ text }) => text.length <= MAX_CHARACTERS[name.startsWith('squad2') ? 'en' : 'ja'],
  );
  const passages = name.startsWith('baobab') ? all : all.filter((one) => inPart(articleOf(one)));
  /** @type {Map<string, Passage[]>} */
  const byArticle = new Map();
  for (const one of passages) {
    byArticle.set(articleOf(one), [...(byArticle.get(articleOf(one)) ?? []), one]);
  }
  return { questions, passages: new Map(passages.map((one) => [one.id, one])), byArticle };
}

/**
 * @param {string} set
 * @param {'tune' | 'report'} part
 * @param {Question} question
 * @param {Passage[]} passages
 * @returns {ReadingCase}
 */
function caseOf(set, part, { id, lang, question, answers, answerable, gold }, passages) {
  return {
    id,
    lang,
    set,
    part,
    question,
    passages,
    answerable,
    answers,
    gold: answerable ? passages.findIndex((one) => gold.includes(one.id)) + 1 : null,
  };
}

/** @param {Passage} passage */
function articleOf({ title }) {
  return title;
}

/** @param {string} text */
function pairsOf(text) {
  return new Set(
    Array.from(text, (_, at) => text.slice(at, at + 2)).filter((pair) =>
      /[^ぁ-ん、。]/u.test(pair),
    ),
  );
}

/**
 * In an order that has nothing to do with the contents.
 * @template {{id: string}} T
 * @param {T[]} items
 */
function sorted(items) {
  return items.toSorted((a, b) => numberOf(a.id) - numberOf(b.id));
}

/** @param {string} text */
function numberOf(text) {
  return Number.parseInt(createHash('sha1').update(text).digest('hex').slice(0, 8), 16);
}
