import { describe, expect, it } from 'vitest';
import { createSeeded } from '../../src/adapters/data/seeded.js';
import { decide } from '../../src/decision/decide.js';
import { explore } from '../../src/decision/explore.js';
import { computeFeatures } from '../../src/decision/features.js';
import { armKey } from '../../src/decision/policy.js';
import { rulePolicy } from '../../src/decision/rule.js';
import { DEFAULT_RULE } from '../../src/decision/default-rule.js';
import { probe } from './probe.js';

const choice = decide(
  {
    features: computeFeatures(probe()),
    language: 'en',
    adapters: [{ name: 'grounded', needsPassages: true }],
    hasPassages: true,
    risk: 0.5,
    mode: 'auto',
    adapter: null,
  },
  rulePolicy(DEFAULT_RULE),
);
const never = () => {
  throw new Error('not drawn');
};

describe('explore', () => {
  it('is off by default and draws nothing then', () => {
    expect(explore(choice, { share: 0, random: never })).toEqual({ choice, propensity: null });
  });

  it('takes each arm as often as the propensity that it records', () => {
    const { random } = createSeeded(5);
    const counts = new Map<string, { n: number; propensity: number }>();
    const rounds = 20_000;
    for (let round = 0; round < rounds; round++) {
      const { choice: taken, propensity } = explore(choice, { share: 0.2, random });
      const before = counts.get(armKey(taken))?.n ?? 0;
      counts.set(armKey(taken), { n: before + 1, propensity: propensity ?? 0 });
    }
    expect(counts.size).toBe(4);
    for (const { n, propensity } of counts.values()) {
      expect(n / rounds).toBeCloseTo(propensity, 1);
      expect(Math.abs(n / rounds - propensity)).toBeLessThan(0.015);
    }
    const sum = [...counts.values()].reduce((total, { propensity }) => total + propensity, 0);
    expect(sum).toBeCloseTo(1);
  });

  it('leaves silence and what was asked for as they are', () => {
    const always = { share: 1, random: () => 0 };
    expect(explore({ ...choice, forced: true }, always).propensity).toBeNull();
    expect(explore({ ...choice, arm: 'abstain', adapter: null }, always).choice.arm).toBe(
      'abstain',
    );
  });
});
