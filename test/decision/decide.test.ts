import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DecideInput, decide, passesGate } from '../../src/decision/decide.js';
import { DEFAULT_MODEL, defaultModelFor } from '../../src/decision/default-model.js';
import {
  computeFeatures,
  FEATURE_NAMES,
  type FeatureName,
  type Features,
} from '../../src/decision/features.js';
import { DecisionModel } from '../../src/decision/model.js';
import { probe, probeHit } from './probe.js';

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
    expect(() => DecisionModel.parse(DEFAULT_MODEL)).not.toThrow();
  });

  it('claims no measured skill for a chat model that was not measured', () => {
    const other = DecisionModel.parse(defaultModelFor('some-other-model'));
    expect(other.version).not.toBe(DEFAULT_MODEL.version);
    expect(other.skills.both).toEqual({});
    expect(decide(input({ adapters: [] }), other).arm).toBe('retrieve');
  });

  it('takes the arm of highest value and lists all of them best first', () => {
    fc.assert(
      fc.property(anyFeatures, fc.boolean(), fc.double({ min: 0.05, max: 0.9 }), (f, ja, risk) => {
        const choice = decide(
          input({ features: f, language: ja ? 'ja' : 'en', risk }),
          DEFAULT_MODEL,
        );
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
    expect(decide(input(), DEFAULT_MODEL)).toMatchObject({ arm: 'both', adapter: 'grounded' });
  });

  it('reads with the base model when no adapter may be used', () => {
    expect(decide(input({ adapters: [], risk: 0.6 }), DEFAULT_MODEL).arm).toBe('retrieve');
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
    expect(['direct', 'adapter']).toContain(decide(input({ features }), DEFAULT_MODEL).arm);
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
    expect(decide(input({ features }), DEFAULT_MODEL).arm).toBe('abstain');
  });

  it('never answers at a low risk what it withholds at a high one', () => {
    const arms = (risk: number) => (features: Features) =>
      decide(input({ features, risk }), DEFAULT_MODEL).arm;
    const isOrdered = (features: Features) =>
      arms(0.6)(features) !== 'abstain' || arms(0.1)(features) === 'abstain';
    expect(fc.check(fc.property(anyFeatures, isOrdered)).failed).toBe(false);
  });

  it('does as it is told when a way of answering is named', () => {
    for (const mode of ['direct', 'retrieve', 'adapter', 'both'] as const) {
      const choice = decide(input({ mode }), DEFAULT_MODEL);
      expect(choice).toMatchObject({ arm: mode, forced: true });
    }
  });

  it('abstains when told to read and there is nothing to read', () => {
    const choice = decide(input({ mode: 'retrieve', hasPassages: false }), DEFAULT_MODEL);
    expect(choice).toMatchObject({ arm: 'abstain', forced: false });
  });
});

describe('passesGate', () => {
  it('withholds an arm that reads when the model expects the withholding word', () => {
    const both = { arm: 'both', adapter: 'grounded' } as const;
    expect(passesGate(both, 0.99, 'ja', DEFAULT_MODEL)).toBe(false);
    expect(passesGate(both, 0.01, 'en', DEFAULT_MODEL)).toBe(true);
    expect(passesGate({ arm: 'direct', adapter: null }, 0.99, 'en', DEFAULT_MODEL)).toBe(true);
  });
});
