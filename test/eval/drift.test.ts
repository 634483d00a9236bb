import { describe, expect, it } from 'vitest';
import { createSeeded } from '../../src/adapters/data/seeded.js';
import { FEATURE_NAMES } from '../../src/decision/features.js';
import { driftOf, stabilityOf } from '../../src/eval/drift.js';
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
    expect(stabilityOf([0, 0, 0, 0, 0], [1, 1, 1, 1]).psi).toBeGreaterThan(0.25);
    expect(stabilityOf([0.5], [])).toEqual({ psi: 0, moved: false });
    expect(stabilityOf([], [0.5])).toEqual({ psi: 0, moved: false });
  });

  it.each([60, 332])('calls chance no drift when %i questions were replayed', (replayed) => {
    const { random } = createSeeded(1);
    const rows = (n: number) =>
      Array.from({ length: n }, () =>
        Object.fromEntries(FEATURE_NAMES.map((name) => [name, random()])),
      );
    let alarms = 0;
    for (let run = 0; run < 200; run++) {
      const { features } = driftOf(rows(replayed), rows(100));
      if (features.some(({ moved }) => moved)) alarms++;
    }
    expect(alarms).toBeLessThan(0.06 * 200);
  });

  it('sees a shift by one standard deviation in 100 questions', () => {
    const { random } = createSeeded(1);
    // Of twelve uniform ones, about normal.
    const normal = () => Array.from({ length: 12 }, random).reduce((a, b) => a + b) - 6;
    const before = Array.from({ length: 332 }, normal);
    const now = Array.from({ length: 100 }, () => normal() + 1);
    expect(stabilityOf(before, now).moved).toBe(true);
  });

  it('does not take follow-ups for drift, as a replay asks none', () => {
    const live = featuresOf(2).map((row, at) => ({ ...row, follow_up: at % 2 }));
    const { features } = driftOf(featuresOf(1), live);
    expect(features.filter(({ moved }) => moved)).toEqual([]);
    expect(features).toHaveLength(FEATURE_NAMES.length - 1);
  });
});
