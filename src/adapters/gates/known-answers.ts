import type { Language } from '../data/shapes.js';
import type { Said } from './ask.js';
import type { OfQuestion } from './cases.js';
import type { GateRow } from './report.js';
import { againstDocuments, differenceInterval, type JudgeInput, means, sides } from './sides.js';

/**
 * Questions in words of their own, of which it is known what a right answer holds: the scores of
 * held-out examples praise a reply in the right form that says the wrong thing. Better than the base
 * alone, and not below the base that is given what a search finds.
 */
export function knownAnswers(input: JudgeInput, lang: Language): GateRow[] {
  const { cases, base } = input;
  const alone = sides(input, (version) => rightOnes(input, cases.known, version.known, lang));
  const n = alone.candidate.length;
  if (n === 0) return [];
  const interval = differenceInterval(input, alone);
  const rows: GateRow[] = [
    {
      gate: 'known_answers',
      figure: 'share right of questions with known answers',
      lang,
      n,
      ...means(alone),
      interval,
      limit: 'better than the base, interval of the difference above 0',
      passed: interval[0] > 0,
    },
  ];
  const withDocuments = rightOnes(input, cases.knownOverDocuments, base.knownOverDocuments, lang);
  // Either something is found for each question, or nothing is indexed.
  if (withDocuments.length !== n) return rows;
  const figure = 'share right of questions with known answers, against the base with documents';
  const { candidate } = alone;
  return [...rows, againstDocuments(input, { figure, lang, base: withDocuments, candidate })];
}

/** 1 for a right answer, 0 for a wrong one, in the order asked. */
function rightOnes(
  { holds }: JudgeInput,
  asked: readonly OfQuestion[],
  said: readonly Said[],
  lang: Language,
): number[] {
  return asked.flatMap(({ question }, at) => {
    const answer = said[at];
    if (question.lang !== lang || answer === undefined) return [];
    return [question.answers.some((known) => holds(answer.text, known)) ? 1 : 0];
  });
}
