import type { Language } from '../data/shapes.js';
import type { Said } from './ask.js';
import type { OfExample } from './cases.js';
import type { GateRow } from './report.js';
import { scoreExample, type Scored } from './score.js';
import {
  againstDocuments,
  differenceInterval,
  type JudgeInput,
  mean,
  means,
  sides,
} from './sides.js';

/** The mean score must be better than the base's: the interval of the difference excludes zero. */
export function ownTask(input: JudgeInput, lang: Language): GateRow[] {
  const scores = sides(input, (version) => answerScores(input.cases.held, version.held, lang));
  if (scores.candidate.length === 0) return [];
  const interval = differenceInterval(input, scores);
  const figures = means(scores);
  const beatsService =
    figures.inService === null || figures.candidate >= figures.inService - input.limits.regression;
  return [
    {
      gate: 'own_task',
      figure: 'mean score of held-out answers',
      lang,
      n: scores.candidate.length,
      ...figures,
      interval,
      limit: `better than the base, interval of the difference above 0; at most ${input.limits.regression} below the one in service`,
      passed: interval[0] > 0 && beatsService,
    },
  ];
}

/** It may not lose on its own domain to the base model that is given documents. */
export function retrieval(input: JudgeInput, lang: Language): GateRow[] {
  const base = answerScores(input.cases.retrieval, input.base.retrieval, lang);
  if (base.length === 0) return [];
  const asked = new Set(input.cases.retrieval.map(({ example }) => example));
  const answers = input.cases.held.map((item, at) => ({ item, said: input.candidate.held[at] }));
  const both = answers.flatMap(({ item, said }) =>
    asked.has(item.example) && said !== undefined ? [{ item, said }] : [],
  );
  const candidate = answerScores(
    both.map(({ item }) => item),
    both.map(({ said }) => said),
    lang,
  );
  const figure = 'mean score, against the base with documents';
  return [againstDocuments(input, { figure, lang, base, candidate })];
}

/** What it does in the way it is not made for; nothing is asked of it. */
export function otherWay(input: JudgeInput, lang: Language): GateRow[] {
  const { otherWay: items } = input.cases;
  const candidate = answerScores(items, input.candidate.otherWay, lang);
  if (candidate.length === 0) return [];
  const isTask = items.some(({ example }) => example.kind === 'task');
  return [
    {
      gate: 'own_task',
      figure: isTask ? 'mean score with passages found' : 'mean score without passages',
      lang,
      n: candidate.length,
      base: null,
      inService: null,
      candidate: mean(candidate),
      interval: input.statistics.interval(candidate, mean),
      limit: null,
      passed: true,
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

function scored(items: readonly OfExample[], said: readonly Said[], lang: Language): Scored[] {
  return items.flatMap(({ example }, at) => {
    const one = said[at];
    return example.lang === lang && one !== undefined ? [scoreExample(example, one)] : [];
  });
}

/** Scores of what is to be answered rather than withheld. */
export function answerScores(
  items: readonly OfExample[],
  said: readonly Said[],
  lang: Language,
): number[] {
  return scored(items, said, lang)
    .filter(({ example }) => example.kind === 'answer' || example.kind === 'task')
    .map(({ score }) => score);
}
