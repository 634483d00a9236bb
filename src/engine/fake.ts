/** Engines without a model, for tests of everything above them: same contract, same results always. */
import { setTimeout as sleep } from 'node:timers/promises';
import { abortError, KakehashiError, throwIfAborted } from '../errors.js';
import type { Embedder, Engine, EngineState, GenerateRequest, StopReason } from './engine.js';
import { closedError, crashedError } from './engine-errors.js';
import { createLeaseQueue } from './leases.js';

export type FakeAnswer = {
  text: string;
  /** Same order as the request's options. Defaults to 0.01 each. */
  optionProbabilities?: readonly number[];
  /** Same order as the request's answers. Defaults to -1 each. */
  answerLogProbabilities?: readonly number[];
  stopReason?: StopReason;
};

export type FakeEngineScript = {
  /** What to say; a thrown error is the answer's error. Defaults to the last message in capitals. */
  answer?: (request: GenerateRequest) => string | FakeAnswer;
  /** Defaults to none. */
  adapters?: readonly string[];
  /** Defaults to 4096. */
  contextTokens?: number;
  /** Answers at once. Defaults to 4. */
  sequences?: number;
  /** Defaults to 16. */
  queueLimit?: number;
  /** Pause before each token. Defaults to 0. */
  tokenDelayMs?: number;
};

export type FakeEngine = Engine & {
  /** All requests so far, in order. */
  requests: readonly GenerateRequest[];
  /** Ends every answer under way as the death of a child would. */
  crash(): void;
};

/** Words, single Japanese characters and single marks. */
function fakeTokens(text: string): string[] {
  return text.match(/[\p{Script=Latin}\p{Number}]+\s*|\P{Mark}\p{Mark}*/gu) ?? [];
}

export function createFakeEngine(script: FakeEngineScript = {}): FakeEngine {
  const contextTokens = script.contextTokens ?? 4096;
  const adapters = script.adapters ?? [];
  const requests: GenerateRequest[] = [];
  const caches = new Map<string | null, readonly string[]>();
  const leases = createLeaseQueue({
    slots: Array.from({ length: script.sequences ?? 4 }, (_, index) => index),
    queueLimit: script.queueLimit ?? 16,
  });
  let state: EngineState = 'ready';
  let dying = new AbortController();

  const requireOpen = (): void => {
    if (state === 'closed') throw closedError();
  };
  const promptTokens = (messages: GenerateRequest['messages']): string[] =>
    messages.flatMap(({ role, content }) => [role, ...fakeTokens(content)]);

  function cached(adapter: string | null, tokens: readonly string[]): number {
    const before = caches.get(adapter) ?? [];
    caches.set(adapter, tokens);
    const different = tokens.findIndex((token, index) => before[index] !== token);
    return Math.min(different < 0 ? tokens.length : different, tokens.length - 1);
  }

  function requireRequest(request: GenerateRequest, tokens: number): void {
    if (request.adapter !== null && !adapters.includes(request.adapter)) {
      throw new KakehashiError('adapter.not_found', 'There is no such adapter in the engine.');
    }
    if (tokens + request.maxTokens <= contextTokens) return;
    throw new KakehashiError('engine.prompt_too_long', 'The prompt is too long.', {
      detail: { promptTokens: tokens, maxTokens: request.maxTokens, contextTokens },
    });
  }

  return {
    requests,
    state: () => state,
    crash() {
      const dead = dying;
      dying = new AbortController();
      dead.abort(crashedError('fake', null));
    },
    async ready({ signal } = {}) {
      throwIfAborted(signal);
      requireOpen();
      return {
        model: { name: 'fake', sha256: '0'.repeat(64) },
        contextTokens,
        adapters,
        gpu: false,
        threads: 1,
      };
    },
    async countTokens(messages, { signal } = {}) {
      throwIfAborted(signal);
      requireOpen();
      return promptTokens(messages).length;
    },
    async generate(request, { signal, onText } = {}) {
      throwIfAborted(signal);
      requireOpen();
      const tokens = promptTokens(request.messages);
      requireRequest(request, tokens.length);
      requests.push(request);
      const start = performance.now();
      const stop = AbortSignal.any([dying.signal, ...(signal === undefined ? [] : [signal])]);
      const lease = await leases.acquire(() => 0, stop);
      try {
        const queue = performance.now() - start;
        const said =
          script.answer?.(request) ?? request.messages.at(-1)?.content.toUpperCase() ?? '';
        const answer: FakeAnswer = typeof said === 'string' ? { text: said } : said;
        const report = {
          promptTokens: tokens.length,
          cachedTokens: cached(request.adapter, tokens),
          optionProbabilities:
            answer.optionProbabilities ?? (request.options ?? []).map(() => 0.01),
          answerLogProbabilities:
            answer.answerLogProbabilities ?? (request.answers ?? []).map(() => -1),
        };
        const timingsMs = { queue, prefill: 0, generate: 0 };
        await sleep(0);
        if (stop.aborted) throw abortError(stop);
        if (request.afterPrefill?.(report) === 'stop') {
          return { ...report, text: '', completionTokens: 0, stopReason: 'gated', timingsMs };
        }
        const words = fakeTokens(answer.text);
        const spoken = words.slice(0, request.maxTokens);
        for (const word of spoken) {
          await sleep(script.tokenDelayMs ?? 0);
          if (stop.aborted) throw abortError(stop);
          onText?.(word);
        }
        const cut = spoken.length < words.length;
        return {
          ...report,
          text: spoken.join(''),
          completionTokens: spoken.length,
          stopReason: cut ? 'max_tokens' : (answer.stopReason ?? 'end'),
          timingsMs: { ...timingsMs, generate: performance.now() - start - queue },
        };
      } finally {
        lease.release();
      }
    },
    async close() {
      state = 'closed';
      dying.abort(closedError());
    },
  };
}

