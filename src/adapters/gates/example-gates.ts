import type { Language } from '../data/shapes.js';
import type { Said } from './ask.js';
import { type GateCases, splitPrompt } from './cases.js';
import type { GateRow } from './report.js';
import { longestCopy, scoreExample, type Scored } from './score.js';
import { differenceInterval, type JudgeInput, mean, means, sides } from './sides.js';

/** Characters of a passage said word for word that count as recited. */
const RECITED_CHARACTERS = 30;

/** The mean score must be better than the base's: the interval of the difference excludes zero. */
export function ownTask(input: JudgeInput, lang: Language): GateRow[] {
  const scores = sides(input, (version) => answerScores(input.cases.held, version.held, lang));
  if (scores.candidate.length === 0) return [];
  const interval = differenceInterval(input, scores);
  const figures = means(scores);
  const beatsService =
    figures.inService === null || figures.candidate >= figures.inService - input.limits.overfitting;
  return [
    {
      gate: 'own_task',
      figure: 'mean score of held-out answers',
      lang,
      n: scores.candidate.length,
      ...figures,
      interval,
      limit: 'better than the base; the interval of the difference excludes 0',
      passed: interval[0] > 0 && beatsService,
    },
  ];
}

/** The read-out must tell answerable from unanswerable better than the base's. */
export function abstention(input: JudgeInput, lang: Language): GateRow[] {
  const outs = sides(input, (version) =>
    scored(input.cases.held, version.held, lang).filter(({ example }) => example.kind !== 'task'),
  );
  const separates = (all: readonly Scored[]) =>
    input.statistics.auroc(
      all.filter(isUnanswerable).map(({ readOut }) => readOut),
      all.filter((one) => !isUnanswerable(one)).map(({ readOut }) => readOut),
    );
  if (!Number.isFinite(separates(outs.candidate))) return [];
  const interval = input.statistics.interval(outs.candidate, separates);
  const base = separates(outs.base);
  return [
    {
      gate: 'abstention',
      figure: 'read-out separates (AUROC)',
      lang,
      n: outs.candidate.length,
      base,
      inService: outs.inService === null ? null : separates(outs.inService),
      candidate: separates(outs.candidate),
      interval,
      limit: 'above the base; the interval lies above 0.5',
      passed: separates(outs.candidate) > base && interval[0] > 0.5,
    },
  ];
}

function isUnanswerable({ example: { kind } }: Scored): boolean {
  return kind === 'withheld' || kind === 'absent';
}

/** Of the right answers, those that name the right passage. */
export function citations(input: JudgeInput, lang: Language): GateRow[] {
  const named = sides(input, (version) =>
    scored(input.cases.held, version.held, lang)
      .filter(({ markerRight, score }) => markerRight !== null && score === 1)
      .map(({ markerRight }) => (markerRight ? 1 : 0)),
  );
  if (named.candidate.length === 0) return [];
  return [
    {
      gate: 'citations',
      figure: 'right passage named, of the right answers',
      lang,
      n: named.candidate.length,
      ...means(named),
      interval: input.statistics.interval(named.candidate, mean),
      limit: 'at least 0.7',
      passed: mean(named.candidate) >= 0.7,
    },
  ];
}

/** Training examples may not be answered much better than held ones. */
export function overfitting(input: JudgeInput, lang: Language): GateRow[] {
  const meanOf = (items: GateCases['held'], said: readonly Said[]) => {
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

function scored(items: GateCases['held'], said: readonly Said[], lang: Language): Scored[] {
  return items.flatMap(({ example }, at) => {
    const one = said[at];
    return example.lang === lang && one !== undefined ? [scoreExample(example, one)] : [];
  });
}

/** Scores of what is to be answered rather than withheld. */
function answerScores(items: GateCases['held'], said: readonly Said[], lang: Language): number[] {
  return scored(items, said, lang)
    .filter(({ example }) => example.kind === 'answer' || example.kind === 'task')
    .map(({ score }) => score);
}
