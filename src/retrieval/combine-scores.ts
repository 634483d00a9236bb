/** Ids with the score of one leg, best first. */
export type ScoredList = readonly { id: string; value: number }[];

export type Combined = {
  id: string;
  score: number;
  /** The two terms of `score`. */
  similarity: number;
  words: number;
};

/**
 * What words may add to a cosine at most, and the BM25 score at which they add half of it. For
 * multilingual-e5-small, whose cosines lie close together. Chosen on the tuning parts of
 * scripts/bench/retrieval.mjs among six forms: relative to the best hit, a weak match of the only
 * rare word counts as much as a full one; without a bound, long questions drown the cosine.
 */
const KEYWORD_MOST = 0.15;
const KEYWORD_HALF = 40;

/**
 * One ranking from the scores of both legs for one question, best first: the cosine plus what the
 * words add. Ranks alone forget how far ahead the first hit of a leg is (Bruch, Gai & Ingber, ACM
 * TOIS 2023). A hit that the dense leg does not list counts as near as the last one it lists, one
 * that the keyword leg does not list as sharing no word. Equal scores stay in order of the dense
 * list, then of the keyword list.
 */
export function combineScores(dense: ScoredList, keyword: ScoredList): Combined[] {
  const floor = dense.at(-1)?.value ?? 0;
  const similarities = new Map(dense.map(({ id, value }) => [id, value]));
  const scores = new Map(keyword.map(({ id, value }) => [id, value]));
  return [...new Set([...similarities.keys(), ...scores.keys()])]
    .map((id) => {
      const similarity = similarities.get(id) ?? floor;
      const bm25 = scores.get(id) ?? 0;
      const words = (KEYWORD_MOST * bm25) / (bm25 + KEYWORD_HALF);
      return { id, score: similarity + words, similarity, words };
    })
    .sort((a, b) => b.score - a.score);
}
