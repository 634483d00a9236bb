import type { Features } from './features.js';

export type ArmName = 'direct' | 'retrieve' | 'adapter' | 'both' | 'abstain';

/** An adapter that the asker may use. */
export type AdapterOption = {
  name: string;
  needsPassages: boolean;
  /** It answers with an object, which it does without passages alone. Defaults to false. */
  givesObject?: boolean;
};

export type ConsideredArm = {
  arm: ArmName;
  adapter: string | null;
  /** Chance of a right answer or a right refusal. */
  pGood: number;
  /** Chance of a wrong answer; the rest are needless refusals. */
  pWrong: number;
  cost: number;
  value: number;
  /** As its gate will say: the stated risk could not be shown to be kept. Defaults to false. */
  unbounded?: boolean;
};

/** What there is to go by before anything is read or written. */
export type Evidence = {
  features: Features;
  language: 'ja' | 'en';
  adapters: readonly AdapterOption[];
  /** Whether any passage was found that the asker may read. */
  hasPassages: boolean;
  /** Share of given answers that may be wrong, 0..1. */
  risk: number;
};

export type Weighed = {
  /** Every arm that is open, `abstain` among them, in any order. */
  considered: ConsideredArm[];
  /** Chance that the passages found hold the answer, and that none is wanted. */
  pAnswerable: number;
  pGeneral: number;
};

/**
 * What is known once the prompt has been read: `readOut` is the chance of the withholding word, null
 * for an arm that reads no passages.
 */
export type ReadEvidence = Pick<Evidence, 'features' | 'language' | 'risk'> & {
  arm: ArmName;
  adapter: string | null;
  readOut: number | null;
};

/**
 * A way of deciding: what each arm is worth before reading, and whether an answer may be given after
 * it. Pure: the same evidence gives the same result.
 */
export type Policy = {
  version: string;
  weigh(evidence: Evidence): Weighed;
  /** The last gate, before the first word. */
  gate(evidence: ReadEvidence): Gate;
};

export type Gate = {
  passes: boolean;
  /** Chance that the answer would be right, and the chance that is asked for; null: not known. */
  sure: number | null;
  wanted: number | null;
  /** The stated risk could not be shown to be kept, so nothing passes. Defaults to false. */
  unbounded?: boolean;
};

export const OPEN_GATE: Gate = { passes: true, sure: null, wanted: null };

export function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/** The inverse of `sigmoid`, of chances kept a little away from 0 and 1. */
export function logit(chance: number): number {
  const kept = Math.min(1 - 1e-6, Math.max(1e-6, chance));
  return Math.log(kept / (1 - kept));
}

/** `both:grounded`, `retrieve`: the name of an arm in decision files and reports. */
export function armKey({ arm, adapter }: { arm: string; adapter: string | null }): string {
  return adapter === null ? arm : `${arm}:${adapter}`;
}
