import { describe, expect, it } from 'vitest';
import {
  isWithheld,
  mayBecomeWithheld,
  opensWithheld,
  withoutStrayOpening,
} from '../../src/answer/withheld.js';

describe('isWithheld', () => {
  it('knows the withholding word and plain refusals in both languages', () => {
    expect(isWithheld('UNKNOWN The passages tell the fee only.', 'en')).toBe(true);
    expect(isWithheld('The passages do not mention Sapporo.', 'en')).toBe(true);
    expect(isWithheld('Unknown 資料に料金はありません。', 'ja')).toBe(true);
    expect(isWithheld('未知、宿泊費の上限は書かれていません。', 'ja')).toBe(true);
    expect(isWithheld('申し訳ありませんが、資料には記載されていません。', 'ja')).toBe(true);
  });

  it('knows a refusal by what does not tell and the word of telling', () => {
    const english = [
      'The passages do not say.',
      'The documents do not explicitly state the fee.',
      "I'm sorry. The provided information doesn't contain the answer.",
      'The documents have no information on Sapporo.',
      'Passages about hotels hold no answer.',
      'Unknown. The passages tell the fee only.',
      'Unknown the passages tell the fee only.',
      'Unknown',
    ];
    const japanese = [
      '資料には記載がありません',
      '提供された情報には、札幌の上限は含まれていません。',
      '資料からは答えが見つかりません。',
      '未知',
    ];
    expect(english.filter((text) => !isWithheld(text, 'en'))).toEqual([]);
    expect(japanese.filter((text) => !isWithheld(text, 'ja'))).toEqual([]);
  });

  it('takes a sentence on documents or on what is unknown for an answer', () => {
    const english = [
      'The documents must be kept for no less than seven years [1].',
      'Documents are kept for no longer than 30 days',
      'Document requests do not need approval.',
      'Documents have no expiry date. [1]',
      'Documents do not have to be signed. [1]',
      'Unknown senders must be reported to the IT desk [1].',
    ];
    const japanese = [
      '個人情報には有効期限はありません[1]。',
      '社外への文書には印鑑を押す必要はありません。',
      '未知の送信者からのメールは情報システム部に報告します。[1]',
    ];
    expect(english.filter((text) => isWithheld(text, 'en'))).toEqual([]);
    expect(japanese.filter((text) => isWithheld(text, 'ja'))).toEqual([]);
  });

  it('takes an answer for an answer', () => {
    expect(isWithheld('The limit is 11,000 yen. [1]', 'en')).toBe(false);
    expect(isWithheld('資料を提出する必要はありません。[1]', 'ja')).toBe(false);
    expect(isWithheld('上限は11,000円です。[1]', 'ja')).toBe(false);
  });
});

describe('opensWithheld', () => {
  it('ends an answer at the word in capitals, and waits for what follows it otherwise', () => {
    expect(opensWithheld('UNKNOWN', 'en')).toBe(true);
    expect(opensWithheld('Unknown', 'en')).toBe(false);
    expect(opensWithheld('未知', 'ja')).toBe(false);
  });
});

describe('mayBecomeWithheld', () => {
  it('holds back as long as the opening fits the word', () => {
    expect(mayBecomeWithheld('UNK')).toBe(true);
    expect(mayBecomeWithheld('Unk')).toBe(true);
    expect(mayBecomeWithheld('Under')).toBe(false);
    expect(mayBecomeWithheld('Unknown senders')).toBe(false);
  });
});

describe('withoutStrayOpening', () => {
  it('drops a bare YES before a sentence and leaves an answer of yes alone', () => {
    expect(withoutStrayOpening('YES The fee is 40 yen. [1]')).toBe('The fee is 40 yen. [1]');
    expect(withoutStrayOpening('Yes, with a permit. [1]')).toBe('Yes, with a permit. [1]');
    expect(withoutStrayOpening('YES')).toBe('YES');
  });
});
