import { describe, expect, it } from 'vitest';
import { fitToServed } from '../../src/decision/decision-file.js';
import { FEATURE_NAMES, type Features } from '../../src/decision/features.js';
import {
  atRisk,
  type DecisionFile,
  learnedPolicy,
  type Scorer,
} from '../../src/decision/learned.js';
import { DEFAULT_RULE } from '../../src/decision/default-rule.js';
import { rulePolicy } from '../../src/decision/rule.js';
import { UTILITY } from '../eval/world.js';

const UNCHANGED = { slope: 1, offset: 0 };
const scorer = (bias: number, weights: Scorer['weights'] = {}): Scorer => ({
  bias,
  weights,
  calibration: { ja: UNCHANGED, en: { slope: 2, offset: 0 } },
});
const NEVER = { threshold: null, answered: 0, wrong: 0, n: 40 };
const FROM_HALF = { threshold: 0.5, answered: 30, wrong: 2, n: 40 };
const arms = {
  direct: {
    good: scorer(-1),
    wrong: scorer(-1),
    sure: scorer(1),
    silent: scorer(-4),
    cost: 0.01,
  },
  'both:grounded': {
    good: scorer(0, { coverage: 4 }),
    wrong: scorer(-3),
    sure: scorer(1, { read_out: -4 }),
    silent: scorer(-4, { number_mismatch: 7 }),
    cost: 0.05,
  },
};
const file: DecisionFile = {
  version: 'learned-test',
  learned: {
    at: '2025-01-01T00:00:00.000Z',
    corpora: ['handbook'],
    questions: { ja: 50, en: 50 },
    chatModel: 'model-1',
    adapters: { grounded: 'adapter-1' },
    promptVersion: '2',
  },
  utility: UTILITY,
  general: { bias: -2, weights: { general_margin: 5 } },
  answerable: { bias: -1, weights: { coverage: 3 } },
  risks: [
    { risk: 0.1, arms, abstain: scorer(-1), bound: { ja: NEVER, en: FROM_HALF } },
    { risk: 0.5, arms, abstain: scorer(-1), bound: { ja: FROM_HALF, en: FROM_HALF } },
  ],
};
const features = (
  overrides: Partial<Record<(typeof FEATURE_NAMES)[number], number>>,
): Features => ({
  ...(Object.fromEntries(FEATURE_NAMES.map((name) => [name, 0])) as Record<
    (typeof FEATURE_NAMES)[number],
    number
  >),
  ...overrides,
  adapterAffinity: { grounded: 0, other: 0 },
});
const evidence = {
  features: features({ coverage: 1 }),
  language: 'ja' as const,
  adapters: [
    { name: 'grounded', needsPassages: true },
    { name: 'other', needsPassages: true },
  ],
  hasPassages: true,
  risk: 0.5,
};
const policy = learnedPolicy(file);

