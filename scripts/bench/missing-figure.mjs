/**
 * How often `missesFigure` would withhold an answer that is right. Run after `npm run build`:
 *
 *   KAKEHASHI_EVAL_DATA=… node scripts/bench/missing-figure.mjs
 *
 * Held against the answers that people marked for public questions: each one flagged is a mistake. Its
 * words were chosen with mistakes on SQuAD and JSQuAD in view; the other two sets were not looked at.
 */
import { join } from 'node:path';
import { missesFigure } from '../../dist/answer/missing-figure.js';
import { wilson } from '../../dist/eval/wilson.js';
import { evalData } from './eval-data.mjs';
import { readLines } from './read-lines.mjs';

const SETS = /** @type {const} */ ([
  ['squad2-dev-AH', 'en'],
  ['jsquad-valid', 'ja'],
  ['baobab-dev', 'ja'],
  ['jfinqa-lite', 'ja'],
]);
const place = evalData();

for (const [name, language] of SETS) {
  const file = join(place, 'qa', `${name}.questions.jsonl`);
  const questions = /** @type {{question: string, answers: string[]}[]} */ (readLines(file)).filter(
    ({ answers }) => answers.length > 0,
  );
  // Nothing states less than an empty answer: it is flagged where the question asks for a figure.
  const asking = questions.filter(({ question }) => missesFigure(question, '', language));
  const flagged = asking.filter(({ question, answers }) =>
    answers.every((answer) => missesFigure(question, answer, language)),
  );
  const { share, low, high } = wilson(flagged.length, asking.length);
  console.log(
    `${name.padEnd(14)} ${questions.length} answers, ${asking.length} to questions for a figure; right ones flagged: ${flagged.length}, ${share.toFixed(3)} (${low.toFixed(3)}-${high.toFixed(3)})`,
  );
}
