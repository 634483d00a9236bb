import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  holdBackPartialMarker,
  insertSpanMarks,
  splitAtSpanMarks,
  splitMarkers,
} from '../../src/ui/lib/marks.js';

describe('splitMarkers', () => {
  test('finds the markers of known sources, in all bracket forms', () => {
    expect(splitMarkers('a[1]。b [2] c【3】［1］', new Set([1, 2, 3]))).toEqual([
      { text: 'a' },
      { marker: 1 },
      { text: '。b' },
      { marker: 2 },
      { text: ' c' },
      { marker: 3 },
      { marker: 1 },
    ]);
  });

  test('leaves brackets that name no source as text', () => {
    expect(splitMarkers('see [9], [a] and [100]', new Set([1]))).toEqual([
      { text: 'see [9], [a] and [100]' },
    ]);
  });

  test('loses nothing but the space before a marker', () => {
    const text = fc
      .array(fc.constantFrom('[1]', '[2]', '[', ']', ' ', 'あ', 'b'))
      .map((p) => p.join(''));
    fc.assert(
      fc.property(text, (whole) => {
        const joined = splitMarkers(whole, new Set([1]))
          .map((piece) => ('marker' in piece ? `[${piece.marker}]` : piece.text))
          .join('');
        expect(joined).toBe(whole.replace(/ (?=\[1\])/gu, ''));
      }),
    );
  });
});

test('holds back the beginning of a marker while the answer streams', () => {
  expect(holdBackPartialMarker('十分です[')).toBe('十分です');
  expect(holdBackPartialMarker('十分です[1')).toBe('十分です');
  expect(holdBackPartialMarker('十分です[1]')).toBe('十分です[1]');
  expect(holdBackPartialMarker('配列 [x')).toBe('配列 [x');
});

test('span marks come out where they went in', () => {
  const letters = fc.array(fc.constantFrom('あ', 'b', '。', '*', '字'), {
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(
    fc.property(letters, fc.array(fc.nat(40), { maxLength: 6 }), (chars, cuts) => {
      const text = `字${chars.join('')}`;
      const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
      const spans = [];
      for (let i = 0; i + 1 < places.length; i += 2) {
        spans.push({ start: places[i] ?? 0, end: places[i + 1] ?? 0 });
      }
      const { pieces } = splitAtSpanMarks(insertSpanMarks(text, spans), false);
      expect(pieces.map((piece) => piece.text).join('')).toBe(text);
      const inside = pieces.filter((piece) => piece.inside).map((piece) => piece.text);
      expect(inside.join('')).toBe(spans.map(({ start, end }) => text.slice(start, end)).join(''));
    }),
  );
});