describe('learnedPolicy', () => {
  it('weighs the arms that were replayed, and silence', () => {
    const { considered } = policy.weigh(evidence);
    expect(considered.map(({ arm, adapter }) => [arm, adapter])).toEqual([
      ['direct', null],
      ['both', 'grounded'],
      ['abstain', null],
    ]);
    const best = considered.toSorted((a, b) => b.value - a.value)[0];
    expect(best).toMatchObject({ arm: 'both', cost: 0.05 });
    expect(best?.pGood).toBeCloseTo(1 / (1 + Math.exp(-4)));
    expect((best?.pGood ?? 0) + (best?.pWrong ?? 0)).toBeLessThanOrEqual(1);
  });

  it('marks the arms whose answers could not be shown to keep the stated risk', () => {
    const marks = (language: 'ja' | 'en', risk: number) =>
      policy
        .weigh({ ...evidence, language, risk })
        .considered.filter(({ arm }) => arm !== 'abstain')
        .map(({ unbounded }) => unbounded);
    expect(marks('ja', 0.1)).toEqual([true, true]);
    expect(marks('en', 0.1)).toEqual([false, false]);
    expect(marks('en', 0.05)).toEqual([true, true]);
    expect(marks('ja', 0.5)).toEqual([false, false]);
  });

  it('corrects a chance for each language', () => {
    const pGood = (language: 'ja' | 'en') =>
      policy.weigh({ ...evidence, language }).considered[0]?.pGood ?? 0;
    expect(pGood('ja')).toBeCloseTo(1 / (1 + Math.exp(1)));
    expect(pGood('en')).toBeCloseTo(1 / (1 + Math.exp(2)));
  });

  it('weighs and gates an adapter that came later as the fallback does', () => {
    const late = { arm: 'both' as const, adapter: 'other', pGood: 0.9, pWrong: 0.1, cost: 0 };
    const known = { ...late, adapter: 'grounded' };
    const held = { passes: false, sure: null, wanted: null };
    const both = learnedPolicy(file, {
      version: 'rule',
      weigh: () => ({
        considered: [
          { ...late, value: 0.8 },
          { ...known, value: 0.8 },
        ],
        pAnswerable: 0,
        pGeneral: 0,
      }),
      gate: () => held,
    });
    const { considered } = both.weigh(evidence);
    expect(considered.filter(({ arm }) => arm === 'both')).toEqual([
      expect.objectContaining({ adapter: 'grounded', cost: 0.05 }),
      { ...late, value: 0.8 },
    ]);
    expect(both.gate({ ...evidence, ...late, readOut: 0.01 })).toBe(held);
  });

  it('lets no adapter that came later answer at a risk that nobody has shown it to keep', () => {
    const late = learnedPolicy(file, rulePolicy(DEFAULT_RULE));
    const read = { ...evidence, arm: 'both' as const, adapter: 'other', readOut: 0.01 };
    expect(late.gate(read).passes).toBe(true);
    for (const language of ['ja', 'en'] as const) {
      const gate = late.gate({ ...read, language, risk: 0.1 });
      expect(gate).toMatchObject({ passes: false, unbounded: true });
    }
  });

  it('does not read where nothing was found', () => {
    const { considered, pAnswerable } = policy.weigh({ ...evidence, hasPassages: false });
    expect(considered.map(({ arm }) => arm)).toEqual(['direct', 'abstain']);
    expect(pAnswerable).toBe(0);
  });

  it('answers when the read-out leaves it sure enough, and never where the risk was not kept', () => {
    const read = { ...evidence, arm: 'both' as const, adapter: 'grounded' };
    expect(policy.gate({ ...read, readOut: 0.01 }).passes).toBe(true);
    expect(policy.gate({ ...read, readOut: 0.99 }).passes).toBe(false);
    expect(policy.gate({ ...read, risk: 0.1, readOut: 0.01 }).passes).toBe(false);
    expect(policy.gate({ ...read, risk: 0.1, language: 'en', readOut: 0.01 }).passes).toBe(true);
  });

  it('does not take the bound of a looser risk for a stricter one', () => {
    const read = { ...evidence, arm: 'both' as const, adapter: 'grounded', readOut: 0.01 };
    const gate = (risk: number) => policy.gate({ ...read, language: 'en', risk });
    expect(gate(0.1).passes).toBe(true);
    expect(gate(0.01)).toMatchObject({ passes: false, wanted: null, unbounded: true });
  });

  it('holds a draft back that is sure enough, where silence is likelier right', () => {
    const read = { ...evidence, arm: 'both' as const, adapter: 'grounded', readOut: 0.3 };
    expect(policy.gate(read)).toMatchObject({ passes: true, wanted: 0.5 });
    const asksForAnother = features({ coverage: 1, number_mismatch: 1 });
    const held = policy.gate({ ...read, features: asksForAnother });
    expect(held.passes).toBe(false);
    expect(held.wanted).toBeGreaterThan(held.sure ?? 1);
  });

  it('lets an arm answer that was asked for by name and never replayed', () => {
    const read = { ...evidence, arm: 'both' as const, adapter: 'other', readOut: 0.99 };
    expect(policy.gate(read).passes).toBe(true);
  });

  it('takes the loosest learned risk that is not above the stated one, else the strictest', () => {
    expect([0.05, 0.1, 0.3, 0.5, 0.9].map((risk) => atRisk(file, risk).risk)).toEqual([
      0.1, 0.1, 0.1, 0.5, 0.5,
    ]);
  });
});

describe('fitToServed', () => {
  it('leaves out arms of other adapter versions, and is null for another chat model', () => {
    const served = { chatModel: 'model-1', adapters: { grounded: 'adapter-2' } };
    expect(Object.keys(fitToServed(file, served)?.risks[0]?.arms ?? {})).toEqual(['direct']);
    const same = { ...served, adapters: { grounded: 'adapter-1' } };
    expect(fitToServed(file, same)).toEqual(file);
    expect(fitToServed(file, { ...served, chatModel: 'model-2' })).toBeNull();
  });
});
