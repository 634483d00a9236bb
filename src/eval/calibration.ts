import { logit, sigmoid } from '../decision/policy.js';
import { fitLogistic } from './logistic.js';

/** A stated chance and whether it came true. */
export type Stated = { chance: number; came: boolean };

/** Corrects a stated chance: `sigmoid(slope · logit(chance) + offset)`. */
export type Platt = { slope: number; offset: number };

export const UNCHANGED: Platt = { slope: 1, offset: 0 };

/** With fewer of either outcome a correction would be noise. */
const LEAST_OF_EACH = 8;

/**
 * Platt scaling (Platt 1999) with his smoothed targets, on predictions of rows that were not fitted
 * on. Left unchanged when there are too few of either outcome, or when it would turn the order round.
 */
export function fitPlatt(stated: readonly Stated[]): Platt {
  const came = stated.filter((one) => one.came).length;
  const others = stated.length - came;
  if (Math.min(came, others) < LEAST_OF_EACH) return UNCHANGED;
  const labels = stated.map((one) => (one.came ? (came + 1) / (came + 2) : 1 / (others + 2)));
  const { bias, weights } = fitLogistic(
    stated.map(({ chance }) => [logit(chance)]),
    labels,
    { penalty: 0.1 },
  );
  const slope = weights[0] ?? 1;
  return slope <= 0 ? UNCHANGED : { slope, offset: bias };
}

export function applyPlatt({ slope, offset }: Platt, chance: number): number {
  return sigmoid(slope * logit(chance) + offset);
}

export type ReliabilityBin = { low: number; high: number; n: number; stated: number; came: number };

/** Mean stated chance and share that came true, in bins of equal width; empty bins are left out. */
export function reliability(stated: readonly Stated[], bins = 10): ReliabilityBin[] {
  return Array.from({ length: bins }, (_, at) => {
    const [low, high] = [at / bins, (at + 1) / bins];
    const inside = stated.filter(
      ({ chance }) => chance >= low && (chance < high || (at === bins - 1 && chance <= 1)),
    );
    const n = inside.length;
    return {
      low,
      high,
      n,
      stated: inside.reduce((sum, { chance }) => sum + chance, 0) / n,
      came: inside.filter((one) => one.came).length / n,
    };
  }).filter(({ n }) => n > 0);
}

/** Expected calibration error (Naeini et al. 2015): mean distance of the bins, weighted by size. */
export function calibrationError(stated: readonly Stated[], bins = 10): number {
  return reliability(stated, bins).reduce(
    (sum, bin) => sum + (bin.n / stated.length) * Math.abs(bin.stated - bin.came),
    0,
  );
}
