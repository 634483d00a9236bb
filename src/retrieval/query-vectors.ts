import { isKakehashiError, throwIfAborted } from '../errors.js';

export type EmbedQuery = (
  texts: readonly string[],
  options: { signal?: AbortSignal | undefined },
) => Promise<Float32Array[]>;

/** About 400 KB at 384 dimensions. */
const REMEMBERED = 256;
/** Below the model's 512 tokens even at one token a character. */
const SURELY_SHORT = 400;

/**
 * Unit vectors of questions, in order of `texts`; null when the embedding model cannot give them.
 * The last questions are remembered: a conversation embeds its last turn again with each new one,
 * and many people ask the same. A question too long for the model counts with its beginning.
 * Callers must not change the vectors. Errors: `cancelled`, `deadline.exceeded`.
 */
export function createQueryVectors(embed: EmbedQuery) {
  const remembered = new Map<string, Float32Array>();

  function remember(text: string, vector: Float32Array): void {
    remembered.delete(text);
    remembered.set(text, vector);
    if (remembered.size <= REMEMBERED) return;
    for (const oldest of remembered.keys()) {
      remembered.delete(oldest);
      break;
    }
  }

  async function embedMissing(
    missing: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<Float32Array[]> {
    try {
      return await embed(missing, { signal });
    } catch (error) {
      if (!isKakehashiError(error) || error.code !== 'engine.prompt_too_long') throw error;
      return await embed(
        missing.map((text) => Array.from(text).slice(0, SURELY_SHORT).join('')),
        { signal },
      );
    }
  }

  return async (
    texts: readonly string[],
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<Float32Array[] | null> => {
    const missing = [...new Set(texts)].filter((text) => !remembered.has(text));
    const known = new Map(texts.map((text) => [text, remembered.get(text)]));
    if (missing.length > 0) {
      try {
        const made = await embedMissing(missing, signal);
        missing.forEach((text, i) => known.set(text, made[i]));
      } catch (error) {
        throwIfAborted(signal);
        if (!isKakehashiError(error) || !error.code.startsWith('engine.')) throw error;
        return null;
      }
    }
    const vectors: Float32Array[] = [];
    for (const text of texts) {
      const vector = known.get(text);
      if (vector === undefined) return null;
      remember(text, vector);
      vectors.push(vector);
    }
    return vectors;
  };
}
