import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { demoteSuperseded } from '../../src/retrieval/demote-superseded.js';
import type { Hit } from '../../src/retrieval/search.js';
import { passage } from '../store/fixtures.js';

const hit = (documentId: string, score: number, supersededBy: string | null = null): Hit => ({
  ...passage({ documentId, supersededBy, text: `${documentId} ${score}` }),
  corpus: 'hr',
  score,
  legs: { dense: null, keyword: null },
});
const order = (hits: Hit[]) => demoteSuperseded(hits).map(({ documentId }) => documentId);

describe('demoteSuperseded', () => {
  it('puts a superseded document below all hits of its successor', () => {
    expect(
      order([hit('old', 0.9, 'new'), hit('other', 0.8), hit('new', 0.7), hit('new', 0.6)]),
    ).toEqual(['other', 'new', 'new', 'old']);
  });

  it('keeps the place of one whose successor was not found', () => {
    expect(order([hit('old', 0.9, 'new'), hit('other', 0.8)])).toEqual(['old', 'other']);
  });

  it('follows successors of successors', () => {
    expect(order([hit('v1', 0.9, 'v2'), hit('v2', 0.8, 'v3'), hit('v3', 0.7)])).toEqual([
      'v3',
      'v2',
      'v1',
    ]);
  });

  it('ends on circles, loses no hit and stays sorted', () => {
    const names = ['a', 'b', 'c'];
    const made = fc.array(
      fc
        .tuple(
          fc.constantFrom(...names),
          fc.double({ min: 0.01, max: 1, noNaN: true }),
          fc.option(fc.constantFrom(...names)),
        )
        .map(([id, score, successor]) => hit(id, score, successor)),
    );
    fc.assert(
      fc.property(made, (hits) => {
        const sorted = hits.toSorted((a, b) => b.score - a.score);
        const demoted = demoteSuperseded(sorted);
        expect(demoted.map(({ id }) => id).sort()).toEqual(hits.map(({ id }) => id).sort());
        const scores = demoted.map(({ score }) => score);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
      }),
    );
  });
});
