import { AnswerResponse } from '../../src/schemas.js';

type Overrides = Partial<Omit<AnswerResponse, 'citations'>> & {
  citations?: { corpus?: string; document_id: string; verified: boolean }[];
};

/** A complete answer; a test overrides what it scores. */
export function response({ citations = [], ...overrides }: Overrides = {}): AnswerResponse {
  return AnswerResponse.parse({
    id: '00000000-0000-4000-8000-000000000001',
    conversation_id: '00000000-0000-4000-8000-000000000002',
    outcome: 'answered',
    answer: 'Yes.',
    language: 'en',
    citations: citations.map((citation) => ({
      marker: 1,
      corpus: 'handbook',
      title: 'Title',
      section: '',
      page: null,
      revision: '0123456789abcdef',
      quote: 'quote',
      start: 0,
      end: 5,
      ...citation,
    })),
    uncited: [],
    structured: null,
    nearest: [],
    decision: {
      arm: 'both',
      adapter: null,
      confidence: 0.8,
      reasons: [],
      considered: [],
      evidence: {},
    },
    model: { name: 'm.gguf', sha256: 'a'.repeat(64) },
    index: [],
    usage: { prompt_tokens: 10, cached_tokens: 0, completion_tokens: 3 },
    timings_ms: { queue: 0, embed: 1, search: 1, decide: 1, prefill: 5, generate: 5, total: 13 },
    disclaimer: null,
    ...overrides,
  });
}
