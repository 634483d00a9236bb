import type { Answerer } from '../answer/answerer.js';
import type { Principal } from '../store/passage.js';
import type { GoldQuestion } from './gold.js';
import { type Share, wilson } from './wilson.js';

export type RetrievalFigures = {
  lang: 'ja' | 'en';
  hitAt1: Share;
  hitAt5: Share;
  /** Mean of 1 / rank of the first gold document among ten passages, 0 when absent. */
  meanReciprocalRank: number;
};

/** How well search alone finds a gold document of each `document` question. */
export async function measureRetrieval(
  answerer: Answerer,
  questions: readonly GoldQuestion[],
  options: { corpus: string; principal: Principal; signal?: AbortSignal | undefined },
): Promise<RetrievalFigures[]> {
  const figures: RetrievalFigures[] = [];
  for (const lang of ['ja', 'en'] as const) {
    const asked = questions.filter((gold) => gold.kind === 'document' && gold.lang === lang);
    const ranks: number[] = [];
    for (const gold of asked) {
      const found = await answerer.search(
        { query: gold.question, corpora: [options.corpus], language: 'auto', limit: 10 },
        options.principal,
        { signal: options.signal },
      );
      ranks.push(found.results.findIndex((hit) => gold.documents.includes(hit.document_id)) + 1);
    }
    const within = (depth: number) => ranks.filter((rank) => rank > 0 && rank <= depth).length;
    figures.push({
      lang,
      hitAt1: wilson(within(1), ranks.length),
      hitAt5: wilson(within(5), ranks.length),
      meanReciprocalRank:
        ranks.reduce((sum, rank) => sum + (rank > 0 ? 1 / rank : 0), 0) / Math.max(1, ranks.length),
    });
  }
  return figures;
}
