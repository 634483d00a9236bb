import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRepeating } from '../../src/engine/repetition.js';

/** As the worker asks: after every few characters. */
const everRepeats = (text: string) =>
  Array.from({ length: Math.ceil(text.length / 3) }, (_, index) =>
    isRepeating(text.slice(0, (index + 1) * 3)),
  ).includes(true);

describe('isRepeating', () => {
  it.each([
    ['a phrase', `会社の方針として${'私たちは'.repeat(8)}`],
    ['a word', `The answer is ${'very '.repeat(12)}`],
    ['a sentence', 'You can apply for leave in the portal. '.repeat(4)],
    ['a Japanese sentence', '申請は人事部のポータルから行うことができます。'.repeat(4)],
    [
      'a numbered line',
      [1, 2, 3, 4, 5].map((n) => `${n}. 申請書を人事部に提出してください。`).join('\n'),
    ],
    ['sentences that take turns', 'It opens at nine in the morning. It closes at noon. '.repeat(5)],
  ])('finds %s said over and over', (_name, text) => {
    expect(everRepeats(text)).toBe(true);
  });

  it.each([
    [
      'a table',
      `| 項目 | 4月 | 5月 | 6月 | 7月 | 8月 |\n|---|---|---|---|---|---|\n${['東京', '大阪', '名古屋', '福岡', '札幌'].map((city) => `| ${city} | なし | なし | なし | なし | なし |\n`).join('')}`,
    ],
    ['a rule', `Title\n${'-'.repeat(80)}\nText\n${'='.repeat(80)}\n`],
    ['numbers', `0, 0, 0, 0, 0, 0, 0, 1000000000000 円、${'0'.repeat(40)}`],
    ['laughter and emphasis', 'はい、はい、はい。そうですね。ははははは、no no no, very very good'],
    [
      'a list',
      Array.from('abcdefgh')
        .map((c) => `- Item ${c}: see the ${c.repeat(3)} page\n`)
        .join(''),
    ],
    [
      'citations',
      '有給は20日です [1]。半休も取れます [1]。申請は前日までです [1]。繰り越せます [1]。',
    ],
    [
      'a poem with a refrain',
      'Row, row, row your boat, gently down the stream. Merrily, merrily, merrily, merrily, life is but a dream.',
    ],
    [
      'code',
      'for (let i = 0; i < n; i++) {\n    for (let j = 0; j < n; j++) {\n        a[i][j] = 0;\n    }\n}\n',
    ],
  ])('leaves %s alone', (_name, text) => {
    expect(everRepeats(text)).toBe(false);
  });

  it('finds any phrase repeated long enough', () => {
    const phrase = fc.stringMatching(/^[a-zあ-ん]{2,40}$/u);
    fc.assert(
      fc.property(phrase, fc.string({ maxLength: 40 }), (unit, before) => {
        expect(everRepeats(before + unit.repeat(26))).toBe(true);
      }),
    );
  });

  it('leaves any run of different words alone', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.stringMatching(/^[a-z]{4,9}$/u), { minLength: 5, maxLength: 60 }),
        (words) => {
          // Numbered, since short random words may rhyme with each other.
          const text = words.map((word, index) => `${word}${index} `).join('');
          expect(everRepeats(text)).toBe(false);
        },
      ),
    );
  });
});

describe('citation markers', () => {
  it('are a loop as soon as nothing else comes', () => {
    expect(isRepeating('[1] [2] [3] [4] [1] [2] [3] [4] [1] [2] [3] [4] ')).toBe(true);
    expect(isRepeating('The fee is 40 yen. [1][2] It is paid at the gate. [1][3]')).toBe(false);
  });
});
