export type Interval = { value: number; low: number; high: number; n: number };

const ROUNDS = 1000;

/**
 * A measure of `cases` with its 95 % percentile bootstrap interval (Efron 1979): 1000 samples of
 * the same size, drawn with replacement, the same ones on every run. Samples on which the measure is
 * not finite (one class missing, say) are left out; NaN when the measure is never finite.
 */
export function bootstrap<T>(
  cases: readonly T[],
  measure: (sample: readonly T[]) => number,
): Interval {
  const next = createRandom(1);
  const values = Array.from({ length: ROUNDS }, () =>
    measure(cases.map(() => cases[Math.floor(next() * cases.length)] as T)),
  )
    .filter((value) => Number.isFinite(value))
    .toSorted((a, b) => a - b);
  const at = (share: number) =>
    values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? Number.NaN;
  return { value: measure(cases), low: at(0.025), high: at(0.975), n: cases.length };
}

/** Numbers from 0 up to 1 (Park and Miller's minimal standard generator, CACM 1988). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}
