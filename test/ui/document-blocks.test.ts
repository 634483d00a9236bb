import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type DocumentBlock,
  layOutDocument,
  locateQuote,
  type Slice,
} from '../../src/ui/lib/document-blocks.js';

function slicesOf(blocks: readonly DocumentBlock[]): Slice[] {
  return blocks.flatMap((block) => (block.kind === 'table' ? block.rows.flat(2) : block.slices));
}

const piece = fc.constantFrom(
  '# 見出し\n',
  '## Two\n',
  '- 項目\n',
  '  - inner\n',
  '  続き\n',
  '(2) 二\n',
  '1. one\n',
  '| a | b |\n',
  '| 3年 | 16日 |\n',
  '|---|---|\n',
  '本文です。',
  'text ',
  '\n',
  '\n\n',
  '\r\n',
  '|',
  '#',
);
const documentText = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));

describe('layOutDocument', () => {
  test('shows every word exactly once, in order, and leaves out only marks of layout', () => {
    fc.assert(
      fc.property(documentText, (text) => {
        let last = 0;
        for (const { start, end } of slicesOf(layOutDocument(text, null))) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          expect(text.slice(last, start)).toMatch(/^[\s|#:*+()0-9.-]*$/u);
          last = end;
        }
        expect(text.slice(last)).toMatch(/^[\s|#:*+()0-9.-]*$/u);
      }),
    );
  });

  test('marks exactly the shown part of the span, and the span changes nothing else', () => {
    fc.assert(
      fc.property(documentText, fc.nat(), fc.nat(), (text, a, b) => {
        const [start = 0, end = 0] = [a % (text.length + 1), b % (text.length + 1)].sort(
          (x, y) => x - y,
        );
        const shown = (slices: Slice[]): number[] =>
          slices.flatMap((slice) =>
            Array.from({ length: slice.end - slice.start }, (_, index) => slice.start + index),
          );
        const slices = slicesOf(layOutDocument(text, { start, end }));
        const all = shown(slicesOf(layOutDocument(text, null)));
        expect(shown(slices)).toEqual(all);
        expect(shown(slices.filter((slice) => slice.marked))).toEqual(
          all.filter((offset) => offset >= start && offset < end),
        );
      }),
    );
  });

  test('recognises headings, items and tables', () => {
    const text = '# 題\n\n本文\n続き\n\n- a\n  - b\n\n| x | y |\n| 1 | 2 |';
    expect(layOutDocument(text, null).map((block) => block.kind)).toEqual([
      'heading',
      'text',
      'item',
      'item',
      'table',
    ]);
  });
});

describe('locateQuote', () => {
  test('trusts a span that holds the quote', () => {
    expect(locateQuote('abcabc', { start: 3, end: 6 }, 'abc')).toEqual({ start: 3, end: 6 });
  });

  test('finds the nearest place of the words in another revision', () => {
    expect(locateQuote('x abc y abc', { start: 9, end: 12 }, 'abc')).toEqual({ start: 8, end: 11 });
  });

  test('says when the words are gone', () => {
    expect(locateQuote('xyz', { start: 0, end: 3 }, 'abc')).toBeNull();
  });

  test('takes the whole span where no words were quoted', () => {
    expect(locateQuote('abcdef', { start: 1, end: 4 }, '')).toEqual({ start: 1, end: 4 });
    expect(locateQuote('abc', { start: 1, end: 9 }, '')).toBeNull();
  });
});
