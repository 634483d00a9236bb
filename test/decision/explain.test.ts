import { describe, expect, it } from 'vitest';
import { decide } from '../../src/decision/decide.js';
import { OPEN_GATE } from '../../src/decision/policy.js';
import { rulePolicy } from '../../src/decision/rule.js';
import { DEFAULT_RULE } from '../../src/decision/default-rule.js';
import { evidenceOf, explainChoice, explainGate } from '../../src/decision/explain.js';
import { computeFeatures } from '../../src/decision/features.js';
import { probe, probeHit } from './probe.js';

const cases = {
  documents: probe(),
  weak: probe({
    question: 'What is the limit in Sapporo in 1999?',
    hits: [probeHit({ similarity: 0.77, keywordScore: 3, keywordRank: 6 })],
    questionTokens: ['limit', 'sapporo', '1999'],
  }),
  general: probe({
    questionTokens: ['thanks'],
    hits: [probeHit({ similarity: 0.75, keywordScore: null, keywordRank: null })],
    affinities: { general: 0.98, company: 0.8, adapters: { grounded: 0.7 } },
  }),
  nothing: probe({ hits: [] }),
};

describe('explainChoice', () => {
  for (const [name, example] of Object.entries(cases)) {
    for (const language of ['ja', 'en'] as const) {
      it(`states no number or adapter that is not in the evidence (${name}, ${language})`, () => {
        const choice = decide(
          {
            features: computeFeatures(example),
            language,
            adapters: [{ name: 'grounded', needsPassages: true }],
            hasPassages: example.hits.length > 0,
            risk: 0.5,
            mode: 'auto',
            adapter: null,
          },
          rulePolicy(DEFAULT_RULE),
        );
        const text = explainChoice(choice, language).join(' ');
        const known = new Set(
          Object.values(evidenceOf(choice))
            .filter((value) => typeof value === 'number')
            .map((value) => Math.round(value * 100)),
        );
        for (const [, number] of text.matchAll(/(\d+) %/gu)) {
          expect(known).toContain(Number(number));
        }
        expect(text.includes('grounded')).toBe(choice.adapter === 'grounded');
        expect(explainChoice(choice, language).length).toBeLessThanOrEqual(2);
      });
    }
  }

  it('says of silence that the stated risk could not be shown to be kept', () => {
    for (const language of ['ja', 'en'] as const) {
      const choice = decide(
        {
          features: computeFeatures(probe()),
          language,
          adapters: [],
          hasPassages: true,
          risk: 0.12,
          mode: 'auto',
          adapter: null,
        },
        rulePolicy(DEFAULT_RULE),
      );
      const gate = { ...OPEN_GATE, passes: false, unbounded: true };
      expect(explainChoice(choice, language)).toEqual([
        explainGate({ readOut: null, gate, risk: 0.12 }, language),
      ]);
      expect(evidenceOf(choice)['risk']).toBe(0.12);
    }
  });

  it('says when the way of answering was asked for', () => {
    const choice = decide(
      {
        features: computeFeatures(probe()),
        language: 'en',
        adapters: [],
        hasPassages: true,
        risk: 0.5,
        mode: 'direct',
        adapter: null,
      },
      rulePolicy(DEFAULT_RULE),
    );
    expect(explainChoice(choice, 'en').join(' ')).toContain('chosen by the request');
  });

  it('gives the chance of the withholding word as read', () => {
    const withheld = { readOut: 0.734, gate: { ...OPEN_GATE, passes: false }, risk: 0.5 };
    expect(explainGate(withheld, 'en')).toContain('73 %');
    expect(explainGate(withheld, 'ja')).toContain('73 %');
  });

  it('gives the sureness and what the stated risk asks for, or says that nothing was shown', () => {
    const gate = { passes: false, sure: 0.31, wanted: 0.62 };
    for (const language of ['ja', 'en'] as const) {
      const text = explainGate({ readOut: 0.2, gate, risk: 0.1 }, language);
      for (const number of ['31 %', '62 %', '10 %']) expect(text).toContain(number);
      const unbounded = explainGate(
        { readOut: 0.2, gate: { ...gate, wanted: null, unbounded: true }, risk: 0.1 },
        language,
      );
      expect(unbounded).toContain('10 %');
      expect(unbounded).not.toContain('31 %');
    }
  });
});
