import { describe, expect, it } from 'vitest';
import { type Choice, type DecideInput, decide } from '../../src/decision/decide.js';
import { OPEN_GATE, type Policy } from '../../src/decision/policy.js';
import { rulePolicy } from '../../src/decision/rule.js';
import { DEFAULT_RULE } from '../../src/decision/default-rule.js';
import {
  describeConsidered,
  evidenceOf,
  explainChoice,
  explainGate,
} from '../../src/decision/explain.js';
import { explore } from '../../src/decision/explore.js';
import { computeFeatures, type Probe } from '../../src/decision/features.js';
import { probe, probeHit } from './probe.js';

/** Takes the model alone for a question that is hardly general: the documents are worth less still. */
const prefersDirect: Policy = {
  ...rulePolicy(DEFAULT_RULE),
  weigh: () => ({
    considered: [
      { arm: 'direct', adapter: null, pGood: 0.41, pWrong: 0.2, cost: 0, value: 0.2 },
      { arm: 'both', adapter: 'grounded', pGood: 0.34, pWrong: 0.3, cost: 0, value: 0.1 },
      { arm: 'abstain', adapter: null, pGood: 0.2, pWrong: 0, cost: 0, value: 0 },
    ],
    pAnswerable: 0.3,
    pGeneral: 0.12,
  }),
};

const cases: Record<string, { asked?: Probe; policy?: Policy; risk?: number }> = {
  documents: {},
  weak: {
    asked: probe({
      question: 'What is the limit in Sapporo in 1999?',
      hits: [probeHit({ similarity: 0.77, keywordScore: 3, keywordRank: 6 })],
      questionTokens: ['limit', 'sapporo', '1999'],
    }),
  },
  general: {
    asked: probe({
      questionTokens: ['thanks'],
      hits: [probeHit({ similarity: 0.75, keywordScore: null, keywordRank: null })],
      affinities: { general: 0.98, company: 0.8, adapters: { grounded: 0.7 } },
    }),
  },
  nothing: { asked: probe({ hits: [] }) },
  compared: { policy: prefersDirect },
  unbounded: { risk: 0.12 },
};

function choose(
  language: 'ja' | 'en',
  { asked = probe(), policy = rulePolicy(DEFAULT_RULE), risk = 0.5 }: (typeof cases)[string] = {},
  mode: DecideInput['mode'] = 'auto',
): Choice {
  return decide(
    {
      features: computeFeatures(asked),
      language,
      adapters: [{ name: 'grounded', needsPassages: true }],
      hasPassages: asked.hits.length > 0,
      risk,
      mode,
      adapter: null,
    },
    policy,
  );
}

describe('explainChoice', () => {
  for (const [name, example] of Object.entries(cases)) {
    for (const language of ['ja', 'en'] as const) {
      it(`states no number or adapter that is not in the evidence (${name}, ${language})`, () => {
        const choice = choose(language, example);
        const text = explainChoice(choice, language).join(' ');
        const known = new Set(
          [
            ...Object.values(evidenceOf(choice)),
            ...describeConsidered(choice.considered).map(({ p_good }) => p_good),
          ]
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

  it('compares the chances where a question that is hardly general is answered without documents', () => {
    for (const language of ['ja', 'en'] as const) {
      const [found] = explainChoice(choose(language, { policy: prefersDirect }), language);
      for (const number of ['41 %', '34 %']) expect(found).toContain(number);
      expect(found).not.toContain('12 %');
    }
  });

  it('says of an arm that was drawn that it is taken as a trial', () => {
    const words = { ja: '試行', en: 'as a trial' };
    for (const language of ['ja', 'en'] as const) {
      const best = choose(language, { policy: prefersDirect });
      const { choice } = explore(best, { share: 1, random: () => 0.99 });
      expect(choice.arm).toBe('both');
      expect(explainChoice(choice, language).at(-1)).toContain(words[language]);
      expect(explainChoice(best, language).at(-1)).not.toContain(words[language]);
    }
  });

  it('says of silence that the stated risk could not be shown to be kept', () => {
    const gate = { ...OPEN_GATE, passes: false, unbounded: true };
    for (const language of ['ja', 'en'] as const) {
      const choice = choose(language, { risk: 0.12 });
      expect(explainChoice(choice, language)).toEqual([
        explainGate({ readOut: null, gate, risk: 0.12 }, language),
      ]);
      expect(evidenceOf(choice)['risk']).toBe(0.12);
    }
  });

  it('says when the way of answering was asked for', () => {
    const choice = choose('en', {}, 'direct');
    expect(explainChoice(choice, 'en').join(' ')).toContain('chosen by the request');
  });

  it('gives the chance of the withholding word as read', () => {
    const withheld = { readOut: 0.734, gate: { ...OPEN_GATE, passes: false }, risk: 0.5 };
    expect(explainGate(withheld, 'en')).toContain('73 %');
    expect(explainGate(withheld, 'ja')).toContain('73 %');
  });

  it('says of a draft without the figure asked for what was missing, not how sure the model was', () => {
    const withheld = { readOut: 0.05, gate: OPEN_GATE, risk: 0.5, lacksFigure: true };
    expect(explainGate(withheld, 'en')).toContain('states none');
    expect(explainGate(withheld, 'ja')).toContain('数がありません');
    expect(explainGate(withheld, 'en')).not.toMatch(/\d/u);
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
