import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sentenceSpans } from '../../src/ingest/sentences.js';

const split = (text: string): string[] =>
  sentenceSpans(text).map(({ start, end }) => text.slice(start, end));

describe('sentenceSpans', () => {
  test.each([
    ['申請します。承認されます。', ['申請します。', '承認されます。']],
    ['本当ですか？はい！', ['本当ですか？', 'はい！']],
    ['「行きます。」と答えた。次の文。', ['「行きます。」と答えた。', '次の文。']],
    [
      '規程（以下「規程」という。）に従う。守ること。',
      ['規程（以下「規程」という。）に従う。', '守ること。'],
    ],
    ['「終わりです。」会議は閉じた。', ['「終わりです。」', '会議は閉じた。']],
    ['3.5%です。2025.4.1から。', ['3.5%です。', '2025.4.1から。']],
    ['本当!すごい', ['本当!', 'すごい']],
    ['括弧(閉じない。次の文です。', ['括弧(閉じない。', '次の文です。']],
  ])('Japanese: %s', (text, expected) => {
    expect(split(text)).toEqual(expected);
  });

  test.each([
    ['Ask Mr. Sato. He knows.', ['Ask Mr. Sato.', 'He knows.']],
    ['Rates, e.g. 3.5 %, apply. See No. 5.', ['Rates, e.g. 3.5 %, apply.', 'See No. 5.']],
    ['1. Apply. 2 days later you get it.', ['1. Apply.', '2 days later you get it.']],
    ['He said "Stop." Then he left.', ['He said "Stop."', 'Then he left.']],
    ['Wait... what? Yes!', ['Wait... what?', 'Yes!']],
    ['It ends (see below. Or not). Next.', ['It ends (see below. Or not).', 'Next.']],
    ['J. Sato signs. Done', ['J. Sato signs.', 'Done']],
    ['ext. 2500, host vpn2.example.com is up.', ['ext. 2500, host vpn2.example.com is up.']],
  ])('English: %s', (text, expected) => {
    expect(split(text)).toEqual(expected);
  });

  test('a line break ends a sentence', () => {
    expect(split('Line one\nline two')).toEqual(['Line one', 'line two']);
  });

  test('covers every visible character once, in order, trimmed', () => {
    const piece = fc.constantFrom(
      '文です。',
      '「',
      '」',
      '（',
      '）',
      'Mr. ',
      'a. B',
      '3.5',
      '\n',
      ' ',
      '！',
      '?',
      '。。',
      'x',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece).map((parts) => parts.join('')),
          fc.string(),
        ),
        (text) => {
          const spans = sentenceSpans(text);
          let at = 0;
          for (const { start, end } of spans) {
            expect(text.slice(at, start).trim()).toBe('');
            expect(end).toBeGreaterThan(start);
            at = end;
          }
          expect(text.slice(at).trim()).toBe('');
        },
      ),
    );
  });
});
