import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuseRanks, RRF_K } from '../../src/retrieval/fuse-ranks.js';

const ids: fc.Arbitrary<string[]> = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'));
const lists = fc
  .array(fc.record({ ids, weight: fc.double({ min: 0.1, max: 3, noNaN: true }) }), { maxLength: 4 })
  .map((made) => made.map((list, i) => ({ name: `list ${i}`, ...list })));

describe('fuseRanks', () => {
  it('orders by the sum of its trace, and the trace holds each list that has the id', () => {
    fc.assert(
      fc.property(lists, (given) => {
        const fused = fuseRanks(given);
        expect(new Set(fused.map(({ id }) => id))).toEqual(new Set(given.flatMap((l) => l.ids)));
        for (const { id, score, trace } of fused) {
          const expected = given.filter((list) => list.ids.includes(id));
          expect(trace.map(({ list }) => list)).toEqual(expected.map(({ name }) => name));
          for (const [i, { rank, contribution }] of trace.entries()) {
            expect(rank).toBe((expected[i]?.ids.indexOf(id) ?? NaN) + 1);
            expect(contribution).toBeCloseTo((expected[i]?.weight ?? NaN) / (RRF_K + rank), 12);
          }
          expect(score).toBeCloseTo(
            trace.reduce((sum, { contribution }) => sum + contribution, 0),
            12,
          );
        }
        const scores = fused.map(({ score }) => score);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
      }),
    );
  });

  it('gives the same order for the same lists, also where scores are equal', () => {
    fc.assert(
      fc.property(lists, (given) => {
        expect(fuseRanks(given)).toEqual(fuseRanks(structuredClone(given)));
      }),
    );
    expect(
      fuseRanks([
        { name: 'x', ids: ['b'] },
        { name: 'y', ids: ['a'] },
      ]).map(({ id }) => id),
    ).toEqual(['a', 'b']);
  });

  it('puts what two lists agree on above what one list alone has first', () => {
    const fused = fuseRanks([
      { name: 'dense', ids: ['a', 'c'] },
      { name: 'keyword', ids: ['b', 'c'] },
    ]);
    expect(fused[0]?.id).toBe('c');
  });

  it('counts an id that stands twice in a list where it stands first', () => {
    expect(fuseRanks([{ name: 'x', ids: ['a', 'b', 'a'] }])).toEqual(
      fuseRanks([{ name: 'x', ids: ['a', 'b'] }]),
    );
  });
});
