import { describe, expect, it } from 'vitest';
import { isWithheld, mayBecomeWithheld } from '../../src/answer/withheld.js';

describe('isWithheld', () => {
  it('knows the withholding word and plain refusals in both languages', () => {
    expect(isWithheld('UNKNOWN The passages tell the fee only.', 'en')).toBe(true);
    expect(isWithheld('The passages do not mention Sapporo.', 'en')).toBe(true);
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
    expect(mayBecomeWithheld('Un')).toBe(false);
  });
});
