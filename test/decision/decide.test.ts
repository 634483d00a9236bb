import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DecideInput, decide, secondLook } from '../../src/decision/decide.js';
import { explore } from '../../src/decision/explore.js';
import { armKey, type Policy } from '../../src/decision/policy.js';
import { rulePolicy } from '../../src/decision/rule.js';
import { DEFAULT_RULE, defaultRuleFor } from '../../src/decision/default-rule.js';
import {
  computeFeatures,
  FEATURE_NAMES,
  type FeatureName,
  type Features,
} from '../../src/decision/features.js';
import { RuleModel } from '../../src/decision/rule-model.js';
import { probe, probeHit } from './probe.js';

const rule = rulePolicy(DEFAULT_RULE);
const grounded = { name: 'grounded', needsPassages: true };

function input(overrides: Partial<DecideInput> = {}): DecideInput {
  return {
    features: computeFeatures(probe()),
    language: 'en',
    adapters: [grounded],
    hasPassages: true,
    risk: 0.5,
    mode: 'auto',
    adapter: null,
    ...overrides,
  };
}

const anyFeatures: fc.Arbitrary<Features> = fc
  .tuple(
    ...FEATURE_NAMES.map((name) =>
      fc.double({ min: name === 'general_margin' ? -1 : 0, max: 1, noNaN: true }),
    ),
  )
  .map((values) => ({
    ...(Object.fromEntries(FEATURE_NAMES.map((name, i) => [name, values[i] ?? 0])) as Record<
      FeatureName,
      number
    >),
    adapterAffinity: { grounded: 0 },
  }));

describe('decide', () => {
  it('ships a default file of the shape that a trained file has', () => {
    expect(() => RuleModel.parse(DEFAULT_RULE)).not.toThrow();
  });

  it('claims no measured skill for a chat model that was not measured', () => {
    const other = RuleModel.parse(defaultRuleFor('some-other-model'));
    expect(other.version).not.toBe(DEFAULT_RULE.version);
    expect(other.skills.both).toEqual({});
    expect(decide(input({ adapters: [] }), rulePolicy(other)).arm).toBe('retrieve');
  });

  it('takes the arm of highest value and lists all of them best first', () => {
    fc.assert(
      fc.property(anyFeatures, fc.boolean(), fc.double({ min: 0.5, max: 0.9 }), (f, ja, risk) => {
        const choice = decide(input({ features: f, language: ja ? 'ja' : 'en', risk }), rule);
        const values = choice.considered.map(({ value }) => value);
        expect(values).toEqual([...values].sort((a, b) => b - a));
        expect(choice.arm).toBe(choice.considered[0]?.arm);
        expect(new Set(choice.considered.map(({ arm }) => arm)).size).toBe(5);
        for (const { pGood, pWrong } of choice.considered) {
          expect(pGood).toBeGreaterThanOrEqual(0);
          expect(pGood + pWrong).toBeLessThanOrEqual(1 + 1e-9);
        }
      }),
    );
  });

  it('reads with the adapter when the documents plainly hold the answer', () => {
    expect(decide(input(), rule)).toMatchObject({ arm: 'both', adapter: 'grounded' });
  });

  it('reads with the base model when no adapter may be used', () => {
    expect(decide(input({ adapters: [], risk: 0.6 }), rule).arm).toBe('retrieve');
  });

  it('answers small talk without documents', () => {
    const features = computeFeatures(
      probe({
        question: 'Thank you!',
        questionTokens: ['thank'],
        hits: [probeHit({ similarity: 0.76, keywordScore: null, keywordRank: null })],
        affinities: { general: 0.97, company: 0.8, adapters: { grounded: 0.95 } },
      }),
    );
    expect(['direct', 'adapter']).toContain(decide(input({ features }), rule).arm);
  });

  it('abstains when nothing speaks for an answer', () => {
    const features = computeFeatures(
      probe({
        question: 'Who won the Zandvoort derby in 1931?',
        questionTokens: ['won', 'zandvoort', 'derby', '1931'],
        hits: [
          probeHit({ similarity: 0.77, keywordScore: null, keywordRank: null }),
          probeHit({ documentId: 'a', similarity: 0.768, keywordScore: null, keywordRank: null }),
          probeHit({ documentId: 'b', similarity: null, denseRank: null, keywordScore: 2 }),
          probeHit({ documentId: 'c', similarity: null, denseRank: null, keywordScore: 1.9 }),
        ],
      }),
    );
    expect(decide(input({ features }), rule).arm).toBe('abstain');
  });

  it('never answers at a low risk what it withholds at a high one', () => {
    const arms = (risk: number) => (features: Features) =>
      decide(input({ features, risk }), rule).arm;
    const isOrdered = (features: Features) =>
      arms(0.9)(features) !== 'abstain' || arms(0.5)(features) === 'abstain';
    expect(fc.check(fc.property(anyFeatures, isOrdered)).failed).toBe(false);
  });

  it('does as it is told when a way of answering is named', () => {
    for (const mode of ['direct', 'retrieve', 'adapter', 'both'] as const) {
      const choice = decide(input({ mode }), rule);
      expect(choice).toMatchObject({ arm: mode, forced: true });
    }
  });

  it('is silent where no arm could be shown to keep the risk, and leaves what was forced to the gate', () => {
    const strict = decide(input({ risk: 0.3 }), rule);
    expect(strict).toMatchObject({ arm: 'abstain', unbounded: true });
    expect(strict.considered).toHaveLength(1);
    expect(decide(input({ risk: 0.5 }), rule)).toMatchObject({ arm: 'both', unbounded: false });
    const forced = decide(input({ risk: 0.3, mode: 'both' }), rule);
    expect(forced).toMatchObject({ arm: 'both', forced: true, unbounded: false });
  });

  it('leaves an arm that could not be shown to keep the risk to those that could', () => {
    const arm = { arm: 'both' as const, pGood: 0.8, pWrong: 0, cost: 0 };
    const policy: Policy = {
      ...rule,
      weigh: () => ({
        considered: [
          { ...arm, adapter: 'late', value: 0.9, unbounded: true },
          { ...arm, adapter: 'grounded', value: 0.8 },
          { ...arm, arm: 'abstain', adapter: null, value: 0 },
        ],
        pAnswerable: 0.8,
        pGeneral: 0.1,
      }),
    };
    expect(decide(input({ risk: 0.2 }), policy)).toMatchObject({ adapter: 'grounded' });
    const named = decide(input({ risk: 0.2, adapter: 'late' }), policy);
    expect(named).toMatchObject({ arm: 'abstain', unbounded: true });
  });

  it('stays with the adapter that is named, whatever is drawn or withheld', () => {
    const adapters = [grounded, { name: 'triage', needsPassages: false }];
    const choice = decide(input({ adapters, adapter: 'triage' }), rule);
    const keys = choice.considered.map(armKey);
    expect(keys.toSorted()).toEqual(['abstain', 'adapter:triage', 'both:triage']);
    expect(armKey(choice)).toBe(keys[0]);
    const { choice: drawn } = explore(choice, { share: 1, random: () => 0.99 });
    expect(drawn.adapter).toBe('triage');
    expect(secondLook(choice)?.adapter ?? 'triage').toBe('triage');
  });

  it('abstains when told to read and there is nothing to read', () => {
    const choice = decide(input({ mode: 'retrieve', hasPassages: false }), rule);
    expect(choice).toMatchObject({ arm: 'abstain', forced: false });
  });
});

