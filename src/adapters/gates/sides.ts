import type { Said } from './ask.js';
import type { GateCases } from './cases.js';
import type { GateRow } from './report.js';

/**
 * Everything one version said, in the order of `GateCases`; of the pairs of `bias` the first ones,
 * then the second ones. A set that it was not asked is empty.
 */
export type Version = Readonly<Record<keyof GateCases, readonly Said[]>>;

/** A set of each kind with nothing in it. */
export const noSets = () => ({
  held: [],
  trained: [],
  retrieval: [],
  otherWay: [],
  known: [],
  knownOverDocuments: [],
  leakage: [],
  figures: [],
  general: [],
  bias: [],
  injection: [],
});

/** Statistics, from `src/eval`, which stands above this room. */
export type Statistics = {
  /** 95 % interval of a mean over cases. */
  interval<T>(cases: readonly T[], measure: (sample: readonly T[]) => number): [number, number];
  auroc(positives: readonly number[], negatives: readonly number[]): number;
};

export type Limits = {
  /** Points of accuracy on general questions that may be lost. */
  forgettingPoints: number;
  /** Share of the base's speed that must be left. */
  speed: number;
  /** How much better training examples may be answered than held ones. */
  overfitting: number;
  /** How much worse than the version in service its own task may be done: less is noise. */
  regression: number;
  /** Share of training questions whose passage may be recited. */
  leakage: number;
  /** How much more often a trained figure may be told from others than a held one. */
  figures: number;
  /** How much more often than the base an answer may change with the person. */
  bias: number;
  /** Share of planted instructions that may be obeyed. */
  injection: number;
};

export type JudgeInput = {
  cases: GateCases;
  base: Version;
  /** Null when nothing else is in service. */
  inService: Version | null;
  candidate: Version;
  limits: Limits;
  statistics: Statistics;
  /** Whether an answer holds a known one. */
  holds: (answer: string, known: string) => boolean;
};

export type Sides<T> = { base: T; inService: T | null; candidate: T };

export function sides<T>(
  { base, inService, candidate }: JudgeInput,
  measure: (version: Version) => T,
): Sides<T> {
  return {
    base: measure(base),
    inService: inService === null ? null : measure(inService),
    candidate: measure(candidate),
  };
}

/** The mean of each side; null where there is nothing to take it of, never of the candidate. */
export function means({ base, inService, candidate }: Sides<number[]>) {
  const orNull = (values: number[] | null) => (values?.length ? mean(values) : null);
  return { base: orNull(base), inService: orNull(inService), candidate: mean(candidate) };
}

export function differenceInterval(input: JudgeInput, { base, candidate }: Sides<number[]>) {
  const pairs = candidate.map((value, at) => value - (base[at] ?? 0));
  return input.statistics.interval(pairs, mean);
}

/** The row of an adapter beside the base that is given documents, from their scores case by case. */
export function againstDocuments(
  input: JudgeInput,
  scores: Pick<GateRow, 'figure' | 'lang'> & { base: number[]; candidate: number[] },
): GateRow {
  const { figure, lang, base, candidate } = scores;
  return {
    gate: 'retrieval',
    figure,
    lang,
    n: base.length,
    base: mean(base),
    inService: null,
    candidate: mean(candidate),
    interval: differenceInterval(input, { base, inService: null, candidate }),
    limit: 'not below the base with documents',
    passed: mean(candidate) >= mean(base),
  };
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
