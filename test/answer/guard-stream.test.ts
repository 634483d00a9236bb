import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guardRules, guardText } from '../../src/answer/guard.js';
import { guardStream } from '../../src/answer/guard-stream.js';
import { hit } from './fixtures.js';

const passages = [
  hit({ text: 'Renew it at https://known.example every year. Call 4111 1111 1111 1111.' }),
  hit({ text: 'http://192.168.77.1 を開きます。[handbook](https://known.example/a) も見ます。' }),
];

/** What leaves after each piece, and at last at the end. */
function passOn(pieces: readonly string[]): string[] {
  const passed: string[] = [];
  let now = '';
  const sink = guardStream(guardRules(passages), {
    push: (text) => {
      now += text;
    },
    finish: () => undefined,
  });
  for (const step of [...pieces.map((piece) => () => sink.push(piece)), () => sink.finish('')]) {
    now = '';
    step();
    passed.push(now);
  }
  return passed;
}

const splitAt = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 40 });

function split(text: string, sizes: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0, n = 0; at < text.length; n++) {
    const size = sizes[n % sizes.length] ?? 1;
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}

describe('guardStream', () => {
  it('lets the same text leave whatever the pieces it comes in', () => {
    const answer = fc.constantFrom(
      'Renew it at https://known.example. Then wait.',
      'Renew it at **https://known.example**, or `https://known.example`.',
      'http://192.168.77.1を開いて設定します。https://known.example.evil.comは開きません。',
      'See ![ok](https://evil.example/p.png?d=1) and [here](https://evil.example) now.',
      '[handbook](https://known.example/a) [1][2] 40 yen [1](税込)です',
      'Card 4111 1111 1111 1111, 4111-1111-1111-1112 or 5555555555554444.',
      'https://known.exampleの.evil.com/?d=1 javascript:alert(1)',
      'ht![x](u)tps://evil.example/ [a](![b](c)) ![a[b]](//c)',
      '[1]([) ![x](//evil.example/?d=1![) [here](//evil.example/[[)',
    );
    fc.assert(
      fc.property(answer, splitAt, (text, sizes) => {
        expect(passOn(split(text, sizes)).join('')).toBe(guardText(text, passages));
      }),
      { numRuns: 500 },
    );
  });

  it('lets the same text leave whatever the text', () => {
    const part = fc.oneof(
      fc.constantFrom('[', ']', '(', ')', '!', '![x](u)', '[1]', '[a](b)', ' ', '\n', '。', 'の'),
      fc.constantFrom('ht', 'tps', 'https://', 'x', 'known.example', '.evil.com', '@', '/', '*'),
      fc.constantFrom('data', ':', '.', '-', '5', '4111 1111 1111 1111', '123456789018', '11,000'),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 15 }), splitAt, (parts, sizes) => {
        const text = parts.join('');
        expect(passOn(split(text, sizes)).join('')).toBe(guardText(text, passages));
      }),
      { numRuns: 3000 },
    );
  });

  it('lets ordinary words leave at once', () => {
    const words = [
      'The',
      ' limit',
      ' is',
      ' high',
      '. ',
      '大阪',
      'の',
      '上限',
      'は',
      '高い',
      'です。',
    ];
    expect(passOn(words)).toEqual([...words, '']);
  });

  it('keeps back no more than its limit, and makes no link of what it let go', () => {
    for (const opening of ['[', '![', '![[', 'https://evil.example/', '1 2 3 ']) {
      const filling = opening === '1 2 3 ' ? '4 5 6 7 8 ' : 'abcdefghij';
      const pieces = [
        opening,
        ...Array.from({ length: 100 }, () => filling),
        '](//evil.example/p)',
      ];
      const passed = passOn(pieces);
      expect(passed.slice(0, 40).join('')).not.toBe('');
      expect(passed.join('')).not.toMatch(/\[[^\]]*\]\(|https:/u);
    }
  });
});
