/** The engine and the embedder in the parent process; the models live in children. */
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromPlainError, KakehashiError } from '../errors.js';
import type { Embedder, Engine } from './engine.js';
import { asUnavailable, quarantinedError } from './engine-errors.js';
import type { JobMessage } from './jobs.js';
import { DEFAULT_RESTART_POLICY, type RestartPolicy } from './restart-policy.js';
import { createSupervisor, type EngineLog, type Supervisor } from './supervisor.js';

type ChildOptions = {
  modelPath: string;
  /** Checked against the file before the first load. */
  modelSha256: string;
  threads: number;
  /** Whether a graphics processor is used when there is one. Defaults to true. */
  gpu?: boolean;
  /** Requests that may wait besides those being served. */
  queueLimit: number;
  /** Compiled worker. Defaults to the `worker.js` beside this file. */
  workerFile?: string;
  /**
   * A child that has work, reports nothing and computes nothing for so long is killed; one that
   * computes, after 8 times as long. Defaults to 15 s.
   */
  stallLimitMs?: number;
  /** Longest time without a step of loading. Defaults to 120 s. */
  loadLimitMs?: number;
  /** Time a child gets to end by itself on close. Defaults to 2 s. */
  closeLimitMs?: number;
  restart?: RestartPolicy;
  /** The child's whole environment, e.g. the library path of a graphics driver. Defaults to {}. */
  env?: Readonly<Record<string, string>>;
  log?: EngineLog;
};

export type LlamaEngineOptions = ChildOptions & {
  adapters: readonly { name: string; path: string; sha256: string }[];
  contextTokens: number;
  /** Answers written at once on the base model. */
  sequences: number;
  /** Answers written at once per adapter. Defaults to `sequences`. */
  adapterSequences?: number;
  /**
   * Tokens of one evaluation. Defaults to 128: with a vocabulary of 152k the compute buffer of
   * each context is 75 MB at 128 and 298 MB at 512, measured on Qwen2.5 0.5B.
   */
  batchTokens?: number;
};

export type LlamaEmbedderOptions = ChildOptions & {
  /** Put before every text of that kind, e.g. 'query: '. */
  prefixes: { query: string; passage: string };
  /**
   * Longest input plus 1, at most what the model was trained for. Defaults to 512. The native
   * library keeps 4 bytes per token and vocabulary entry: with the 250k of multilingual-e5 the
   * process has 0.76 GB of its own after an input of 400 tokens, 0.36 GB before.
   */
  contextTokens?: number;
};

/** A child's process id, null while there is none; for tests and diagnosis. */
export type WithPid = { pid(): number | null };

export function createLlamaEngine(options: LlamaEngineOptions): Engine & WithPid {
  const contexts = 1 + options.adapters.length;
  const supervisor = supervise(options, contexts, ({ first, quarantined }) => ({
    role: 'chat',
    model: { path: options.modelPath, sha256: options.modelSha256 },
    verifyModel: first,
    adapters: options.adapters.filter(({ name }) => !quarantined.has(name)),
    contextTokens: options.contextTokens,
    sequences: options.sequences,
    adapterSequences: options.adapterSequences ?? options.sequences,
    batchTokens: options.batchTokens ?? 128,
    queueLimit: options.queueLimit,
    threads: options.threads,
    gpu: options.gpu ?? true,
  }));
  const known = new Set(options.adapters.map(({ name }) => name));

  /** Why a known adapter cannot be used now, if so. */
  function adapterRefusal(adapter: string): KakehashiError | null {
    if (!known.has(adapter)) return adapterNotFound(adapter);
    if (supervisor.quarantined().has(adapter)) return quarantinedError(adapter);
    const info = supervisor.info();
    const rejected = info?.role === 'chat' ? info.rejected : [];
    const entry = rejected.find((candidate) => candidate.adapter === adapter);
    return entry === undefined ? null : fromPlainError(entry.error);
  }

  return {
    state: () => supervisor.state(),
    pid: () => supervisor.pid(),
    async ready({ signal } = {}) {
      const info = await supervisor.ready(signal);
      if (info.role !== 'chat') throw mixedUp();
      return {
        model: { name: basename(options.modelPath), sha256: options.modelSha256 },
        contextTokens: options.contextTokens,
        adapters: info.adapters,
        gpu: info.gpu,
        threads: options.threads,
      };
    },
    async countTokens(messages, { signal } = {}) {
      const job = { type: 'count_chat' as const, messages: [...messages] };
      const { counts } = await called(supervisor.call({ job, signal }), 'counted');
      return counts[0] ?? 0;
    },
    async generate(request, { signal, onText } = {}) {
      const { adapter, afterPrefill } = request;
      const refusal = adapter === null ? null : adapterRefusal(adapter);
      if (refusal !== null) throw refusal;
      const answer = supervisor.call({
        job: {
          type: 'generate',
          messages: [...request.messages],
          adapter,
          maxTokens: request.maxTokens,
          temperature: request.temperature ?? 0,
          options: [...(request.options ?? [])],
          answers: [...(request.answers ?? [])],
          answerSchema: request.answerSchema ?? null,
          gated: afterPrefill !== undefined,
        },
        signal,
        onMessage: (message) => {
          if (message.type === 'text') onText?.(message.text);
          if (message.type !== 'prefilled' || afterPrefill === undefined) return;
          const { type: _type, id, ...report } = message;
          supervisor.resume(id, afterPrefill(report) === 'continue');
        },
      });
      const { type: _type, id: _id, ...generation } = await called(answer, 'generated');
      return generation;
    },
    close: () => supervisor.close(),
  };
}

