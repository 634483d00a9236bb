import { describe, expect, it } from 'vitest';
import { isWithheld, mayBecomeWithheld, withoutStrayOpening } from '../../src/answer/withheld.js';

describe('isWithheld', () => {
  it('knows the withholding word and plain refusals in both languages', () => {
    expect(isWithheld('UNKNOWN The passages tell the fee only.', 'en')).toBe(true);
    expect(isWithheld('The passages do not mention Sapporo.', 'en')).toBe(true);
    expect(isWithheld('Unknown 資料に料金はありません。', 'ja')).toBe(true);
    expect(isWithheld('未知、宿泊費の上限は書かれていません。', 'ja')).toBe(true);
    expect(isWithheld('申し訳ありませんが、資料には記載されていません。', 'ja')).toBe(true);
  });

  it('takes an answer for an answer', () => {
    expect(isWithheld('The limit is 11,000 yen. [1]', 'en')).toBe(false);
    expect(isWithheld('資料を提出する必要はありません。[1]', 'ja')).toBe(false);
    expect(isWithheld('上限は11,000円です。[1]', 'ja')).toBe(false);
  });
});

describe('mayBecomeWithheld', () => {
  it('holds back as long as the opening fits the word', () => {
    expect(mayBecomeWithheld('UNK')).toBe(true);
    expect(mayBecomeWithheld('Unk')).toBe(true);
    expect(mayBecomeWithheld('Under')).toBe(false);
  });
});

describe('withoutStrayOpening', () => {
  it('drops a bare YES before a sentence and leaves an answer of yes alone', () => {
    expect(withoutStrayOpening('YES The fee is 40 yen. [1]')).toBe('The fee is 40 yen. [1]');
    expect(withoutStrayOpening('Yes, with a permit. [1]')).toBe('Yes, with a permit. [1]');
    expect(withoutStrayOpening('YES')).toBe('YES');
  });
});
