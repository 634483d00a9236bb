import { sentenceSpans } from '../../src/ingest/sentences.js';
import type { Hit } from '../../src/retrieval/search.js';

/** A passage as search returns it; a test overrides what it is about. */
export function hit(overrides: Partial<Hit> = {}): Hit {
  const text = overrides.text ?? 'The limit for a hotel in Osaka is 11,000 yen a night.';
  return {
    id: 'travel#1',
    documentId: 'travel',
    revision: '0123456789abcdef',
    title: 'Travel expenses',
    section: 'Hotels',
    context: '',
    text,
    start: 100,
    end: 100 + text.length,
    position: 0,
    page: null,
    language: 'en',
    access: ['group:everyone'],
    updated: '2025-04-01',
    supersededBy: null,
    disclaimer: 'none',
    corpus: 'handbook',
    score: 0.03,
    legs: { dense: { rank: 1, similarity: 0.88 }, keyword: { rank: 1, score: 14 } },
    ...overrides,
  };
}

const STOP_WORDS = new Set('what is the a an of in for and it how who do does i are to'.split(' '));

/** Words and Japanese bigrams: enough for tests that are not about tokens. */
export function simpleTokens(text: string): string[] {
  const folded = text.normalize('NFKC').toLowerCase();
  const words = folded.match(/[a-z0-9]+(?:,\d{3})*/gu) ?? [];
  const japanese = folded.match(/[\p{Script=Han}\p{Script=Katakana}]{2}/gu) ?? [];
  return [...words.filter((word) => !STOP_WORDS.has(word)), ...japanese];
}

export const text = {
  sentences: sentenceSpans,
  tokens: simpleTokens,
  contentTokens: simpleTokens,
};
