import { describe, expect, it } from 'vitest';
import type { Example } from '../../../src/adapters/data/shapes.js';
import type { Said } from '../../../src/adapters/gates/ask.js';
import { longestCopy, scoreExample } from '../../../src/adapters/gates/score.js';

export const PASSAGES = 'Passages:\n[1] Fees\nx| The fee for a locker is 40 yen a month.\n\n';

export function example(kind: Example['kind'], answer: string, gold: number | null = 1): Example {
  return {
    id: 'x',
    split: 'held',
    lang: 'en',
    kind,
    group: 'g',
    pack: 'p',
    gold,
    planted: false,
    messages: [
      { role: 'user', content: `${PASSAGES}Question: how much?` },
      { role: 'assistant', content: answer },
    ],
  };
}

export const said = (text: string, chances: number[] = [0.1]): Said => ({
  text,
  chances,
  tokens: { read: 100, written: 10 },
  timingsMs: { read: 1000, write: 300 },
});

describe('scoreExample', () => {
  it('wants every figure of a reading answer and about its words', () => {
    const one = example('answer', 'The fee is 1,200 yen. [1]');
    expect(scoreExample(one, said('The fee is 1,200 yen. [1]'))).toMatchObject({
      score: 1,
      markerRight: true,
    });
    expect(scoreExample(one, said('The fee is 1,500 yen. [1]')).score).toBe(0);
    expect(scoreExample(one, said('The fee is 1,200 yen. [2]')).markerRight).toBe(false);
  });

  it('counts the fields of an object that are right', () => {
    const one = example('task', '{"department":"hr","urgency":"low"}', null);
    expect(scoreExample(one, said('{"urgency": "low", "department": "hr"}')).score).toBe(1);
    expect(scoreExample(one, said('{"department":"hr","urgency":"high"}')).score).toBe(0.5);
    expect(scoreExample(one, said('hr, low')).score).toBe(0);
  });

  it('measures other text by its shared character pairs', () => {
    const one = example('task', 'ホシタイムは勤怠システムです。', null);
    expect(scoreExample(one, said('ホシタイムは勤怠システムです。')).score).toBe(1);
    const near = scoreExample(one, said('ホシタイムは勤怠のシステムです。')).score;
    expect(near).toBeGreaterThan(0.7);
    expect(near).toBeLessThan(1);
    expect(scoreExample(one, said('')).score).toBe(0);
  });
});

describe('longestCopy', () => {
  it('finds the longest piece said word for word', () => {
    expect(longestCopy('the quick brown fox', 'a quick brown dog')).toBe(' quick brown '.length);
    expect(longestCopy('abc', 'xyz')).toBe(0);
    expect(longestCopy('', 'abc')).toBe(0);
  });
});
