import type { Unit } from './units.js';

export type SizedUnit = Unit & { tokens: number; contextTokens: number };

export type PackOptions = { targetTokens: number; maxTokens: number };

/**
 * Price of a cut inside something that would fit a passage whole, and inside something that has to
 * be cut anyway. One unit is the price of a passage that is empty instead of on target.
 */
const CUT_PRICE: Readonly<Record<Unit['cut'], { whole: number; broken: number }>> = {
  block: { whole: 0, broken: 0 },
  lead: { whole: 1, broken: 0.6 },
  sentence: { whole: 0.5, broken: 0.2 },
  item: { whole: 1.2, broken: 0.1 },
  nested: { whole: 1.4, broken: 0.4 },
  row: { whole: 1.2, broken: 0.1 },
  header: { whole: 6, broken: 6 },
  line: { whole: 1.2, broken: 0.2 },
  piece: { whole: 0.4, broken: 0.3 },
};

/**
 * Groups the units of one section into passages: the cheapest way to cut, by the distance of each
 * passage from the target size and by what the cuts break. Gives `[from, to)` index pairs in order.
 * A passage exceeds `maxTokens` only when a single unit does.
 */
export function packUnits(
  units: readonly SizedUnit[],
  { targetTokens, maxTokens }: PackOptions,
): [from: number, to: number][] {
  const blockTokens = new Map<number, number>();
  for (const unit of units)
    blockTokens.set(unit.block, (blockTokens.get(unit.block) ?? 0) + unit.tokens);
  const cutPrice = (unit: SizedUnit): number => {
    const price = CUT_PRICE[unit.cut];
    return (blockTokens.get(unit.block) ?? 0) <= maxTokens ? price.whole : price.broken;
  };
  const cost: number[] = [0];
  const previous: number[] = [0];
  for (let to = 1; to <= units.length; to++) {
    let best = Number.POSITIVE_INFINITY;
    let bestFrom = to - 1;
    let tokens = 0;
    for (let from = to - 1; from >= 0; from--) {
      const first = units[from];
      if (first === undefined) break;
      tokens += first.tokens;
      if (tokens > maxTokens && from < to - 1) break;
      const size = tokens + first.contextTokens;
      if (size > maxTokens && from < to - 1) continue;
      const distance = (size - targetTokens) / targetTokens;
      const total = (cost[from] ?? 0) + distance * distance + (from === 0 ? 0 : cutPrice(first));
      if (total < best) {
        best = total;
        bestFrom = from;
      }
    }
    cost.push(best);
    previous.push(bestFrom);
  }
  const groups: [number, number][] = [];
  for (let to = units.length; to > 0; to = previous[to] ?? 0)
    groups.unshift([previous[to] ?? 0, to]);
  return groups;
}
