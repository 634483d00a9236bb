import type { Hit } from './search.js';

/** Longer chains of successors, or circles of them, are not followed to their end. */
const LONGEST_CHAIN = 8;

/**
 * Puts each hit of a superseded document below all hits of its successor, where that was found
 * too; a superseded document without its successor keeps its place, as it is all there is. `hits`
 * and the result are best first.
 */
export function demoteSuperseded(hits: readonly Hit[]): Hit[] {
  let ranked = [...hits];
  for (let round = 0; round < LONGEST_CHAIN; round++) {
    const lowest = new Map<string, number>();
    for (const hit of ranked) lowest.set(`${hit.corpus}/${hit.documentId}`, hit.score);
    let changed = false;
    ranked = ranked.map((hit) => {
      const score = lowest.get(`${hit.corpus}/${hit.supersededBy}`);
      if (score === undefined || hit.supersededBy === hit.documentId || hit.score < score) {
        return hit;
      }
      changed = true;
      return { ...hit, score: score * 0.99 };
    });
    ranked.sort((a, b) => b.score - a.score);
    if (!changed) break;
  }
  return ranked;
}
