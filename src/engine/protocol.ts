/**
 * What the parent and an engine child say to each other. Both sides parse what they receive, so a
 * child built from other code is refused instead of misread.
 */
import { z } from 'zod';
import { type ErrorCode, KakehashiError } from '../errors.js';

/** Raise whenever a message below changes; parent and child must agree. */
export const PROTOCOL_VERSION = 1;

/** What a child may report; everything else it meets becomes `internal`. */
const WIRE_CODES = [
  'adapter.invalid',
  'adapter.not_found',
  'cancelled',
  'engine.busy',
  'engine.crashed',
  'engine.no_binary',
  'engine.prompt_too_long',
  'engine.unavailable',
  'internal',
  'model.checksum_mismatch',
  'model.invalid',
  'model.not_found',
  'request.invalid',
] as const satisfies readonly ErrorCode[];

/** An error without cause and stack: code, safe message, numbers and names. */
export const WireError = z.strictObject({
  code: z.enum(WIRE_CODES),
  message: z.string(),
  remedy: z.string().optional(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
export type WireError = z.infer<typeof WireError>;

const Id = z.int().nonnegative();
const Count = z.int().nonnegative();
const ModelFile = z.strictObject({ path: z.string(), sha256: z.string() });

export const ChatConfig = z.strictObject({
  role: z.literal('chat'),
  model: ModelFile,
  /** Whether the model file is hashed again before it is loaded. */
  verifyModel: z.boolean(),
  adapters: z.array(z.strictObject({ name: z.string(), ...ModelFile.shape })),
  contextTokens: z.int().positive(),
  sequences: z.int().positive(),
  adapterSequences: z.int().positive(),
  batchTokens: z.int().positive(),
  queueLimit: z.int().nonnegative(),
  threads: z.int().positive(),
  gpu: z.boolean(),
});
export type ChatConfig = z.infer<typeof ChatConfig>;

export const EmbedConfig = z.strictObject({
  role: z.literal('embed'),
  model: ModelFile,
  verifyModel: z.boolean(),
  prefixes: z.strictObject({ query: z.string(), passage: z.string() }),
  contextTokens: z.int().positive(),
  queueLimit: z.int().nonnegative(),
  threads: z.int().positive(),
  gpu: z.boolean(),
});
export type EmbedConfig = z.infer<typeof EmbedConfig>;

const Messages = z.array(
  z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string() }),
);

export const GenerateJob = z.strictObject({
  type: z.literal('generate'),
  id: Id,
  messages: Messages,
  adapter: z.string().nullable(),
  maxTokens: z.int().positive(),
  temperature: z.number().min(0).max(2),
  options: z.array(z.string().min(1)),
  answers: z.array(z.string().min(1)),
  /** JSON schema of the answer; null: any text. */
  answerSchema: z.record(z.string(), z.unknown()).nullable(),
  /** Whether the child waits for 'continue' or 'stop' after its 'prefilled'. */
  gated: z.boolean(),
});
export type GenerateJob = z.infer<typeof GenerateJob>;

export const EmbedJob = z.strictObject({
  type: z.literal('embed'),
  id: Id,
  texts: z.array(z.string()),
  kind: z.enum(['query', 'passage']),
});
export type EmbedJob = z.infer<typeof EmbedJob>;

export const ParentMessage = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('init'),
    version: z.literal(PROTOCOL_VERSION),
    config: z.discriminatedUnion('role', [ChatConfig, EmbedConfig]),
  }),
  GenerateJob,
  EmbedJob,
  z.strictObject({ type: z.literal('count_chat'), id: Id, messages: Messages }),
  z.strictObject({ type: z.literal('count_texts'), id: Id, texts: z.array(z.string()) }),
  z.strictObject({ type: z.literal('continue'), id: Id }),
  z.strictObject({ type: z.literal('stop'), id: Id }),
  z.strictObject({ type: z.literal('cancel'), id: Id }),
  z.strictObject({ type: z.literal('close') }),
]);
export type ParentMessage = z.infer<typeof ParentMessage>;

/** A message that opens a piece of work; the child answers it with one message of the same id. */
export type Job = Extract<
  ParentMessage,
  { type: 'generate' | 'embed' | 'count_chat' | 'count_texts' }
>;

export const ChatReady = z.strictObject({
  role: z.literal('chat'),
  /** Adapters that are loaded. */
  adapters: z.array(z.string()),
  /** Adapters that are not, and why: one bad file does not keep the model from serving. */
  rejected: z.array(z.strictObject({ adapter: z.string(), error: WireError })),
  gpu: z.union([
    z.literal(false),
    z.strictObject({ backend: z.string(), layers: Count, totalLayers: Count }),
  ]),
});
export type ChatReady = z.infer<typeof ChatReady>;

export const EmbedReady = z.strictObject({
  role: z.literal('embed'),
  dimensions: z.int().positive(),
  maxTokens: z.int().positive(),
});
export type EmbedReady = z.infer<typeof EmbedReady>;

const report = {
  promptTokens: Count,
  cachedTokens: Count,
  optionProbabilities: z.array(z.number().min(0).max(1)),
  answerLogProbabilities: z.array(z.number().max(0)),
};

export const ChildMessage = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('loading'),
    stage: z.enum(['library', 'model', 'context', 'adapter']),
    /** The adapter's name at that stage. */
    adapter: z.string().nullable(),
  }),
  z.strictObject({
    type: z.literal('ready'),
    version: z.literal(PROTOCOL_VERSION),
    info: z.discriminatedUnion('role', [ChatReady, EmbedReady]),
  }),
  /** Loading failed; `retry` when another try may go better (memory), else it never will. */
  z.strictObject({ type: z.literal('load_failed'), error: WireError, retry: z.boolean() }),
  z.strictObject({ type: z.literal('progress'), id: Id }),
  z.strictObject({ type: z.literal('prefilled'), id: Id, ...report }),
  z.strictObject({ type: z.literal('text'), id: Id, text: z.string() }),
  z.strictObject({
    type: z.literal('generated'),
    id: Id,
    ...report,
    text: z.string(),
    completionTokens: Count,
    stopReason: z.enum(['end', 'max_tokens', 'repetition', 'gated']),
    timingsMs: z.strictObject({ queue: z.number(), prefill: z.number(), generate: z.number() }),
  }),
  z.strictObject({ type: z.literal('counted'), id: Id, counts: z.array(Count) }),
  z.strictObject({
    type: z.literal('embedded'),
    id: Id,
    dimensions: z.int().positive(),
    /** All vectors of the job, one after the other. */
    vectors: z.custom<Float32Array>((value) => value instanceof Float32Array),
  }),
  z.strictObject({ type: z.literal('failed'), id: Id, error: WireError }),
  z.strictObject({
    type: z.literal('log'),
    level: z.enum(['info', 'warn', 'error']),
    message: z.string(),
  }),
]);
export type ChildMessage = z.infer<typeof ChildMessage>;

/** Turns anything thrown into what may leave the child: foreign messages may hold user text. */
export function toWireError(error: unknown): WireError {
  if (error instanceof KakehashiError) {
    const known = z.enum(WIRE_CODES).safeParse(error.code);
    return {
      code: known.success ? known.data : 'internal',
      message: error.message,
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
      detail: { ...error.detail },
    };
  }
  const kind = error instanceof Error ? error.constructor.name : typeof error;
  return { code: 'internal', message: 'The engine met an unexpected error.', detail: { kind } };
}