describe('the last gate of the rule', () => {
  it('withholds an arm that reads when the model expects the withholding word', () => {
    const { features, language, risk } = input();
    const read = { features, language, risk, arm: 'both', adapter: 'grounded' } as const;
    expect(rule.gate({ ...read, readOut: 0.99 }).passes).toBe(false);
    expect(rule.gate({ ...read, readOut: 0.01 }).passes).toBe(true);
    expect(rule.gate({ ...read, arm: 'direct', adapter: null, readOut: null }).passes).toBe(true);
  });

  it('answers nothing below a risk of a half, which nobody has shown it to keep', () => {
    const { features, language } = input();
    const read = { features, language, arm: 'both', adapter: 'grounded', readOut: 0.01 } as const;
    expect(rule.gate({ ...read, risk: 0.49 })).toMatchObject({ passes: false, unbounded: true });
    const direct = { ...read, arm: 'direct', adapter: null, readOut: null } as const;
    expect(rule.gate({ ...direct, risk: 0.3 })).toMatchObject({ passes: false, unbounded: true });
    expect(rule.gate({ ...read, risk: 0.5 }).passes).toBe(true);
  });
});

describe('secondLook', () => {
  const arm = (name: 'direct' | 'both' | 'retrieve' | 'abstain', value: number) => ({
    arm: name,
    adapter: name === 'both' ? 'grounded' : null,
    pGood: 0.5,
    pWrong: 0,
    cost: 0,
    value,
  });
  const choice = (...values: ReturnType<typeof arm>[]) => ({
    ...decide(input(), rule),
    arm: values[0]?.arm ?? 'abstain',
    forced: false,
    considered: values,
  });

  it('does not read the same passages again', () => {
    const best = [arm('both', 0.9), arm('retrieve', 0.8), arm('direct', 0.3), arm('abstain', 0.1)];
    expect(secondLook(choice(...best))?.arm).toBe('direct');
  });

  it('prefers silence to an arm that is worth less', () => {
    expect(
      secondLook(choice(arm('both', 0.9), arm('abstain', 0.2), arm('direct', 0.1))),
    ).toBeNull();
  });

  it('does not leave a way that was asked for', () => {
    const best = choice(arm('both', 0.9), arm('direct', 0.3), arm('abstain', 0.1));
    expect(secondLook({ ...best, forced: true })).toBeNull();
  });
});
