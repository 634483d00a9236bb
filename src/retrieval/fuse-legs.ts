import { combineScores } from './combine-scores.js';
import { demoteSuperseded } from './demote-superseded.js';
import { fuseRanks } from './fuse-ranks.js';
import type { Hit } from './search.js';
import type { Found, LegResult } from './search-legs.js';

/**
 * The hits of all legs and queries as one list, best first, each with its place in the legs. The
 * legs of one query are combined by score; the rankings of several queries, whose scores do not
 * compare, are fused by rank.
 */
export function fuseLegs(legs: readonly LegResult[]): Hit[] {
  const hits = collectHits(legs);
  const queries = [...new Set(legs.map(({ query }) => query))];
  const fused = fuseRanks(
    queries.map((query) => ({
      name: `query ${query}`,
      ids: combineScores(scoresOf(legs, 'dense', query), scoresOf(legs, 'keyword', query)).map(
        ({ id }) => id,
      ),
    })),
  );
  const ranked = fused.flatMap(({ id, score }) => {
    const hit = hits.get(id);
    return hit ? [{ ...hit, score }] : [];
  });
  return demoteSuperseded(ranked);
}

function collectHits(legs: readonly LegResult[]): Map<string, Hit> {
  const hits = new Map<string, Hit>();
  for (const { leg, found } of legs) {
    for (const [index, one] of found.entries()) {
      const { corpus, passage, value } = one;
      const hit = hits.get(keyOf(one)) ?? {
        ...passage,
        corpus,
        score: 0,
        legs: { dense: null, keyword: null },
      };
      hits.set(keyOf(one), hit);
      const rank = index + 1;
      // Of two queries, the leg shows the better rank.
      if (rank >= (hit.legs[leg]?.rank ?? Infinity)) continue;
      if (leg === 'dense') hit.legs.dense = { rank, similarity: value };
      else hit.legs.keyword = { rank, score: value };
    }
  }
  return hits;
}

function scoresOf(legs: readonly LegResult[], leg: LegResult['leg'], query: number) {
  return legs
    .filter((result) => result.leg === leg && result.query === query)
    .flatMap(({ found }) => found.map((one) => ({ id: keyOf(one), value: one.value })));
}

function keyOf({ corpus, passage }: Found): string {
  return `${corpus}/${passage.id}`;
}
