import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/eval/bootstrap.js';
import { binomialTail, boundRisk, givenFrom, leastAnswered } from '../../src/eval/risk-bound.js';

/** Answers whose chance of being wrong falls with the confidence. */
function world(n: number, seed: number) {
  const next = createRandom(seed);
  return Array.from({ length: n }, () => {
    const confidence = next();
    return [{ confidence, wrong: next() < 0.5 * (1 - confidence) }];
  });
}

describe('boundRisk', () => {
  it('gives the binomial tail', () => {
    expect(binomialTail(0, 10, 0.1)).toBeCloseTo(0.9 ** 10);
    expect(binomialTail(1, 10, 0.1)).toBeCloseTo(0.9 ** 10 + 10 * 0.1 * 0.9 ** 9);
    expect(binomialTail(10, 10, 0.1)).toBeCloseTo(1);
  });

  it('keeps the stated risk on further questions as often as it says', () => {
    const risk = 0.15;
    let broken = 0;
    const rounds = 200;
    for (let round = 1; round <= rounds; round++) {
      const { threshold } = boundRisk(world(150, round), { risk, delta: 0.1 });
      if (threshold === null) continue;
      // Mean of .5 · (1 - c) over the confidences from the threshold on.
      if (0.25 * (1 - threshold) > risk) broken++;
    }
    // 0.1 is promised; the tail is discrete and three standard errors are allowed.
    expect(broken / rounds).toBeLessThan(0.1 + 3 * Math.sqrt((0.1 * 0.9) / rounds));
  });

  it('answers more when more may be wrong', () => {
    const rows = world(400, 5);
    const answered = [0.05, 0.1, 0.2, 0.4].map(
      (risk) => boundRisk(rows, { risk, delta: 0.1 }).answered,
    );
    expect(answered).toEqual(answered.toSorted((a, b) => a - b));
    expect(answered.at(-1)).toBe(400);
  });

  it('counts the second draft where the first is not sure enough', () => {
    const questions = Array.from({ length: 40 }, () => [
      { confidence: 0.4, wrong: false },
      { confidence: 0.9, wrong: true },
    ]);
    expect(boundRisk(questions, { risk: 0.2, delta: 0.1 }).threshold).toBeNull();
    expect(givenFrom(0.4, questions)).toEqual({ answered: 40, wrong: 0 });
    expect(givenFrom(0.9, questions)).toEqual({ answered: 40, wrong: 40 });
  });

  it('never answers when no threshold keeps the risk, or when there is too little to show it', () => {
    const bad = world(200, 1).map((drafts) => drafts.map((draft) => ({ ...draft, wrong: true })));
    expect(boundRisk(bad, { risk: 0.1, delta: 0.1 }).threshold).toBeNull();
    const few = Array.from({ length: 32 }, () => [{ confidence: 1, wrong: false }]);
    // A third of delta for each start.
    expect(leastAnswered(0.1, 0.1 / 3)).toBe(33);
    expect(boundRisk(few, { risk: 0.1, delta: 0.1 }).threshold).toBeNull();
    const enough = [...few, [{ confidence: 1, wrong: false }]];
    expect(boundRisk(enough, { risk: 0.1, delta: 0.1 })).toMatchObject({
      threshold: 1,
      answered: 33,
    });
  });
});
