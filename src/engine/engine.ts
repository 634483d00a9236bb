/**
 * The engine: everything the service asks of a language model, whoever runs it. Implementations:
 * the llama child process (`host.ts`), a fake for tests (`fake.ts`); a remote server may follow.
 * All of them pass one contract suite, `test/engine/contract.ts`.
 */

export type ChatMessage = {
  role: 'system' | 'user' | 'assistant';
  content: string;
};

/** `failed`: it cannot be loaded and will not be tried again (no binary, wrong file). */
export type EngineState = 'loading' | 'ready' | 'restarting' | 'failed' | 'closed';

export type EngineInfo = {
  /** File name without folder, and the checksum the file was verified against. */
  model: { name: string; sha256: string };
  /** Tokens one sequence holds: prompt and answer together. */
  contextTokens: number;
  adapters: readonly string[];
  /** `false` on CPU, otherwise the backend and how many of the layers it took. */
  gpu: false | { backend: string; layers: number; totalLayers: number };
  threads: number;
};

/** What is known when the prompt has been read and before the first word is chosen. */
export type PrefillReport = {
  promptTokens: number;
  /** Of `promptTokens`, those found in the key-value cache and not evaluated again. */
  cachedTokens: number;
  /** Probability (0..1, full softmax) of the first token of each requested option, same order. */
  optionProbabilities: readonly number[];
  /** Natural logarithm of the probability of each requested answer, same order; at least -1000. */
  answerLogProbabilities: readonly number[];
};

/** A JSON schema; the engine checks that it can make a grammar of it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export type StopReason = 'end' | 'max_tokens' | 'repetition' | 'gated';

export type GenerateRequest = {
  messages: readonly ChatMessage[];
  /** Name of an adapter given at start, or null for the base model. */
  adapter: string | null;
  maxTokens: number;
  /** 0 is greedy. Defaults to 0. */
  temperature?: number;
  /**
   * Words whose first-token probability is read at the first answer position. Defaults to none. An
   * answer that goes on after `afterPrefill` does not open with any of them: the probability
   * decides, not whether it happened to be the highest.
   */
  options?: readonly string[];
  /** Whole answers whose probability is read after the prompt, to compare them. Defaults to none. */
  answers?: readonly string[];
  /**
   * JSON schema (draft 2020-12, as far as a grammar can hold it) of the answer: only text that fits
   * is generated. It can still be cut by `maxTokens`. Not together with `options` or `answers`.
   */
  answerSchema?: JsonSchema | undefined;
  /**
   * Called once after prefill; returning 'stop' ends with `gated` before any word is generated.
   * It runs in the parent on the report alone and must be quick.
   */
  afterPrefill?: (report: PrefillReport) => 'continue' | 'stop';
};

export type GenerateOptions = {
  signal?: AbortSignal | undefined;
  /** Called with each new piece of text, in order; never splits a character. */
  onText?: (text: string) => void;
};

export type Generation = PrefillReport & {
  text: string;
  completionTokens: number;
  stopReason: StopReason;
  timingsMs: { queue: number; prefill: number; generate: number };
};

/**
 * The chat side of a model.
 *
 * Errors: `engine.busy` (queue full), `engine.prompt_too_long` (prompt + maxTokens exceed
 * contextTokens; nothing is ever dropped), `engine.crashed` (the child died under this answer),
 * `engine.unavailable` (not loaded, keeps crashing, adapter quarantined, or closed),
 * `request.invalid` (an answer schema that no grammar can hold), `adapter.not_found`,
 * `adapter.invalid` (given at start, but its file could not be loaded),
 * `cancelled`, `deadline.exceeded`.
 */
export type Engine = {
  state(): EngineState;
  /** Resolves when the model is loaded, rejects when it cannot be. */
  ready(options?: { signal?: AbortSignal | undefined }): Promise<EngineInfo>;
  /** Exact prompt tokens of `messages` in the model's template, generation prompt included. */
  countTokens(
    messages: readonly ChatMessage[],
    options?: { signal?: AbortSignal | undefined },
  ): Promise<number>;
  generate(request: GenerateRequest, options?: GenerateOptions): Promise<Generation>;
  close(): Promise<void>;
};

export type EmbedderInfo = {
  model: { name: string; sha256: string };
  dimensions: number;
  /** Longest input in tokens, prefix included. */
  maxTokens: number;
};

/**
 * The embedding side. It lives in a process of its own, so that search goes on while the chat
 * model restarts. Same errors as `Engine`; a text over `maxTokens` is `engine.prompt_too_long`.
 */
export type Embedder = {
  state(): EngineState;
  ready(options?: { signal?: AbortSignal | undefined }): Promise<EmbedderInfo>;
  /**
   * Unit vectors, one per text, same order. Texts are NFKC-normalised and get the model's prefix
   * for `kind`. 'query' requests overtake waiting 'passage' requests.
   */
  embed(
    texts: readonly string[],
    kind: 'query' | 'passage',
    options?: { signal?: AbortSignal | undefined },
  ): Promise<Float32Array[]>;
  /** Tokens of each text as it would be embedded (prefix and special tokens included). */
  countTokens(
    texts: readonly string[],
    options?: { signal?: AbortSignal | undefined },
  ): Promise<number[]>;
  close(): Promise<void>;
};
