import type { Features } from './features.js';
import type { ArmName, ConsideredArm, Evidence, Policy } from './policy.js';

export type Choice = {
  arm: ArmName;
  adapter: string | null;
  confidence: number;
  /** Chance that the passages found hold the answer, and that none is wanted. */
  pAnswerable: number;
  pGeneral: number;
  /**
   * Best first; the first is the choice unless the asker forced one. Of a named adapter its arms alone;
   * without those that could not be shown to keep the stated risk.
   */
  considered: ConsideredArm[];
  forced: boolean;
  /** Drawn by chance and not the best: `explore`. */
  explored: boolean;
  /** Silence because no arm could be shown to keep the stated risk. */
  unbounded: boolean;
  /** Stated share of given answers that may be wrong. */
  risk: number;
  features: Features;
};

export type DecideInput = Evidence & {
  /** What the asker asks for; 'auto' lets the evidence choose. */
  mode: 'auto' | 'direct' | 'retrieve' | 'adapter' | 'both';
  /** Adapter the asker names, or null. */
  adapter: string | null;
};

/** Chooses the arm of highest value. Pure: the same evidence always gives the same choice. */
export function decide(input: DecideInput, policy: Policy): Choice {
  const { considered, pAnswerable, pGeneral } = policy.weigh(input);
  const sorted = considered.toSorted((a, b) => b.value - a.value);
  const named = sorted.filter((one) => fits(one, input));
  const open = named.filter(({ unbounded }) => unbounded !== true);
  const forced = pickForced(sorted, input);
  const chosen = forced ?? first(open);
  return {
    arm: chosen.arm,
    adapter: chosen.adapter,
    confidence: chosen.pGood,
    pAnswerable,
    pGeneral,
    considered: forced === undefined ? open : sorted,
    forced: input.mode !== 'auto' && chosen.arm === input.mode,
    explored: false,
    unbounded: forced === undefined && open.length === 1 && named.length > 1,
    risk: input.risk,
    features: input.features,
  };
}

/**
 * What is done when the draft of `choice` was withheld: the best of the arms that would not read the
 * same passages again, if it is worth more than silence; null: silence. A way that the asker forced is
 * not left.
 */
export function secondLook(
  choice: Pick<Choice, 'arm' | 'forced' | 'considered'>,
): ConsideredArm | null {
  if (choice.forced || choice.arm === 'abstain') return null;
  const reads = (arm: ArmName) => arm === 'retrieve' || arm === 'both';
  const others = choice.considered.filter(
    ({ arm }) => arm === 'abstain' || reads(arm) !== reads(choice.arm),
  );
  const best = others[0];
  return best === undefined || best.arm === 'abstain' ? null : best;
}

/**
 * The best arm of the way that the asker forced; whether it keeps the stated risk is left to the last gate.
 * A forced reading arm without any passage abstains: there is nothing to read.
 */
function pickForced(
  considered: readonly ConsideredArm[],
  input: DecideInput,
): ConsideredArm | undefined {
  const { mode } = input;
  if (mode === 'auto') return undefined;
  return (
    considered.find((one) => one.arm === mode && fits(one, input)) ??
    considered.find(({ arm }) => arm === 'abstain')
  );
}

/**
 * Whether an arm is one of the adapter that the asker named, if any, or silence. One that is to give an
 * object reads passages only when told to.
 */
function fits({ arm, adapter }: ConsideredArm, input: DecideInput): boolean {
  if (arm === 'abstain') return true;
  if (input.mode === 'auto' && arm === 'both') {
    const option = input.adapters.find(({ name }) => name === adapter);
    if (option?.givesObject === true) return false;
  }
  return input.adapter === null || adapter === input.adapter;
}

function first(considered: readonly ConsideredArm[]): ConsideredArm {
  const best = considered[0];
  if (best === undefined) throw new Error('abstain is always considered');
  return best;
}
