import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeFeatures, FEATURE_NAMES, type ProbeHit } from '../../src/decision/features.js';
import { probe, probeHit } from './probe.js';

const anyHit: fc.Arbitrary<ProbeHit> = fc.record({
  documentId: fc.constantFrom('a', 'b', 'c', 'd'),
  similarity: fc.option(fc.double({ min: -1, max: 1, noNaN: true })),
  denseRank: fc.option(fc.integer({ min: 1, max: 50 })),
  keywordScore: fc.option(fc.double({ min: 0, max: 80, noNaN: true })),
  keywordRank: fc.option(fc.integer({ min: 1, max: 50 })),
  tokens: fc.array(fc.constantFrom('hotel', 'limit', 'osaka', '規程')).map((all) => new Set(all)),
  text: fc.string(),
});

describe('computeFeatures', () => {
  it('keeps every feature finite and within its bounds whatever the probe', () => {
    fc.assert(
      fc.property(
        fc.array(anyHit, { maxLength: 10 }),
        fc.string({ unit: 'binary', maxLength: 80 }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        (hits, question, general, company) => {
          const features = computeFeatures(
            probe({ hits, question, affinities: { general, company, adapters: { a: general } } }),
          );
          for (const name of FEATURE_NAMES) {
            expect(features[name]).toBeGreaterThanOrEqual(name === 'general_margin' ? -1 : 0);
            expect(features[name]).toBeLessThanOrEqual(1);
          }
          expect(Math.abs(features.adapterAffinity['a'] ?? 9)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it('finds no support when nothing was found', () => {
    const features = computeFeatures(probe({ hits: [] }));
    expect(features.dense_top).toBe(0);
    expect(features.keyword_top).toBe(0);
    expect(features.coverage).toBe(0);
    expect(features.leg_agreement).toBe(0);
  });

  it('counts the question tokens that stand in the passages shown, not in those beyond', () => {
    const near = probeHit({ tokens: new Set(['hotel']), text: 'hotel' });
    const far = probeHit({ tokens: new Set(['limit', 'osaka']), text: 'limit osaka' });
    expect(computeFeatures(probe({ hits: [near, far], passages: 1 })).coverage).toBeCloseTo(1 / 3);
    expect(computeFeatures(probe({ hits: [near, far], passages: 2 })).coverage).toBe(1);
    expect(computeFeatures(probe({ hits: [near, far], passages: 2 })).coverage_best).toBeCloseTo(
      2 / 3,
    );
  });

  it('sees a number that no passage mentions, and forgives thousands commas', () => {
    const asks = (question: string) => computeFeatures(probe({ question })).number_mismatch;
    expect(asks('Is the limit 11000 yen?')).toBe(0);
    expect(asks('Is the limit 12,000 yen?')).toBe(1);
  });

  it('sees a name that no passage mentions', () => {
    const asks = (question: string) => computeFeatures(probe({ question })).name_mismatch;
    expect(asks('What is the limit in Osaka?')).toBe(0);
    expect(asks('What is the limit in Sapporo?')).toBe(1);
  });

  it('measures the lead over the next document, not over the next passage of the same one', () => {
    const first = probeHit({ similarity: 0.9 });
    const same = probeHit({ similarity: 0.899, denseRank: 2 });
    const other = probeHit({ similarity: 0.875, denseRank: 3, documentId: 'handbook/other' });
    const margin = computeFeatures(probe({ hits: [first, same, other] })).dense_margin;
    expect(margin).toBeCloseTo(0.5);
  });

  it('reads agreement from the documents of both legs', () => {
    const both = probeHit({ documentId: 'a' });
    const denseOnly = probeHit({ documentId: 'b', keywordScore: null, keywordRank: null });
    const keywordOnly = probeHit({ documentId: 'c', similarity: null, denseRank: null });
    expect(computeFeatures(probe({ hits: [both] })).leg_agreement).toBe(1);
    expect(computeFeatures(probe({ hits: [both, denseOnly, keywordOnly] })).leg_agreement).toBe(
      0.5,
    );
    expect(computeFeatures(probe({ hits: [denseOnly, keywordOnly] })).top_agreement).toBe(0);
  });
});
