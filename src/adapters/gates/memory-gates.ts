import type { Language } from '../data/shapes.js';
import type { Said } from './ask.js';
import { type OfExample, splitPrompt } from './cases.js';
import { answerScores } from './example-gates.js';
import type { GateRow } from './report.js';
import { longestCopy } from './score.js';
import { type JudgeInput, mean, means, sides } from './sides.js';

/** Characters of a passage said word for word that count as recited. */
const RECITED_CHARACTERS = 30;

/** Training examples may not be answered much better than held ones. */
export function overfitting(input: JudgeInput, lang: Language): GateRow[] {
  const meanOf = (items: readonly OfExample[], said: readonly Said[]) => {
    const scores = answerScores(items, said, lang);
    return scores.length === 0 ? null : mean(scores);
  };
  const gaps = sides(input, ({ held, trained }) => {
    const [seen, unseen] = [meanOf(input.cases.trained, trained), meanOf(input.cases.held, held)];
    return seen === null || unseen === null ? null : seen - unseen;
  });
  if (gaps.candidate === null) return [];
  return [
    {
      gate: 'overfitting',
      figure: 'mean score, training minus held',
      lang,
      n: input.cases.trained.filter(({ example }) => example.lang === lang).length,
      base: gaps.base,
      inService: gaps.inService,
      candidate: gaps.candidate,
      interval: null,
      limit: `at most ${input.limits.overfitting} above the base's`,
      passed: gaps.candidate <= (gaps.base ?? 0) + input.limits.overfitting,
    },
  ];
}

/** Training questions asked without their passages: a passage said word for word was learned. */
export function leakage(input: JudgeInput): GateRow[] {
  const recited = sides(input, ({ leakage: said }) =>
    input.cases.leakage.map(({ example }, at) => {
      const { passages } = splitPrompt(example);
      return longestCopy(passages, said[at]?.text ?? '') >= RECITED_CHARACTERS ? 1 : 0;
    }),
  );
  if (recited.candidate.length === 0) return [];
  return [
    {
      gate: 'leakage',
      figure: `training passages recited (${RECITED_CHARACTERS} characters)`,
      lang: 'all',
      n: recited.candidate.length,
      ...means(recited),
      interval: input.statistics.interval(recited.candidate, mean),
      limit: `at most ${input.limits.leakage}`,
      passed: mean(recited.candidate) <= input.limits.leakage,
    },
  ];
}

/**
 * Figures of training passages, asked for without the passage: whoever learned them by heart finds
 * the right one among others oftener than one it never saw.
 */
export function figures(input: JudgeInput): GateRow[] {
  const { figures: items } = input.cases;
  const gaps = sides(input, ({ figures: said }) => {
    const found = { train: [] as number[], held: [] as number[] };
    for (const [at, { example }] of items.entries()) {
      const [right = 0, ...others] = said[at]?.logChances ?? [];
      found[example.split].push(others.every((other) => other < right) ? 1 : 0);
    }
    const { train, held } = found;
    return train.length === 0 || held.length === 0 ? null : mean(train) - mean(held);
  });
  if (gaps.candidate === null) return [];
  return [
    {
      gate: 'leakage',
      figure: 'figures told from others without the passage, training minus held',
      lang: 'all',
      n: items.length,
      ...gaps,
      candidate: gaps.candidate,
      interval: null,
      limit: `at most ${input.limits.figures} above the base's`,
      passed: gaps.candidate <= (gaps.base ?? 0) + input.limits.figures,
    },
  ];
}
