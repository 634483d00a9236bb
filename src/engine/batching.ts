/**
 * Which waiting tokens go into the next batch. The library's own strategy gives a long prompt the
 * whole batch and every other answer stands still until it is read; here answers being written go
 * first, and prompts share what is left up to a cap.
 */

/** A sequence's tokens waiting to be evaluated; the shape is the library's. */
export type BatchItem = {
  readonly tokens: { readonly length: number };
  readonly evaluationPriority: number;
};

export type PlannedItem<Item> = { item: Item; processAmount: number };

export type PlanBatchOptions<Item extends BatchItem> = {
  items: readonly Item[];
  /** Tokens one batch holds. */
  size: number;
  /** Most prompt tokens in this batch while answers are being written. */
  prefillCap: number;
};

/** Up to this many waiting tokens count as an answer being written rather than a prompt. */
const DECODE_TOKENS = 8;

/**
 * Plans one batch: short items whole and first, then prompts, in order of priority (higher first)
 * and arrival, up to `prefillCap` tokens. The planned amounts are at least 1 and sum up to `size`
 * at most; when anything waits, something is planned.
 */
export function planBatch<Item extends BatchItem>(
  options: PlanBatchOptions<Item>,
): PlannedItem<Item>[] {
  const planned: PlannedItem<Item>[] = [];
  let left = options.size;
  const take = (item: Item, most: number): number => {
    const amount = Math.min(item.tokens.length, most, left);
    if (amount > 0) planned.push({ item, processAmount: amount });
    left -= Math.max(0, amount);
    return Math.max(0, amount);
  };
  const byPriority = options.items.toSorted((a, b) => b.evaluationPriority - a.evaluationPriority);
  for (const item of byPriority) {
    if (item.tokens.length <= DECODE_TOKENS) take(item, left);
  }
  let prefillLeft = Math.min(Math.max(1, options.prefillCap), left);
  for (const item of byPriority) {
    if (item.tokens.length > DECODE_TOKENS) prefillLeft -= take(item, prefillLeft);
  }
  return planned;
}