export function createLlamaEmbedder(options: LlamaEmbedderOptions): Embedder & WithPid {
  const supervisor = supervise(options, 1, ({ first }) => ({
    role: 'embed',
    model: { path: options.modelPath, sha256: options.modelSha256 },
    verifyModel: first,
    prefixes: options.prefixes,
    contextTokens: options.contextTokens ?? 512,
    queueLimit: options.queueLimit,
    threads: options.threads,
    gpu: options.gpu ?? true,
  }));

  return {
    state: () => supervisor.state(),
    pid: () => supervisor.pid(),
    async ready({ signal } = {}) {
      const info = await supervisor.ready(signal);
      if (info.role !== 'embed') throw mixedUp();
      return {
        model: { name: basename(options.modelPath), sha256: options.modelSha256 },
        dimensions: info.dimensions,
        maxTokens: info.maxTokens,
      };
    },
    async embed(texts, kind, { signal } = {}) {
      if (texts.length === 0) return [];
      const job = { type: 'embed' as const, texts: [...texts], kind };
      const { vectors, dimensions } = await called(supervisor.call({ job, signal }), 'embedded');
      return texts.map((_, index) => vectors.slice(index * dimensions, (index + 1) * dimensions));
    },
    async countTokens(texts, { signal } = {}) {
      const job = { type: 'count_texts' as const, texts: [...texts] };
      return (await called(supervisor.call({ job, signal }), 'counted')).counts;
    },
    close: () => supervisor.close(),
  };
}

function supervise(
  options: ChildOptions,
  contexts: number,
  configure: Parameters<typeof createSupervisor>[0]['configure'],
): Supervisor {
  return createSupervisor({
    workerFile: options.workerFile ?? fileURLToPath(new URL('./worker.js', import.meta.url)),
    env: options.env ?? {},
    threadPoolSize: contexts + 4,
    configure,
    queueLimit: options.queueLimit,
    stallLimitMs: options.stallLimitMs ?? 15_000,
    loadLimitMs: options.loadLimitMs ?? 120_000,
    closeLimitMs: options.closeLimitMs ?? 2000,
    restart: options.restart ?? DEFAULT_RESTART_POLICY,
    log: options.log ?? (() => undefined),
  });
}

/** The job's last message, with what stops every request under the one code callers expect. */
async function called<Type extends JobMessage['type']>(
  answer: Promise<JobMessage>,
  type: Type,
): Promise<Extract<JobMessage, { type: Type }>> {
  const message = await answer.catch((error: unknown) => {
    throw asUnavailable(error);
  });
  if (message.type !== type) throw mixedUp();
  return message as Extract<JobMessage, { type: Type }>;
}

function mixedUp(): KakehashiError {
  return new KakehashiError('internal', 'The engine process answered something else.');
}

function adapterNotFound(name: string): KakehashiError {
  return new KakehashiError('adapter.not_found', `There is no adapter ${name} in the engine.`, {
    remedy: 'List the loaded ones with `kakehashi adapters list`.',
    detail: { adapter: name },
  });
}