/**
 * Vectors from hashed words and Japanese character pairs: texts that share them are near, others
 * nearly at right angles.
 */
export function createFakeEmbedder(dimensions = 64, maxTokens = 511): Embedder {
  let state: EngineState = 'ready';
  const begin = (signal: AbortSignal | undefined): void => {
    throwIfAborted(signal);
    if (state === 'closed') throw closedError();
  };
  const countTokens = (text: string): number => fakeTokens(text.normalize('NFKC')).length + 2;

  function embedOne(text: string, index: number): Float32Array {
    const clean = text.normalize('NFKC').toLowerCase();
    if (clean.trim() === '') {
      throw new KakehashiError('request.invalid', 'A text to embed is empty.', {
        detail: { index },
      });
    }
    const tokens = countTokens(text);
    if (tokens > maxTokens) {
      throw new KakehashiError('engine.prompt_too_long', 'A text to embed is too long.', {
        detail: { index, tokens, maxTokens },
      });
    }
    const vector = new Float32Array(dimensions);
    for (const feature of features(clean)) {
      const hash = fnv1a(feature);
      const at = hash % dimensions;
      vector[at] = (vector[at] ?? 0) + ((hash >>> 16) % 2 === 0 ? 1 : -1);
    }
    let norm = Math.hypot(...vector);
    if (norm === 0) {
      vector[fnv1a(clean) % dimensions] = 1;
      norm = 1;
    }
    return vector.map((value) => value / norm);
  }

  return {
    state: () => state,
    async ready({ signal } = {}) {
      begin(signal);
      return { model: { name: 'fake', sha256: '0'.repeat(64) }, dimensions, maxTokens };
    },
    async embed(texts, _kind, { signal } = {}) {
      begin(signal);
      return texts.map(embedOne);
    },
    async countTokens(texts, { signal } = {}) {
      begin(signal);
      return texts.map(countTokens);
    },
    async close() {
      state = 'closed';
    },
  };
}

function features(text: string): string[] {
  const words = text.match(/[a-z0-9]+/gu) ?? [];
  const runs = text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]+/gu) ?? [];
  const pairs = runs.flatMap((run) => {
    const characters = Array.from(run);
    return characters.map((character, index) => character + (characters[index + 1] ?? ''));
  });
  return [...words, ...pairs];
}

/** FNV-1a, 32 bit. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}
