import type { Choice } from './decide.js';

export type Explored = {
  choice: Choice;
  /** Chance with which this arm was taken; null where nothing is explored. */
  propensity: number | null;
};

/**
 * Now and then takes an arm that was not the best, each with the same chance, so that what the others
 * would have brought can be estimated later from live answers (inverse propensity scoring, Horvitz and
 * Thompson 1952). The last gate stands behind it as always. Silence and what the asker forced are left
 * as they are. `random` gives 0 up to 1.
 */
export function explore(
  choice: Choice,
  { share, random }: { share: number; random: () => number },
): Explored {
  const open = choice.considered.filter(({ arm }) => arm !== 'abstain');
  if (share <= 0 || choice.forced || choice.arm === 'abstain' || open.length < 2) {
    return { choice, propensity: null };
  }
  const isBest = (one: { arm: string; adapter: string | null }) =>
    one.arm === choice.arm && one.adapter === choice.adapter;
  const drawn = random() < share ? open[Math.floor(random() * open.length)] : undefined;
  const taken = drawn ?? choice;
  return {
    choice:
      drawn === undefined || isBest(drawn)
        ? choice
        : {
            ...choice,
            arm: drawn.arm,
            adapter: drawn.adapter,
            confidence: drawn.pGood,
            explored: true,
          },
    propensity: share / open.length + (isBest(taken) ? 1 - share : 0),
  };
}
