import { describe, expect, it } from 'vitest';
import { nearDuplicates, sketchOf } from '../../src/ingest/near-duplicates.js';

/** Text of its own for each seed: numbered words of a small vocabulary. */
function text(seed: number, words = 300): string {
  let state = seed;
  return Array.from({ length: words }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return `word${state % 997}`;
  }).join(' ');
}
const pairs = (texts: Record<string, string>, changed: readonly string[] = Object.keys(texts)) =>
  nearDuplicates(
    new Map(Object.entries(texts).map(([id, one]) => [id, sketchOf(one)])),
    new Set(changed),
  );

describe('nearDuplicates', () => {
  it('finds a copy with a few words changed, whatever its punctuation and case', () => {
    const original = text(1);
    const copy = original.replaceAll(' ', ',  ').toUpperCase().replace('WORD1', 'other');
    expect(pairs({ a: original, b: copy, c: text(2) })).toEqual([['a', 'b']]);
  });

  it('finds Japanese copies', () => {
    const line = (at: number) => `第${at}条　点検は${at % 12}月の${at}日に行い、結果を記録します。`;
    const rules = Array.from({ length: 60 }, (_, at) => line(at)).join('\n');
    expect(pairs({ a: rules, b: rules.replace('記録', '報告') })).toEqual([['a', 'b']]);
  });

  it('says nothing of texts that share half, of short ones, and of pairs that did not change', () => {
    const half = text(3, 150);
    expect(pairs({ a: `${half} ${text(4, 150)}`, b: `${half} ${text(5, 150)}` })).toEqual([]);
    expect(pairs({ a: 'Closed today.', b: 'Closed today.' })).toEqual([]);
    const same = text(6);
    expect(pairs({ a: same, b: same, c: same }, ['c'])).toEqual([
      ['c', 'a'],
      ['c', 'b'],
    ]);
  });

  it('estimates likeness within its error', () => {
    const shared = text(7, 900);
    // Nine parts in ten of the words are shared: about .82 of the pieces.
    const found = pairs({ a: `${shared} ${text(8, 60)}`, b: `${shared} ${text(9, 60)}` });
    expect(found).toHaveLength(1);
  });
});
