import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cleanCode,
  cleanLine,
  cleanParagraph,
  cleanText,
  joinWrapped,
} from '../../src/ingest/clean.js';

describe('cleanText', () => {
  test('drops what prints nothing: zero-width, bidi, tag characters, soft hyphens, controls', () => {
    const hidden = '\u200b\u202e\u2066\u{e0041}\u{e007f}\u00ad\u0007\ufeff\u3164\u2063';
    expect(cleanText(`年次${hidden}休暇`)).toBe('年次休暇');
  });

  test('keeps one selector that chooses a shape and drops a row of them', () => {
    expect(cleanText('葛\u{e0100}城')).toBe('葛\u{e0100}城');
    expect(cleanText('葛\u{e0100}\u{e0101}\u{e0102}城')).toBe('葛\u{e0100}城');
  });

  test('keeps width and case, composes accents, makes every line end a line feed', () => {
    expect(cleanText('ＡＢＣ１２３ ｶﾅ')).toBe('ＡＢＣ１２３ ｶﾅ');
    expect(cleanText('か\u3099\r\nb\rc\u2028d')).toBe('が\nb\nc\nd');
  });

  test('replaces half a surrogate pair', () => {
    expect(cleanText('a\ud800b')).toBe('a\ufffdb');
  });

  test('cleaning twice changes nothing more, and the result is well formed and visible', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes)),
    );
    fc.assert(
      fc.property(anything, (text) => {
        const cleaned = cleanText(text);
        expect(cleanText(cleaned)).toBe(cleaned);
        expect(cleaned.normalize('NFC')).toBe(cleaned);
        expect(/\p{Surrogate}/u.test(cleaned)).toBe(false);
        expect(
          /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\u{e0000}-\u{e007f}\0\r]/u.test(cleaned),
        ).toBe(false);
      }),
    );
  });

  test('loses no letter or digit', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const visible = (value: string): string =>
          value
            .normalize('NFC')
            .replace(/[^\p{L}\p{N}]/gu, '')
            .replace(/[\u115f\u1160\u3164\uffa0]/gu, '');
        expect(visible(cleanText(text))).toBe(visible(text));
      }),
    );
  });
});

test('a line has no breaks, a paragraph no blank lines, code keeps its indent', () => {
  expect(cleanLine('  a\n b\t c ')).toBe('a b c');
  expect(cleanParagraph(' a  b \n\n c ')).toBe('a b\nc');
  expect(cleanCode('\n  if (x)\n    y  \n\n')).toBe('  if (x)\n    y');
});

test('wrapped lines join with a space in English and without one in Japanese', () => {
  expect(joinWrapped('ask your', 'manager')).toBe('ask your manager');
  expect(joinWrapped('上長に', '申請する')).toBe('上長に申請する');
  expect(joinWrapped('様式', 'A-07')).toBe('様式 A-07');
});
