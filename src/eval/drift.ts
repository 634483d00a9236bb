import { FEATURE_NAMES, type FeatureName } from '../decision/features.js';

export type FeatureDrift = {
  feature: FeatureName;
  /** Population stability index without what chance adds: below .1 the same population. */
  psi: number;
  /** Another population, and more than chance. */
  moved: boolean;
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
/** Stability index from which a feature is of another population (Siddiqi 2006). */
const ANOTHER_POPULATION = 0.25;
/**
 * Standard deviations that chance may reach. Without drift any of thirteen independent uniform features
 * then moves in 2.4, 4.4 and 4.2 % of runs with 60, 174 and 332 questions replayed and 100 live (1000
 * simulated); with the bare index from .25 on it was 100, 80 and 47 %.
 */
const CHANCE = 4;
/** Replay asks every question alone, so that any follow-up would count as drift. */
const COMPARED = FEATURE_NAMES.filter((name) => name !== 'follow_up');
/** A leg is dead when it finds nothing this much more often than in replay. */
const DEAD_MARGIN = 0.2;

/**
 * How far the questions that are asked have moved from those that were learned from: population
 * stability index of each feature over deciles of replay, largest first, and search legs that return
 * nothing.
 */
export function driftOf(replayed: readonly Row[], live: readonly Row[]): Drift {
  const features = COMPARED.map((feature) => {
    const before = replayed.map((row) => row[feature] ?? 0);
    const now = live.map((row) => row[feature] ?? 0);
    return { feature, ...stabilityOf(before, now), before: mean(before), now: mean(now) };
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

/**
 * Population stability index of two samples, over deciles of the first. Of one population it is
 * about chi-squared, with a degree of freedom less than there are bins, times `1/n + 1/m` (Yurdakul &
 * Naranjo, Journal of Risk Model Validation 14(4), 2020): its mean is taken off, and its spread is the
 * measure of chance. Of an empty sample it is 0.
 */
export function stabilityOf(
  before: readonly number[],
  now: readonly number[],
): { psi: number; moved: boolean } {
  if (before.length === 0 || now.length === 0) return { psi: 0, moved: false };
  const sorted = before.toSorted((a, b) => a - b);
  const [least = 0, most = 0] = [sorted[0], sorted.at(-1)];
  const deciles = Array.from(
    { length: BINS - 1 },
    (_, at) => sorted[Math.floor(((at + 1) * sorted.length) / BINS)] ?? least,
  );
  // What was never seen before lies below or above all of them.
  const edges = [...new Set(deciles), most];
  const binOf = (value: number) =>
    value < least ? 0 : 1 + edges.filter((edge) => value > edge).length;
  const shares = (values: readonly number[]) => {
    const counts = Array.from({ length: edges.length + 2 }, () => SMOOTHING);
    for (const bin of values.map(binOf)) counts[bin] = (counts[bin] ?? 0) + 1;
    const total = values.length + SMOOTHING * counts.length;
    return counts.map((count) => count / total);
  };
  const [expected, actual] = [shares(before), shares(now)];
  const index = expected.reduce((sum, share, at) => {
    const other = actual[at] ?? share;
    return sum + (other - share) * Math.log(other / share);
  }, 0);
  const freedom = new Set([...before, ...now].map(binOf)).size - 1;
  const scale = 1 / before.length + 1 / now.length;
  const psi = Math.max(0, index - freedom * scale);
  const chance = CHANCE * Math.sqrt(2 * freedom) * scale;
  return { psi, moved: psi >= Math.max(ANOTHER_POPULATION, chance) };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
