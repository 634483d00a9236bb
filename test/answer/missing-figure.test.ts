import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayMissFigure, missesFigure } from '../../src/answer/missing-figure.js';

describe('missesFigure', () => {
  it.each([
    ['精算は何日以内に出せばいい?', '精算システムで出してください。[3]'],
    ['駐車場はいま何人待ちですか', '空きがないときは待機名簿に載ります。[2]'],
    ['マストの値段はいくらですか', 'マストは別売りです。[2]'],
  ])('misses it in Japanese: %s', (question, answer) => {
    expect(missesFigure(question, answer, 'ja')).toBe(true);
  });

  it.each([
    ['精算は何日以内に出せばいい?', '１０営業日以内です。[3]'],
    ['送料はいくらですか', '無料です。[1]'],
    ['手数料はいくらですか', '手数料はかかりません。[1]'],
    ['登録できるのは何台まで?', '八台までです。[1]'],
    ['窓口は何をしますか', '申請を受け付けます。[1]'],
    ['何時代の建物ですか', '江戸時代の建物です。[1]'],
    ['資料は何度も読むべき?', '必要に応じて読みます。[1]'],
    ['「何人来ますか」を丁寧な言い方にして', 'お越しになる方の数をお知らせください。'],
  ])('does not in Japanese: %s', (question, answer) => {
    expect(missesFigure(question, answer, 'ja')).toBe(false);
  });

  it.each([
    ['How many days do I have?', 'You have to ask your manager. [12]'],
    ['How much does a licence cost?', 'The design section keeps the licences. [3]'],
    ["What's the price of the plan?", 'The plan is for schools. [3]'],
  ])('misses it in English: %s', (question, answer) => {
    expect(missesFigure(question, answer, 'en')).toBe(true);
  });

  it.each([
    ['How many days do I have?', 'Ten working days. [1]'],
    ['How often is it cleaned?', 'Weekly. [1]'],
    ['How much does it cost?', 'It is free of charge. [1]'],
    ['How do I reset it?', 'Hold the button. [1]'],
    ['Who decides?', 'The division head. [1]'],
  ])('does not in English: %s', (question, answer) => {
    expect(missesFigure(question, answer, 'en')).toBe(false);
  });
});

describe('mayMissFigure', () => {
  const pieces = [
    '数人',
    'が',
    'ない',
    '。',
    '無',
    '料',
    '[1',
    ']',
    '毎',
    '回',
    '十',
    '分',
    'no',
    'rth',
    ' ',
    'ten',
    't',
    '5',
  ];

  it('is false of a beginning only when the whole does not miss the figure', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...pieces), { maxLength: 8 }),
        fc.nat(),
        fc.constantFrom(['何人ですか', 'ja'] as const, ['How many?', 'en'] as const),
        (parts, cut, [question, language]) => {
          const whole = parts.join('');
          const begun = whole.slice(0, cut % (whole.length + 1));
          const isMissed = missesFigure(question, whole, language);
          expect(mayMissFigure(question, begun, language) || !isMissed).toBe(true);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
