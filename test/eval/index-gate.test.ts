import { describe, expect, it } from 'vitest';
import type { GoldQuestion } from '../../src/eval/gold.js';
import { requireGoldFound } from '../../src/eval/index-gate.js';

const gold = Array.from(
  { length: 10 },
  (_, at): GoldQuestion => ({
    id: `q${at}`,
    question: `Question ${at}?`,
    lang: 'en',
    kind: at === 9 ? 'general' : 'document',
    answers: [],
    documents: [`d${at}`],
  }),
);
/** Finds the documents of the first `n` questions. */
const finding = (n: number) => async (question: string) => {
  const at = Number(/\d+/u.exec(question)?.[0]);
  return at < n ? ['other', `d${at}`] : ['other'];
};

describe('requireGoldFound', () => {
  it('lets a version pass that finds as much, or less by no more than the margin', async () => {
    const of = (candidate: number, margin: number) =>
      requireGoldFound(gold, { live: finding(6), candidate: finding(candidate) }, margin);
    await expect(of(6, 0)).resolves.toBeUndefined();
    await expect(of(9, 0)).resolves.toBeUndefined();
    await expect(of(5, 0.12)).resolves.toBeUndefined();
  });

  it('refuses one that finds less, and names the questions that got worse', async () => {
    const refused = requireGoldFound(gold, { live: finding(6), candidate: finding(4) }, 0.02);
    await expect(refused).rejects.toMatchObject({ code: 'gate.refused' });
    await expect(refused).rejects.toThrow(/0\.444 of 9 cases, before in 0\.667.*q4.*q5/u);
  });

  it('asks nothing where there is no gold', async () => {
    const never = () => Promise.reject(new Error('not asked'));
    const sides = { live: never, candidate: never };
    await expect(requireGoldFound([], sides, 0)).resolves.toBeUndefined();
  });
});
