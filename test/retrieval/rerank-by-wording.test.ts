import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rerankByWording } from '../../src/retrieval/rerank-by-wording.js';

describe('rerankByWording', () => {
  it('prefers the passage in the words of the question among nearly equal ones', () => {
    const candidates = [
      { id: 'pays', text: '会社が手当を払う。', score: 0.9 },
      { id: 'paid', text: '手当が払われるのはいつか。', score: 0.895 },
    ];
    const order = (question: string) => rerankByWording(question, candidates).map(({ id }) => id);
    expect(order('手当はいつ払われるか')).toEqual(['paid', 'pays']);
    expect(order('会社が手当を払うか')).toEqual(['pays', 'paid']);
  });

  it('does not turn over a clear lead', () => {
    const candidates = [
      { id: 'far ahead', text: 'nothing in common', score: 0.95 },
      { id: 'same words', text: 'hotel limit in osaka', score: 0.85 },
    ];
    expect(rerankByWording('hotel limit osaka', candidates)[0]?.id).toBe('far ahead');
  });

  it('loses and invents nothing, and leaves all below the best twenty where they were', () => {
    const text = fc.string({ unit: fc.constantFrom('有', '給', 'は', 'い', ' ', 'a', 'b', '1') });
    const candidates = fc
      .array(fc.record({ text, score: fc.double({ min: 0, max: 1, noNaN: true }) }), {
        maxLength: 30,
      })
      .map((made) =>
        made
          .toSorted((a, b) => b.score - a.score)
          .map((candidate, i) => ({ id: String(i), ...candidate })),
      );
    fc.assert(
      fc.property(text, candidates, (question, given) => {
        const ids = rerankByWording(question, given).map(({ id }) => id);
        const before = given.map(({ id }) => id);
        expect(ids.slice(20)).toEqual(before.slice(20));
        expect(ids.slice(0, 20).sort()).toEqual(before.slice(0, 20).sort());
      }),
    );
  });
});
