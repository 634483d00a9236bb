/** The embedding side of the child. */
import { abortError, KakehashiError } from '../errors.js';
import { isMemoryError, type Llama, type LlamaModel, memoryError } from './llama.js';
import type { EmbedConfig, EmbedJob, EmbedReady } from './protocol.js';
import { createTurns } from './turns.js';

export type EmbedWorker = {
  info: EmbedReady;
  countTokens(texts: readonly string[]): number[];
  /** All vectors of the job, one after the other, each of unit length. */
  embed(job: EmbedJob, onProgress: () => void, signal: AbortSignal): Promise<Float32Array>;
  close(): Promise<void>;
};

export type OpenEmbedOptions = {
  llama: Llama;
  model: LlamaModel;
  config: EmbedConfig;
  onLoading: () => void;
};

/** Errors: `model.invalid` when the file is no embedding model, `engine.unavailable` (memory). */
export async function openEmbed(options: OpenEmbedOptions): Promise<EmbedWorker> {
  const { llama, model, config } = options;
  options.onLoading();
  const contextSize = Math.min(model.trainContextSize, config.contextTokens);
  const context = await model
    .createEmbeddingContext({
      contextSize,
      // Equal by need: an input longer than the batch loses its beginning without a word.
      batchSize: contextSize,
      threads: config.threads,
    })
    .catch((error: unknown) => {
      if (isMemoryError(error)) throw memoryError(error);
      throw new KakehashiError('model.invalid', 'The model cannot be used for embedding.', {
        remedy: 'Choose an embedding model in the settings.',
        cause: error,
      });
    });
  // The library refuses an input that fills its window exactly.
  const maxTokens = contextSize - 1;
  const dimensions = model.embeddingVectorSize;
  const turns = createTurns({ queueLimit: config.queueLimit });

  const prepare = (text: string, kind: EmbedJob['kind']): string =>
    // The model's vocabulary has no half-width kana and other compatibility forms.
    config.prefixes[kind] + text.normalize('NFKC');

  function requireText(text: string, index: number, kind: EmbedJob['kind']): void {
    if (text.normalize('NFKC').trim() === '') {
      throw new KakehashiError('request.invalid', 'A text to embed is empty.', {
        detail: { index },
      });
    }
    const tokens = context.calculateInputLength(prepare(text, kind));
    if (tokens <= maxTokens) return;
    throw new KakehashiError(
      'engine.prompt_too_long',
      `A text to embed has ${tokens} tokens, over the ${maxTokens} the model can hold.`,
      { remedy: 'Cut the text into shorter pieces.', detail: { index, tokens, maxTokens } },
    );
  }

  return {
    info: { role: 'embed', dimensions, maxTokens },
    countTokens: (texts) =>
      texts.map((text) => context.calculateInputLength(prepare(text, 'passage'))),
    async embed(job, onProgress, signal) {
      job.texts.forEach((text, index) => requireText(text, index, job.kind));
      const vectors = new Float32Array(job.texts.length * dimensions);
      const place = turns.join();
      try {
        for (const [index, text] of job.texts.entries()) {
          // One text at a time, so that a question never waits for a whole batch of passages.
          const leave = await place.turn(job.kind === 'query', signal);
          try {
            if (signal.aborted) throw abortError(signal);
            const embedding = await context.getEmbeddingFor(prepare(text, job.kind));
            vectors.set(toUnit(embedding.vector), index * dimensions);
          } finally {
            leave();
          }
          onProgress();
        }
      } finally {
        place.leave();
      }
      return vectors;
    },
    async close() {
      await context.dispose();
      await model.dispose();
      await llama.dispose();
    },
  };
}

function toUnit(vector: readonly number[]): Float32Array {
  const norm = Math.hypot(...vector);
  if (!Number.isFinite(norm) || norm === 0) throw new Error('degenerate vector');
  return Float32Array.from(vector, (value) => value / norm);
}
