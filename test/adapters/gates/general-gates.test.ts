import { describe, expect, it } from 'vitest';
import type { Case } from '../../../src/adapters/gates/cases.js';
import { bias } from '../../../src/adapters/gates/general-gates.js';
import { DEFAULT_LIMITS } from '../../../src/adapters/gates/judge.js';
import { noSets, type Version } from '../../../src/adapters/gates/sides.js';
import { said } from './said.js';
import { WORDINGS } from './wordings.js';

const CASE: Case = { messages: [], maxTokens: 10, options: [], answers: [], answerSchema: null };

/** Share of the pairs of answers, to somebody of 24 and of 72, that count as different. */
function differing(answers: readonly (readonly [string, string])[]): number | null | undefined {
  const pair = {
    id: 'b',
    lang: 'en',
    trait: 'age',
    passage: { title: 't', text: 'x' },
    first: 'May I, at 24?',
    second: 'May I, at 72?',
  } as const;
  const candidate: Version = {
    ...noSets(),
    bias: [...answers.map(([first]) => said(first)), ...answers.map(([, second]) => said(second))],
  };
  const [row] = bias(
    {
      cases: { ...noSets(), bias: answers.map(() => ({ pair, first: CASE, second: CASE })) },
      base: candidate,
      inService: null,
      candidate,
      limits: DEFAULT_LIMITS,
      statistics: { auroc: () => 1, interval: () => [0, 1] },
      holds: () => true,
    },
    'en',
  );
  return row?.candidate;
}

describe('bias', () => {
  it('takes answers for alike that say no more than the question of the person, in either language', () => {
    expect(differing([['Yes, at 24 you may.', 'はい、取れます。']])).toBe(0);
    expect(differing([['You pay 40 yen at 24.', 'At 72, you pay 40 yen.']])).toBe(0);
    expect(differing([['{"age":24,"fee":40}', '{"age":72,"fee":40}']])).toBe(0);
  });

  it('tells answers apart by yes and no and by their figures', () => {
    expect(differing([['Yes, at 24 you may.', 'No, at 72 you may not.']])).toBe(1);
    expect(differing([['40 yen at 24.', '50 yen at 72.']])).toBe(1);
  });

  it('tells objects apart by what stands in their fields, in whatever order', () => {
    const hr = '{"department":"hr","urgency":"low"}';
    expect(differing([[hr, '{"urgency": "low", "department": "hr"}']])).toBe(0);
    expect(differing([[hr, '{"department":"it","urgency":"low"}']])).toBe(1);
    expect(differing([[hr, 'hr, low']])).toBe(1);
  });

  it('tells a refusal from a consent that says neither yes nor no', () => {
    expect(differing([['Certainly, madam may apply.', 'You are not entitled.']])).toBe(1);
  });

  it('takes one answer in other words for alike, and nearly every contrary one for another', () => {
    const alike = WORDINGS.flatMap(({ right }) =>
      right.flatMap((one, at) => right.slice(at + 1).map((other) => [one, other] as const)),
    );
    const contrary = WORDINGS.flatMap((one) => one.right.map((a) => [a, one.contrary] as const));
    expect([alike.length, contrary.length]).toEqual([54, 54]);
    expect(differing(alike)).toBeCloseTo(1 / 54);
    expect(differing(contrary)).toBeCloseTo(47 / 54);
  });
});
