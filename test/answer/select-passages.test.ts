import { describe, expect, it } from 'vitest';
import { selectPassages, withoutWeakest } from '../../src/answer/select-passages.js';
import { hit } from './fixtures.js';

describe('selectPassages', () => {
  it('keeps the best and puts them into document order', () => {
    const hits = [
      hit({ documentId: 'b', position: 3, score: 0.9 }),
      hit({ documentId: 'a', position: 1, score: 0.8 }),
      hit({ documentId: 'b', position: 1, score: 0.7 }),
      hit({ documentId: 'a', position: 0, score: 0.1 }),
    ];
    expect(selectPassages(hits, 3).map((h) => `${h.documentId}${h.position}`)).toEqual([
      'a1',
      'b1',
      'b3',
    ]);
  });

  it('leaves out a superseded document when its successor was found', () => {
    const old = hit({ documentId: 'old', supersededBy: 'new', score: 0.9 });
    const current = hit({ documentId: 'new', score: 0.5 });
    expect(selectPassages([old, current], 4)).toEqual([current]);
    expect(selectPassages([old], 4)).toEqual([old]);
  });
});

describe('withoutWeakest', () => {
  it('drops one whole passage, the one of lowest score', () => {
    const kept = withoutWeakest([hit({ score: 0.2 }), hit({ score: 0.1 }), hit({ score: 0.3 })]);
    expect(kept.map(({ score }) => score)).toEqual([0.2, 0.3]);
  });
});
