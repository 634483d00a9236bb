import { FEATURE_NAMES, type FeatureName } from '../decision/features.js';

export type FeatureDrift = {
  feature: FeatureName;
  /** Population stability index: below .1 the same, from .25 on another population. */
  psi: number;
  /** Means of replay and of live questions. */
  before: number;
  now: number;
};

export type DeadLeg = {
  leg: 'dense' | 'keyword';
  /** Share of questions for which the leg found nothing, in replay and live. */
  before: number;
  now: number;
};

export type Drift = { features: FeatureDrift[]; deadLegs: DeadLeg[]; questions: number };

type Row = Readonly<Partial<Record<FeatureName, number>>>;

const BINS = 10;
/** Counted into each bin, so that an empty one does not make the index infinite. */
const SMOOTHING = 0.5;
/** A leg is dead when it finds nothing this much more often than in replay. */
const DEAD_MARGIN = 0.2;

/**
 * How far the questions that are asked have moved from those that were learned from: population
 * stability index of each feature over deciles of replay (Yurdakul 2018, thresholds of Siddiqi 2006),
 * largest first, and search legs that return nothing.
 */
export function driftOf(replayed: readonly Row[], live: readonly Row[]): Drift {
  const features = FEATURE_NAMES.map((feature) => {
    const before = replayed.map((row) => row[feature] ?? 0);
    const now = live.map((row) => row[feature] ?? 0);
    return { feature, psi: stabilityIndex(before, now), before: mean(before), now: mean(now) };
  }).toSorted((a, b) => b.psi - a.psi);
  const legs = [
    { leg: 'dense', feature: 'dense_top' },
    { leg: 'keyword', feature: 'keyword_top' },
  ] as const;
  const deadLegs = legs
    .map(({ leg, feature }) => {
      const silent = (rows: readonly Row[]) => mean(rows.map((row) => (row[feature] ? 0 : 1)));
      return { leg, before: silent(replayed), now: silent(live) };
    })
    .filter(({ before, now }) => now > before + DEAD_MARGIN);
  return { features, deadLegs, questions: live.length };
}

/** Population stability index of two samples, over deciles of the first. */
export function stabilityIndex(before: readonly number[], now: readonly number[]): number {
  const sorted = before.toSorted((a, b) => a - b);
  const [least = 0, most = 0] = [sorted[0], sorted.at(-1)];
  const deciles = Array.from(
    { length: BINS - 1 },
    (_, at) => sorted[Math.floor(((at + 1) * sorted.length) / BINS)] ?? least,
  );
  // What was never seen before lies below or above all of them.
  const edges = [...new Set(deciles), most];
  const shares = (values: readonly number[]) => {
    const counts = Array.from({ length: edges.length + 2 }, () => SMOOTHING);
    for (const value of values) {
      const bin = value < least ? 0 : 1 + edges.filter((edge) => value > edge).length;
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    const total = values.length + SMOOTHING * counts.length;
    return counts.map((count) => count / total);
  };
  const [expected, actual] = [shares(before), shares(now)];
  return expected.reduce((sum, share, at) => {
    const other = actual[at] ?? share;
    return sum + (other - share) * Math.log(other / share);
  }, 0);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
