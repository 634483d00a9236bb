/**
 * The only file that imports node-llama-cpp; it runs in the child. Everything version-dependent
 * that the rest of the worker needs comes from here.
 */
import {
  getLlama,
  InsufficientMemoryError,
  type Llama,
  type LlamaContext,
  type LlamaContextSequence,
  type LlamaEmbeddingContext,
  LlamaGrammarEvaluationState,
  type LlamaModel,
  LlamaLogLevel,
  NoBinaryFoundError,
  QwenChatWrapper,
  resolveChatWrapper,
  type ChatHistoryItem,
  type ChatWrapper,
  type Token,
} from 'node-llama-cpp';
import { basename } from 'node:path';
import { KakehashiError } from '../errors.js';
import type { ChatMessage, JsonSchema } from './engine.js';

export type { Llama, LlamaContext, LlamaContextSequence, LlamaEmbeddingContext, LlamaModel, Token };
export type { ChatWrapper, LlamaGrammarEvaluationState };

export type LlamaLog = (level: 'warn' | 'error', message: string) => void;

export type OpenLlamaOptions = { threads: number; gpu: boolean; log: LlamaLog };

/** The native library. Errors: `engine.no_binary`. */
export async function openLlama(options: OpenLlamaOptions): Promise<Llama> {
  try {
    return await getLlama({
      // 'auto' would compile from source, up to an hour, when no binary fits.
      build: 'never',
      skipDownload: true,
      gpu: options.gpu ? 'auto' : false,
      // The default is at least 4: on 2 cores its spin barriers make it 40 times slower.
      maxThreads: options.threads,
      logLevel: LlamaLogLevel.warn,
      progressLogs: false,
      logger: (level, message) => {
        const severe = level === LlamaLogLevel.error || level === LlamaLogLevel.fatal;
        if (severe || level === LlamaLogLevel.warn) {
          options.log(severe ? 'error' : 'warn', message.trim());
        }
      },
    });
  } catch (error) {
    if (!(error instanceof NoBinaryFoundError)) throw error;
    throw new KakehashiError(
      'engine.no_binary',
      `No prebuilt inference binary runs on this machine (${process.platform}-${process.arch}).`,
      {
        remedy:
          'On Linux x64 it needs a processor with AVX2 and glibc 2.34 or newer (no musl); other platforms: macOS and Windows on x64 or arm64, Linux on arm64. Otherwise set a remote engine.',
        detail: { platform: process.platform, arch: process.arch },
        cause: error,
      },
    );
  }
}

/** The model's weights, memory-mapped. Errors: `model.invalid`, `engine.unavailable` (memory). */
export async function openModel(
  llama: Llama,
  path: string,
  onProgress: () => void,
): Promise<LlamaModel> {
  try {
    return await llama.loadModel({ modelPath: path, onLoadProgress: onProgress });
  } catch (error) {
    if (error instanceof InsufficientMemoryError) throw memoryError(error);
    throw new KakehashiError(
      'model.invalid',
      `The model file ${basename(path)} cannot be loaded.`,
      {
        remedy:
          'Fetch it again with `kakehashi models pull`, or check that it is a supported GGUF.',
        detail: { file: basename(path) },
        cause: error,
      },
    );
  }
}

export function memoryError(error: unknown): KakehashiError {
  return new KakehashiError('engine.unavailable', 'There is not enough memory for the model.', {
    remedy: 'Lower the context size or the number of sequences, or use a smaller model.',
    cause: error,
  });
}

export function isMemoryError(error: unknown): boolean {
  return error instanceof InsufficientMemoryError;
}

/**
 * The template that turns messages into the model's text. Resolved once: the library's per-session
 * resolution blocks the event loop for 0.2-0.3 s. A vocabulary with ChatML marks gets plain ChatML
 * whatever its Jinja template adds (default system prompts, dates), since adapters are trained on
 * exactly this rendering.
 */
export function openChatWrapper(model: LlamaModel): ChatWrapper {
  const chatMl = ['<|im_start|>', '<|im_end|>'].every(
    (mark) => model.tokenize(mark, true).length === 1,
  );
  if (!chatMl) return resolveChatWrapper(model);
  const architecture = String(model.fileInfo.metadata.general.architecture);
  // Qwen 3 thinks aloud unless its answer opens with an empty thought.
  return architecture.startsWith('qwen3')
    ? new QwenChatWrapper({ thoughts: 'discourage' })
    : new QwenChatWrapper();
}

/**
 * Tokens of `messages` with the generation prompt, and the tokens at which the answer ends besides
 * the model's own. Message texts are never read as special tokens.
 */
export function renderPrompt(
  model: LlamaModel,
  wrapper: ChatWrapper,
  messages: readonly ChatMessage[],
): { tokens: Token[]; stops: Set<Token> } {
  const chatHistory: ChatHistoryItem[] = messages.map(({ role, content }) =>
    role === 'assistant' ? { type: 'model', response: [content] } : { type: role, text: content },
  );
  const state = wrapper.generateContextState({
    chatHistory: [...chatHistory, { type: 'model', response: [] }],
  });
  return {
    tokens: state.contextText.tokenize(model.tokenizer, 'trimLeadingSpace'),
    stops: stopTokens(model, state.stopGenerationTriggers),
  };
}

/** Tokens at which `wrapper`'s answers end, besides the model's own end-of-generation tokens. */
function stopTokens(
  model: LlamaModel,
  triggers: readonly { tokenize(tokenizer: LlamaModel['tokenizer']): Token[] }[],
): Set<Token> {
  const single = triggers
    .map((trigger) => trigger.tokenize(model.tokenizer))
    .filter((tokens) => tokens.length === 1);
  return new Set(single.flat());
}

/**
 * What holds one answer to a JSON schema while it is written. Errors: `request.invalid` when no
 * grammar can be made of the schema.
 */
export async function openGrammar(
  model: LlamaModel,
  schema: JsonSchema,
): Promise<LlamaGrammarEvaluationState> {
  try {
    // The library's type follows a schema literal; this one comes from a passport.
    const grammar = await model.llama.createGrammarForJsonSchema(schema as { type: 'object' });
    return new LlamaGrammarEvaluationState({ model, grammar });
  } catch (cause) {
    throw new KakehashiError('request.invalid', 'No grammar can be made of the answer schema.', {
      remedy: 'Use objects with string, enum, number, boolean and array properties.',
      cause,
    });
  }
}
