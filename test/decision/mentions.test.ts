import { describe, expect, it } from 'vitest';
import { mentionedNames, mentionedNumbers } from '../../src/decision/mentions.js';

describe('mentionedNumbers', () => {
  it('folds width, case and thousands commas', () => {
    expect(mentionedNumbers('ＥＲＲ－４０１２ と 12,000円')).toEqual(
      expect.arrayContaining(['12000']),
    );
    expect(mentionedNumbers('SORA-300 shows E-204')).toEqual(['sora-300', 'e-204']);
  });

  it('names each number once', () => {
    expect(mentionedNumbers('3 days or 3 weeks')).toEqual(['3']);
  });
});

describe('mentionedNames', () => {
  it('takes capitalised words that do not open a sentence', () => {
    expect(mentionedNames('Who approves trips to Osaka? Does Tanaka?')).toEqual([
      'osaka',
      'tanaka',
    ]);
  });

  it('takes katakana words and Latin words from Japanese text', () => {
    expect(mentionedNames('フレックスタイムとVPNclientの申請は?')).toEqual([
      'フレックスタイム',
      'vpnclient',
    ]);
  });

  it('takes no question words', () => {
    expect(mentionedNames('And when do I get PDF files on Monday?')).toEqual([]);
  });
});
