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

  it.each([
    ['The lamp of the kit stays on for 12 hours.', 'The lamp stays on for 12 hours.', 1],
    ['The lamp stays on for 12 hours.', 'The lamp stays on for 312 hours.', 0],
    ['E-204 means that the cable is loose.', 'e204 means that the cable is loose.', 1],
    ['E-204 means that the cable is loose.', 'F-204 means that the cable is loose.', 0],
    ['料金は1,200円です。', '年間の料金は1200円です。', 1],
    ['第3工場は12時から休みです。', '第3工場は2時から休みです。', 0],
  ])('takes figures and codes as wholes: of "%s", "%s" scores %d', (wanted, text, score) => {
    expect(scoreExample(example('answer', wanted), said(text)).score).toBe(score);
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
