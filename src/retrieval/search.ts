import type { Passage, Principal } from '../store/passage.js';

export type Hit = Passage & {
  corpus: string;
  /** Reciprocal rank fusion score, higher is better. */
  score: number;
  legs: {
    /** Rank from 1 and cosine similarity -1..1; null when the leg did not return it. */
    dense: { rank: number; similarity: number } | null;
    /** Rank from 1 and BM25 score; null when the leg did not return it. */
    keyword: { rank: number; score: number } | null;
  };
};

export type SearchRequest = {
  query: string;
  /** A follow-up joined to the turn before it; searched beside `query` and fused. */
  joinedQuery?: string | null;
  /** Names of corpora, or null for all. */
  corpora: readonly string[] | null;
  /** Prefer documents of this language on equal footing; null for no preference. */
  language: 'ja' | 'en' | null;
  principal: Principal;
  /** 1..200. */
  limit: number;
};

export type SearchResult = {
  /** Best first; several passages of one document allowed. */
  hits: Hit[];
  index: { corpus: string; version: number }[];
  /** Unit vector of the question (of the joined question for a follow-up); empty when degraded. */
  questionEmbedding: Float32Array;
  /** Content tokens of the question as searched by the keyword leg. */
  questionTokens: string[];
  /**
   * `keyword_only`: the embedding model was not there, or an index was made with another one; hits
   * then rest on words alone and none has a dense leg.
   */
  degraded: 'keyword_only' | null;
  timingsMs: { embed: number; search: number };
};

/**
 * Errors: `corpus.not_found`, `store.not_published` (none of the corpora is), those of
 * `PassageSnapshot`, `cancelled`, `deadline.exceeded`.
 */
export type Search = (
  request: SearchRequest,
  options?: { signal?: AbortSignal | undefined },
) => Promise<SearchResult>;
