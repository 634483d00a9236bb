/** The chat side of the child: model, contexts and one answer's way through them. */
import { abortError, KakehashiError } from '../errors.js';
import { planBatch } from './batching.js';
import { createLeaseQueue, type LeaseQueue } from './leases.js';
import {
  type ChatWrapper,
  isMemoryError,
  type Llama,
  type LlamaContext,
  type LlamaContextSequence,
  type LlamaModel,
  memoryError,
  openChatWrapper,
  renderPrompt,
} from './llama.js';
import {
  type ChatConfig,
  type ChatReady,
  type ChildMessage,
  type GenerateJob,
  toWireError,
} from './protocol.js';
import type { ChatMessage } from './engine.js';
import { createTurns } from './turns.js';
import { type AnswerEvents, writeAnswer } from './worker-answer.js';

/** Prompt tokens in a batch while answers are written; see the cost in `batching.ts`'s test. */
const PREFILL_CAP = 64;

/** A context with its sequences: the base model or one adapter. */
type Lane = { context: LlamaContext; leases: LeaseQueue<LlamaContextSequence> };

export type ChatWorker = {
  info: ChatReady;
  countTokens(messages: readonly ChatMessage[]): number;
  generate(
    job: GenerateJob,
    events: AnswerEvents,
    signal: AbortSignal,
  ): Promise<Omit<Extract<ChildMessage, { type: 'generated' }>, 'type' | 'id'>>;
  close(): Promise<void>;
};

export type OpenChatOptions = {
  llama: Llama;
  model: LlamaModel;
  config: ChatConfig;
  onLoading: (stage: 'context' | 'adapter', adapter: string | null) => void;
  /** Rejects when the file is not the one whose checksum is known. */
  requireAdapterFile: (adapter: ChatConfig['adapters'][number]) => Promise<void>;
};

/**
 * Contexts are created once, adapters before any traffic: loading one changes the model while
 * others read it. An adapter that cannot be loaded is left out and named in `info.rejected`.
 * Errors: `engine.unavailable` (memory).
 */
export async function openChat(options: OpenChatOptions): Promise<ChatWorker> {
  const { llama, model, config } = options;
  const wrapper: ChatWrapper = openChatWrapper(model);
  /** Answers being written right now, over all lanes. */
  let writing = 0;
  const prefills = createTurns({ queueLimit: Number.POSITIVE_INFINITY });

  async function openLane(adapter: ChatConfig['adapters'][number] | null): Promise<Lane> {
    options.onLoading(adapter === null ? 'context' : 'adapter', adapter?.name ?? null);
    const sequences = adapter === null ? config.sequences : config.adapterSequences;
    try {
      const context = await model.createContext({
        contextSize: config.contextTokens,
        sequences,
        batchSize: config.batchTokens,
        threads: config.threads,
        ...(adapter === null ? {} : { lora: adapter.path }),
        batching: {
          itemPrioritizationStrategy: ({ items, size }) =>
            planBatch({ items, size, prefillCap: writing > 0 ? PREFILL_CAP : size }),
        },
      });
      const slots = Array.from({ length: sequences }, () => context.getSequence());
      return { context, leases: createLeaseQueue({ slots, queueLimit: config.queueLimit }) };
    } catch (error) {
      if (isMemoryError(error)) throw memoryError(error);
      if (adapter === null) throw error;
      throw new KakehashiError('adapter.invalid', `The adapter ${adapter.name} cannot be loaded.`, {
        remedy: 'Vet it with `kakehashi adapters vet`: it must be a LoRA for exactly this model.',
        detail: { adapter: adapter.name },
        cause: error,
      });
    }
  }

  const lanes = new Map<string | null, Lane>([[null, await openLane(null)]]);
  const rejected: ChatReady['rejected'] = [];
  for (const adapter of config.adapters) {
    try {
      await options.requireAdapterFile(adapter);
      lanes.set(adapter.name, await openLane(adapter));
    } catch (error) {
      rejected.push({ adapter: adapter.name, error: toWireError(error) });
    }
  }

  return {
    info: {
      role: 'chat',
      adapters: config.adapters.map(({ name }) => name).filter((name) => lanes.has(name)),
      rejected,
      gpu:
        llama.gpu === false || model.gpuLayers === 0
          ? false
          : {
              backend: llama.gpu,
              layers: model.gpuLayers,
              totalLayers: model.fileInsights.totalLayers,
            },
    },
    countTokens: (messages) => renderPrompt(model, wrapper, messages).tokens.length,
    async generate(job, events, signal) {
      const arrived = performance.now();
      const lane = lanes.get(job.adapter);
      if (lane === undefined) {
        throw new KakehashiError('adapter.not_found', 'There is no such adapter in the engine.', {
          remedy: 'List the loaded ones with `kakehashi adapters list`.',
        });
      }
      const prompt = renderPrompt(model, wrapper, job.messages);
      requireFit(prompt.tokens.length, job.maxTokens, config.contextTokens);
      const lease = await lane.leases.acquire(
        (sequence) => sequence.compareContextTokens(prompt.tokens).firstDifferentIndex,
        signal,
      );
      const queueMs = performance.now() - arrived;
      let counted = false;
      const count = (active: boolean): void => {
        if (active !== counted) writing += active ? 1 : -1;
        counted = active;
      };
      try {
        return await writeAnswer({
          model,
          sequence: lease.slot,
          prompt,
          job,
          events,
          signal,
          queueMs,
          chunkTokens: config.batchTokens,
          prefills,
          onWriting: count,
        });
      } catch (error) {
        if (signal.aborted) throw abortError(signal);
        // What the cache holds after a failed evaluation is not known.
        await lease.slot.clearHistory();
        throw error;
      } finally {
        count(false);
        lease.release();
      }
    },
    async close() {
      for (const { context } of lanes.values()) await context.dispose();
      await model.dispose();
      await llama.dispose();
    },
  };
}

function requireFit(promptTokens: number, maxTokens: number, contextTokens: number): void {
  if (promptTokens + maxTokens <= contextTokens) return;
  throw new KakehashiError(
    'engine.prompt_too_long',
    `The prompt has ${promptTokens} tokens; with ${maxTokens} for the answer that is over the ${contextTokens} the model can hold.`,
    {
      remedy: 'Give fewer passages, ask a shorter question or lower max_tokens.',
      detail: { promptTokens, maxTokens, contextTokens },
    },
  );
}
