import { demoteSuperseded } from './demote-superseded.js';
import { fuseRanks } from './fuse-ranks.js';
import type { Hit } from './search.js';
import type { LegResult } from './search-legs.js';

/** The hits of all legs and queries as one list, best first, each with its place in the legs. */
export function fuseLegs(legs: readonly LegResult[]): Hit[] {
  const hits = new Map<string, Hit>();
  for (const { leg, found } of legs) {
    for (const [index, { corpus, passage, value }] of found.entries()) {
      const key = `${corpus}/${passage.id}`;
      const hit = hits.get(key) ?? {
        ...passage,
        corpus,
        score: 0,
        legs: { dense: null, keyword: null },
      };
      hits.set(key, hit);
      const rank = index + 1;
      // Of two queries, the leg shows the better rank.
      if (rank >= (hit.legs[leg]?.rank ?? Infinity)) continue;
      if (leg === 'dense') hit.legs.dense = { rank, similarity: value };
      else hit.legs.keyword = { rank, score: value };
    }
  }
  const fused = fuseRanks(
    legs.map(({ leg, query, found }) => ({
      name: `${leg} ${query}`,
      ids: found.map(({ corpus, passage }) => `${corpus}/${passage.id}`),
    })),
  );
  const ranked = fused.flatMap(({ id, score }) => {
    const hit = hits.get(id);
    return hit ? [{ ...hit, score }] : [];
  });
  return demoteSuperseded(ranked);
}
