import { describe, expect, it } from 'vitest';
import { driftOf, stabilityIndex } from '../../src/eval/drift.js';
import { makeWorld } from './world.js';

const featuresOf = (seed: number) => makeWorld(500, seed).map(({ features }) => features);

describe('driftOf', () => {
  it('finds nothing between two samples of the same questions', () => {
    const { features, deadLegs, questions } = driftOf(featuresOf(1), featuresOf(2));
    expect(Math.max(...features.map(({ psi }) => psi))).toBeLessThan(0.1);
    expect([deadLegs, questions]).toEqual([[], 500]);
  });

  it('puts the feature that moved first', () => {
    const moved = featuresOf(2).map((row) => ({ ...row, coverage_best: row.coverage_best / 3 }));
    const [first, second] = driftOf(featuresOf(1), moved).features;
    expect(first?.feature).toBe('coverage_best');
    expect(first?.psi).toBeGreaterThan(0.25);
    expect(second?.psi).toBeLessThan(0.1);
  });

  it('names a search leg that returns nothing on many questions', () => {
    const silent = featuresOf(2).map((row, at) => ({
      ...row,
      dense_top: at % 2 ? 0 : row.dense_top,
    }));
    expect(driftOf(featuresOf(1), silent).deadLegs).toEqual([
      { leg: 'dense', before: 0, now: expect.closeTo(0.5, 1) as number },
    ]);
  });

  it('stays finite when a value was never seen before, and for few questions', () => {
    expect(Number.isFinite(stabilityIndex([0, 0, 0], [1, 1]))).toBe(true);
    expect(stabilityIndex([0, 0, 0, 0, 0], [1, 1, 1, 1])).toBeGreaterThan(0.25);
    expect(Number.isFinite(stabilityIndex([0.5], []))).toBe(true);
  });
});
