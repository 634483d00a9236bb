import type { Answerer } from '../../src/answer/answerer.js';
import { KakehashiError, throwIfAborted } from '../../src/errors.js';
import { mediaTypeOf } from '../../src/media-types.js';
import type { AnswerResponse, Decision } from '../../src/schemas.js';

export const ANSWER_ID = '0b5a2f5e-6a8f-4a6e-9d0c-5b1f6d1f7a11';

const DECISION: Decision = {
  arm: 'retrieve',
  adapter: null,
  confidence: 0.9,
  reasons: ['The documents hold it.'],
  considered: [{ arm: 'retrieve', adapter: null, p_good: 0.9, cost: 0.1, value: 0.8 }],
  evidence: { coverage: 1, followUp: false },
};

export function answerResponse(text: string): AnswerResponse {
  return {
    id: ANSWER_ID,
    conversation_id: '3c0e7a34-6f3f-4f0f-8f39-0f6a0ed1b0aa',
    outcome: 'answered',
    answer: text,
    structured: null,
    language: 'en',
    citations: [],
    uncited: [],
    nearest: [],
    decision: DECISION,
    model: { name: 'fake.gguf', sha256: 'f'.repeat(64) },
    index: [{ corpus: 'handbook', version: 7 }],
    usage: { prompt_tokens: 10, cached_tokens: 4, completion_tokens: 3 },
    timings_ms: { queue: 0, embed: 1, search: 1, decide: 0, prefill: 1, generate: 1, total: 4 },
    disclaimer: null,
  };
}

export type Script = {
  /** Thrown before any event. */
  failEarly?: Error;
  /** Thrown after the first word. */
  failLate?: Error;
  words?: readonly string[];
  /** Before each word. */
  wordMs?: number;
  /** Before the first event. */
  startMs?: number;
  /** Files of documents, by id. */
  originals?: Readonly<Record<string, string>>;
  /** Thrown by every other method. */
  fail?: Error;
};

export type FakeAnswerer = Answerer & {
  /** Answers begun, and the signals they were given. */
  calls: { signal: AbortSignal | undefined }[];
  documents: { corpus: string; id: string; revision: string | null }[];
};

/** An answerer that follows a script; it notices an abort before every word. */
export function fakeAnswerer(script: Script = {}): FakeAnswerer {
  const calls: FakeAnswerer['calls'] = [];
  const documents: FakeAnswerer['documents'] = [];
  const words = script.words ?? ['Ten ', 'days ', '[1].'];
  const guard = () => {
    if (script.fail !== undefined) throw script.fail;
  };
  return {
    calls,
    documents,
    async answer(request, _principal, { signal, onEvent } = {}) {
      calls.push({ signal });
      await sleep(script.startMs ?? 0);
      if (script.failEarly !== undefined) throw script.failEarly;
      if (request.corpora?.includes('missing')) {
        throw new KakehashiError('corpus.not_found', 'There is no corpus "missing".');
      }
      onEvent?.({ event: 'decision', data: DECISION });
      onEvent?.({ event: 'passages', data: { passages: [] } });
      for (const text of words) {
        if (script.wordMs !== undefined) await sleep(script.wordMs);
        throwIfAborted(signal);
        onEvent?.({ event: 'delta', data: { text } });
        if (script.failLate !== undefined) throw script.failLate;
      }
      onEvent?.({ event: 'citations', data: { citations: [], uncited: [] } });
      return answerResponse(words.join(''));
    },
    async search() {
      guard();
      const result = {
        corpus: 'handbook',
        document_id: 'leave',
        passage_id: 'leave#1',
        title: 'Leave',
        section: '',
        text: 'Ten days.',
        start: 0,
        end: 9,
        revision: '0123456789abcdef',
        score: 1,
        legs: { dense: 0.9, keyword: null },
      };
      return { results: [result], index: [], timings_ms: { embed: 1, search: 1, total: 2 } };
    },
    async document(request) {
      guard();
      documents.push(request);
      if (request.id === 'missing') {
        throw new KakehashiError('document.not_found', 'There is no such document.');
      }
      return {
        corpus: request.corpus,
        id: request.id,
        revision: request.revision ?? '0123456789abcdef',
        title: 'Leave',
        language: 'en',
        updated: null,
        superseded_by: null,
        url: null,
        original: null,
        text: 'Ten days.',
        passages: [{ id: 'leave#1', section: '', start: 0, end: 9 }],
      };
    },
    async original(request) {
      guard();
      const file = script.originals?.[request.id];
      if (file === undefined) {
        throw new KakehashiError('document.not_found', 'There is no such file.');
      }
      return { file, mediaType: mediaTypeOf(request.id) ?? '', name: request.id };
    },
    async adapter(name) {
      guard();
      if (name === 'missing') {
        throw new KakehashiError('adapter.not_found', 'There is no such adapter in service.');
      }
      return {
        name,
        version: '1.0.0',
        sha256: 'a'.repeat(64),
        description: { ja: '読む', en: 'Reads' },
        licence: 'Apache-2.0',
        base: { name: 'fake.gguf', sha256: ['f'.repeat(64)] },
        needs_passages: true,
        access: [['group:everyone']],
        languages: ['en'],
        examples: { 'train en answer': 2 },
        documents: [],
        gates: null,
        history: [],
      };
    },
    async feedback() {
      guard();
    },
    async about() {
      guard();
      return {
        version: '0.1.0',
        model: { name: 'fake.gguf', sha256: 'f'.repeat(64) },
        gpu: false,
        corpora: [{ name: 'handbook', title: { ja: '手引き', en: 'Handbook' }, version: 7 }],
        adapters: [],
      };
    },
  };
}

export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
