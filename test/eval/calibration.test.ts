import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/eval/bootstrap.js';
import {
  applyPlatt,
  calibrationError,
  fitPlatt,
  reliability,
  UNCHANGED,
} from '../../src/eval/calibration.js';
import { logit, sigmoid } from '../../src/decision/policy.js';

/** Chances that are stated twice as sure as they are. */
function overconfident(n: number) {
  const next = createRandom(3);
  return Array.from({ length: n }, () => {
    const truth = 0.05 + 0.9 * next();
    return { chance: sigmoid(2 * logit(truth)), came: next() < truth };
  });
}

describe('calibration', () => {
  it('corrects chances that are stated too surely', () => {
    const platt = fitPlatt(overconfident(4000));
    expect(platt.slope).toBeCloseTo(0.5, 1);
    const fresh = overconfident(3000).map(({ chance, came }) => ({
      chance: applyPlatt(platt, chance),
      came,
    }));
    expect(calibrationError(fresh)).toBeLessThan(0.03);
    expect(calibrationError(overconfident(3000))).toBeGreaterThan(0.08);
  });

  it('leaves chances alone when there is too little to go by or the order would turn', () => {
    expect(fitPlatt(overconfident(10))).toEqual(UNCHANGED);
    const turned = overconfident(400).map(({ chance, came }) => ({ chance: 1 - chance, came }));
    expect(fitPlatt(turned)).toEqual(UNCHANGED);
  });

  it('counts every row in one bin', () => {
    const stated = [0, 0.1, 0.55, 0.99, 1].map((chance) => ({ chance, came: chance > 0.5 }));
    const bins = reliability(stated);
    expect(bins.reduce((sum, { n }) => sum + n, 0)).toBe(5);
    expect(bins.at(-1)).toMatchObject({ n: 2, came: 1 });
  });
});
