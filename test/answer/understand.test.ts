import { describe, expect, it } from 'vitest';
import { detectLanguage, understand } from '../../src/answer/understand.js';
import { simpleTokens } from './fixtures.js';

const ask = (question: string, previous: string | null = null) =>
  understand({
    question,
    language: 'auto',
    previousTurn: previous === null ? null : { question: previous, answer: '…' },
    contentTokens: simpleTokens,
  });

describe('understand', () => {
  it('folds width and white space', () => {
    expect(ask(' ｼｽﾃﾑ　の\nＩＤ ').query).toBe('システム の ID');
  });

  it('joins a follow-up to the turn before it', () => {
    const next = ask('大阪は？', '東京の宿泊費の上限は？');
    expect(next).toMatchObject({ followUp: true, joinedQuery: '東京の宿泊費の上限は? 大阪は?' });
    expect(ask('And in Osaka?', 'What is the hotel limit in Tokyo?').followUp).toBe(true);
  });

  it('lets a question that stands for itself stand for itself', () => {
    const next = ask(
      'How do I reset the password of the customer portal?',
      'What is the hotel limit in Tokyo?',
    );
    expect(next).toMatchObject({ followUp: false, joinedQuery: null, previousTurn: null });
  });

  it('has no follow-up without a turn before', () => {
    expect(ask('大阪は？').followUp).toBe(false);
  });
});

describe('detectLanguage', () => {
  it('calls a Japanese question with Latin names Japanese', () => {
    expect(detectLanguage('SORA-Hub Bluetooth pairing はどうやる?')).toBe('ja');
    expect(detectLanguage('What does 有休 mean in the handbook of rules?')).toBe('en');
    expect(detectLanguage('12345')).toBe('en');
  });
});
