import { describe, expect, it } from 'vitest';
import { longestCopy, scoreExample } from '../../../src/adapters/gates/score.js';
import { example, said } from './said.js';

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

  it('gives nothing for a greeting and a closing around no answer', () => {
    const closing = 'Please let us know if you have any questions.';
    const one = example('answer', `Thank you for writing.\nShoes may be returned. [1]\n${closing}`);
    const score = (text: string) => scoreExample(one, said(text)).score;
    expect(score(`Thank you for writing. ${closing}`)).toBe(0);
    expect(score('Shoes may be returned. [1]')).toBe(1);
    expect(score(`Thank you for writing.\nShoes may be returned. [1]\n${closing}`)).toBe(1);
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
