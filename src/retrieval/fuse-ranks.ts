/** k = 60: Cormack, Clarke & Büttcher, "Reciprocal rank fusion", SIGIR 2009. */
export const RRF_K = 60;

/** One ranked list; ids best first. */
export type RankedList = {
  /** What the trace calls it. */
  name: string;
  ids: readonly string[];
  /** Defaults to 1. */
  weight?: number;
};

export type Fused = {
  id: string;
  /** Sum of the contributions, higher is better. */
  score: number;
  /** In order of the lists; a list that lacks the id has none. */
  trace: { list: string; rank: number; contribution: number }[];
};

/**
 * Reciprocal rank fusion: every list gives an id `weight / (k + rank)`, rank from 1. Best first;
 * equal scores in order of id, so that the same lists always give the same order. An id that
 * stands twice in a list counts where it stands first.
 */
export function fuseRanks(lists: readonly RankedList[], options: { k?: number } = {}): Fused[] {
  const k = options.k ?? RRF_K;
  const fused = new Map<string, Fused>();
  for (const { name, ids, weight = 1 } of lists) {
    for (const [index, id] of [...new Set(ids)].entries()) {
      const contribution = weight / (k + index + 1);
      const entry = fused.get(id) ?? { id, score: 0, trace: [] };
      entry.score += contribution;
      entry.trace.push({ list: name, rank: index + 1, contribution });
      fused.set(id, entry);
    }
  }
  return [...fused.values()].sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
}
