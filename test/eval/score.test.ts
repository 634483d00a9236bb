import { describe, expect, it } from 'vitest';
import type { GoldQuestion } from '../../src/eval/gold.js';
import { containsAnswer, scoreAnswer } from '../../src/eval/score.js';
import { response } from './response.js';

const gold = (overrides: Partial<GoldQuestion> = {}): GoldQuestion => ({
  id: 'q1',
  question: 'What is the hotel limit in Osaka?',
  lang: 'en',
  kind: 'document',
  answers: ['11,000 yen'],
  documents: ['travel'],
  ...overrides,
});

describe('containsAnswer', () => {
  it('compares after NFKC, without spaces, commas and markers', () => {
    expect(containsAnswer('上限は １１，０００ 円 です。[1]', '11000円')).toBe(true);
    expect(containsAnswer('It is 11,000 yen [1].', '11000 yen')).toBe(true);
  });

  it('does not find a number inside a longer one', () => {
    expect(containsAnswer('The fee is 1100 yen.', '100 yen')).toBe(false);
    expect(containsAnswer('100 days', '10')).toBe(false);
    expect(containsAnswer('10.5 days', '10')).toBe(true);
  });
});

describe('scoreAnswer', () => {
  it('wants silence on what no document tells', () => {
    const unanswerable = gold({ kind: 'unanswerable', answers: [], documents: [] });
    expect(scoreAnswer(unanswerable, response({ outcome: 'abstained' })).verdict).toBe(
      'right_refusal',
    );
    expect(scoreAnswer(unanswerable, response({ answer: '5 days' })).verdict).toBe('wrong');
  });

  it('calls silence on a known matter needless', () => {
    expect(scoreAnswer(gold(), response({ outcome: 'abstained' })).verdict).toBe(
      'needless_refusal',
    );
  });

  it('takes no text that is given back as it was for one that was rewritten', () => {
    const task = gold({
      kind: 'task',
      question: 'Rewrite politely: "Send me the report now."',
      answers: ['report'],
      documents: [],
    });
    expect(scoreAnswer(task, response({ answer: 'Send me the report now.' })).verdict).toBe(
      'wrong',
    );
    const polite = response({ answer: 'Could you please send me the report?' });
    expect(scoreAnswer(task, polite).verdict).toBe('right');
  });

  it('takes one gold string among alternatives, and any words where there is none', () => {
    const right = response({ answer: 'The limit is 11000 yen. [1]' });
    expect(scoreAnswer(gold({ answers: ['¥11,000', '11,000 yen'] }), right).verdict).toBe('right');
    expect(scoreAnswer(gold({ kind: 'general', answers: [] }), right).verdict).toBe('right');
    expect(scoreAnswer(gold({ answers: ['12,000 yen'] }), right).verdict).toBe('wrong');
  });

  it('takes the source of a document answer for its rightness where no string can tell', () => {
    const long = gold({ answers: [] });
    const from = (document_id: string) =>
      scoreAnswer(long, response({ citations: [{ document_id, verified: true }] })).verdict;
    expect([from('travel'), from('other')]).toEqual(['right', 'wrong']);
    expect(scoreAnswer(long, response()).verdict).toBe('wrong');
  });

  it('counts a citation only when verified and in a gold document', () => {
    const cite = (document_id: string, verified: boolean) =>
      scoreAnswer(
        gold(),
        response({ answer: '11,000 yen', citations: [{ document_id, verified }] }),
      ).cited;
    expect(cite('travel', true)).toBe(true);
    expect(cite('travel', false)).toBe(false);
    expect(cite('other', true)).toBe(false);
  });
});
