/** Ids with the score of one leg, best first. */
export type ScoredList = readonly { id: string; value: number }[];

export type Combined = {
  id: string;
  score: number;
  /** The two terms of `score`. */
  similarity: number;
  keyword: number;
};

/**
 * What a perfect keyword match is worth, as cosine. Of multilingual-e5-small, whose cosines lie
 * close together; see scripts/bench/retrieval.mjs for how it was chosen.
 */
const KEYWORD_WEIGHT = 0.05;

/**
 * One ranking from the scores of both legs for one question, best first: the cosine plus a share
 * of the keyword score, taken relative to the best of this question. Ranks alone forget how far
 * ahead the first hit of a leg is (Bruch, Gai & Ingber, ACM TOIS 2023). A hit that the dense leg
 * does not list counts as near as the last one it lists, one that the keyword leg does not list
 * as sharing no word. Equal scores stay in order of the dense list, then of the keyword list.
 */
export function combineScores(dense: ScoredList, keyword: ScoredList): Combined[] {
  const floor = dense.at(-1)?.value ?? 0;
  const best = keyword[0]?.value ?? 1;
  const similarities = new Map(dense.map(({ id, value }) => [id, value]));
  const shares = new Map(keyword.map(({ id, value }) => [id, value / best]));
  const ids = new Set([...similarities.keys(), ...shares.keys()]);
  return [...ids]
    .map((id) => {
      const similarity = similarities.get(id) ?? floor;
      const share = KEYWORD_WEIGHT * (shares.get(id) ?? 0);
      return { id, score: similarity + share, similarity, keyword: share };
    })
    .sort((a, b) => b.score - a.score);
}
