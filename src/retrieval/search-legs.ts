import type { Passage } from '../store/passage.js';
import type { LegQuery, PassageSnapshot } from '../store/snapshot.js';
import { weightedTokens } from './tokens.js';

export type PinnedCorpus = { corpus: string; snapshot: PassageSnapshot };

/** `value`: cosine similarity or BM25 score, by leg. */
export type Found = { corpus: string; passage: Passage; value: number };

/** What one leg found for one of the queries, over all corpora, best first. */
export type LegResult = { leg: 'dense' | 'keyword'; query: number; found: Found[] };

export type LegOptions = LegQuery & { language: 'ja' | 'en' | null };

/** Corpora whose index was made with another model take no part. */
export async function searchDense(
  corpora: readonly PinnedCorpus[],
  vectors: readonly Float32Array[],
  options: LegOptions,
): Promise<LegResult[]> {
  const usable = corpora.filter(({ snapshot }) => snapshot.denseUsable);
  return await Promise.all(
    vectors.map(async (vector, query) => {
      const found = await acrossCorpora(usable, options.language, async (snapshot) => {
        const hits = await snapshot.dense(vector, options);
        return hits.map(({ passage, similarity }) => ({ passage, value: similarity }));
      });
      return { leg: 'dense' as const, query, found };
    }),
  );
}

export async function searchKeyword(
  corpora: readonly PinnedCorpus[],
  queries: readonly string[],
  options: LegOptions,
): Promise<LegResult[]> {
  return await Promise.all(
    queries.map(async (text, query) => {
      const found = await acrossCorpora(corpora, options.language, async (snapshot) => {
        const hits = await snapshot.keyword(weightedTokens(text), options);
        return hits.map(({ passage, score }) => ({ passage, value: score }));
      });
      return { leg: 'keyword' as const, query, found };
    }),
  );
}

/** One list of all corpora; among equals the asker's language first. */
async function acrossCorpora(
  corpora: readonly PinnedCorpus[],
  language: 'ja' | 'en' | null,
  search: (snapshot: PassageSnapshot) => Promise<{ passage: Passage; value: number }[]>,
): Promise<Found[]> {
  const lists = await Promise.all(
    corpora.map(async ({ corpus, snapshot }) =>
      (await search(snapshot)).map((hit) => ({ corpus, ...hit })),
    ),
  );
  const foreign = ({ passage }: Found) =>
    language === null || passage.language === language ? 0 : 1;
  return lists.flat().sort((a, b) => b.value - a.value || foreign(a) - foreign(b));
}
