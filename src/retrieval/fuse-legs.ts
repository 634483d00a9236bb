import { combineScores } from './combine-scores.js';
import { demoteSuperseded } from './demote-superseded.js';
import { fuseRanks } from './fuse-ranks.js';
import { rerankByWording } from './rerank-by-wording.js';
import type { Hit } from './search.js';
import type { Found, LegResult } from './search-legs.js';

/**
 * The hits of all legs and queries as one list, best first, each with its place in the legs. For
 * one query the legs are combined by score and the best looked at again by wording; the rankings
 * of several queries, whose scores do not compare, are fused by rank. `queries` are the texts that
 * the numbers in `legs` stand for.
 */
export function fuseLegs(legs: readonly LegResult[], queries: readonly string[]): Hit[] {
  const hits = collectHits(legs);
  const rankings = queries.map((text, query) => {
    const combined = combineScores(
      scoresOf(legs, 'dense', query),
      scoresOf(legs, 'keyword', query),
    );
    const worded = combined.map(({ id, score }) => ({ id, score, text: hits.get(id)?.text ?? '' }));
    const ids = rerankByWording(text, worded).map(({ id }) => id);
    return { name: `query ${query}`, ids };
  });
  const ranked = fuseRanks(rankings).flatMap(({ id, score }) => {
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
