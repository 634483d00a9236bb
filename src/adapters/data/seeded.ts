/** Draws that are the same on every machine and every run. */
export type Seeded = {
  /** 0 up to 1. */
  random: () => number;
  pick<T>(items: readonly T[]): T;
  /** Fisher and Yates. */
  shuffle<T>(items: readonly T[]): T[];
  /** `value` rounded up with the chance of its fraction. */
  round(value: number): number;
};

/** mulberry32 (T. Ettinger, public domain): 32 bits of state, good enough to shuffle with. */
export function createSeeded(seed: number): Seeded {
  let state = seed >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return {
    random,
    pick: <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T,
    shuffle: <T>(items: readonly T[]) => {
      const result = [...items];
      for (let end = result.length - 1; end > 0; end--) {
        const at = Math.floor(random() * (end + 1));
        [result[end], result[at]] = [result[at] as T, result[end] as T];
      }
      return result;
    },
    round: (value) => Math.floor(value + random()),
  };
}
