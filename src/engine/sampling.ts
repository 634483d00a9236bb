export type PickTokenOptions = {
  /** Above 0. */
  temperature: number;
  /** Only the likeliest so many may be picked. */
  topK: number;
  /** Gives numbers in 0..1, 1 excluded. */
  random: () => number;
};

/** Picks one of `logits` (token and raw score) with the chance its score gives it. */
export function pickToken<Token>(
  logits: readonly (readonly [Token, number])[],
  options: PickTokenOptions,
): Token {
  const top = logits
    .filter(([, logit]) => Number.isFinite(logit))
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, options.topK);
  const best = top[0];
  if (best === undefined) throw new Error('nothing to pick from');
  const weights = top.map(([, logit]) => Math.exp((logit - best[1]) / options.temperature));
  let left = options.random() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, weight] of weights.entries()) {
    left -= weight;
    const candidate = top[index];
    if (left < 0 && candidate !== undefined) return candidate[0];
  }
  return best[0];
}
