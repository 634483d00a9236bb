import { indexAll } from './cli/index.js';
import type { Config } from './config.js';
import { isKakehashiError, type KakehashiError } from './errors.js';
import type { Corpus } from './ingest/corpus.js';
import type { Knowledge } from './knowledge.js';

export type BringOptions = {
  signal: AbortSignal;
  /** Called after each corpus, with what kept it from its new version. */
  onEnd: (corpus: string, error: KakehashiError | null) => unknown;
};

/**
 * Each corpus on its own, so that one that is refused keeps no other from its new version. Throws what
 * is no error of a corpus, and when `signal` fires.
 */
export async function bringUpToDate(
  config: Config,
  knowledge: Knowledge,
  corpora: readonly Corpus[],
  { signal, onEnd }: BringOptions,
): Promise<void> {
  const options = { full: false, dryRun: false, accept: false, json: false, signal };
  for (const corpus of corpora) {
    try {
      await indexAll(config, knowledge, [corpus], options);
    } catch (error) {
      if (!isKakehashiError(error) || signal.aborted) throw error;
      await onEnd(corpus.name, error);
      continue;
    }
    await onEnd(corpus.name, null);
  }
}
