/**
 * What `look` finds, looked for again by whoever asks once it is older than `forMs`. A later look that
 * fails leaves what is known, for another `forMs`. Errors, of the first look alone: those of `look`.
 * `clock`: milliseconds, monotonic.
 */
export async function keepFresh<T>(
  look: () => Promise<T>,
  { forMs, clock }: { forMs: number; clock: () => number },
): Promise<() => Promise<T>> {
  let known = await look();
  let lookedAt = clock();
  let looking: Promise<void> | null = null;

  async function lookAgain(): Promise<void> {
    try {
      known = await look();
    } catch {
      // What is known goes on.
    }
    lookedAt = clock();
    looking = null;
  }

  return async () => {
    if (clock() - lookedAt >= forMs) await (looking ??= lookAgain());
    return known;
  };
}
