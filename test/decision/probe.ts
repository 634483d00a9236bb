import type { Probe, ProbeHit } from '../../src/decision/features.js';

/** A hit as both legs found it; a test overrides what it is about. */
export function probeHit(overrides: Partial<ProbeHit> = {}): ProbeHit {
  const text = overrides.text ?? 'Travel expenses › Hotels\nThe limit in Osaka is 11,000 yen.';
  return {
    documentId: 'handbook/travel',
    similarity: 0.88,
    denseRank: 1,
    keywordScore: 14,
    keywordRank: 1,
    tokens: new Set(text.toLowerCase().split(/\W+/u)),
    text,
    ...overrides,
  };
}

export function probe(overrides: Partial<Probe> = {}): Probe {
  return {
    question: 'What is the hotel limit in Osaka?',
    language: 'en',
    followUp: false,
    questionEmbedding: new Float32Array(4),
    questionTokens: ['hotel', 'limit', 'osaka'],
    hits: [probeHit()],
    affinities: { general: 0.8, company: 0.86, adapters: { grounded: 0.8 } },
    passages: 4,
    ...overrides,
  };
}
