import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combineScores } from '../../src/retrieval/combine-scores.js';

const scored = (min: number, max: number) =>
  fc
    .uniqueArray(
      fc.record({
        id: fc.constantFrom(...'abcdefgh'.split('')),
        value: fc.double({ min, max, noNaN: true }),
      }),
      { selector: ({ id }) => id },
    )
    .map((list) => list.toSorted((a, b) => b.value - a.value));

describe('combineScores', () => {
  it('orders by the sum of the terms it shows, and loses and invents no id', () => {
    fc.assert(
      fc.property(scored(-1, 1), scored(0.01, 100), (dense, keyword) => {
        const combined = combineScores(dense, keyword);
        const ids = combined.map(({ id }) => id);
        expect([...ids].sort()).toEqual(
          [...new Set([...dense, ...keyword].map(({ id }) => id))].sort(),
        );
        const scores = combined.map((one) => one.score);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
        for (const one of combined) expect(one.score).toBe(one.similarity + one.words);
      }),
    );
  });

  it('keeps the order of the one leg that found something', () => {
    const list = [
      { id: 'b', value: 0.9 },
      { id: 'a', value: 0.8 },
    ];
    for (const [dense, keyword] of [
      [list, []],
      [[], list],
    ] as const) {
      expect(combineScores(dense, keyword).map(({ id }) => id)).toEqual(['b', 'a']);
    }
    expect(combineScores([], [])).toEqual([]);
  });

  it('lets words decide between passages of nearly the same meaning', () => {
    const dense = [
      { id: 'near', value: 0.86 },
      { id: 'nearly', value: 0.85 },
      { id: 'far', value: 0.75 },
    ];
    const keyword = [
      { id: 'far', value: 12 },
      { id: 'nearly', value: 11 },
    ];
    expect(combineScores(dense, keyword).map(({ id }) => id)).toEqual(['nearly', 'near', 'far']);
  });
});
