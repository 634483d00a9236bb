import { z } from 'zod';
import { FEATURE_NAMES, type Features } from './features.js';
import {
  armKey,
  type ConsideredArm,
  type Evidence,
  logit,
  OPEN_GATE,
  type Policy,
  sigmoid,
} from './policy.js';
import { breakEven, Utility, wrongPrice } from './utility.js';

/**
 * What a scorer may look at: the features; the two shared chances and the read-out as log-odds divided
 * by 5; and how near the question is to the adapter's own examples.
 */
export const INPUT_NAMES = [
  ...FEATURE_NAMES,
  'general',
  'answerable',
  'affinity',
  'read_out',
] as const;
export type InputName = (typeof INPUT_NAMES)[number];
export type Inputs = Readonly<Partial<Record<InputName, number>>>;

const Linear = z.strictObject({
  bias: z.number(),
  weights: z.partialRecord(z.enum(INPUT_NAMES), z.number()),
});
export type Linear = z.infer<typeof Linear>;

/** `sigmoid(slope · z + offset)` with the `z` of the linear part. */
const Correction = z.strictObject({ slope: z.number().positive(), offset: z.number() });

/** A chance: a linear function of its inputs, corrected for each language. */
const Scorer = Linear.extend({
  calibration: z.strictObject({ ja: Correction, en: Correction }),
});
export type Scorer = z.infer<typeof Scorer>;

const ArmScorers = z.strictObject({
  /** Chance of a right answer or a right refusal, and of a wrong answer, behind the last gate. */
  good: Scorer,
  wrong: Scorer,
  /** Chances, once the prompt has been read, that the answer is right and that silence would be. */
  sure: Scorer,
  silent: Scorer,
  /** Price of its tokens and time. */
  cost: z.number().min(0),
});
export type ArmScorers = z.infer<typeof ArmScorers>;

/** How the stated risk was kept on the rows learned from, by predictions out of fold. */
const Bound = z.strictObject({
  /**
   * Answer from this sureness on, where it also pays; null: the risk could not be shown to be kept, so
   * never.
   */
  threshold: z.number().nullable(),
  answered: z.int(),
  wrong: z.int(),
  n: z.int(),
});

/** One stated risk, with what was learned for it. */
const AtRisk = z.strictObject({
  risk: z.number().positive().max(1),
  arms: z.record(z.string(), ArmScorers),
  /** Chance that silence is right. */
  abstain: Scorer,
  bound: z.strictObject({ ja: Bound, en: Bound }),
});
export type AtRisk = z.infer<typeof AtRisk>;

/** A decision file: `decision.json`, written by `decision train`. */
export const DecisionFile = z.strictObject({
  version: z.string().min(1),
  /** What it was learned from; a file is used only where model and adapters are the same. */
  learned: z.strictObject({
    at: z.iso.datetime(),
    corpora: z.array(z.string()),
    questions: z.strictObject({ ja: z.int(), en: z.int() }),
    chatModel: z.string(),
    adapters: z.record(z.string(), z.string()),
    promptVersion: z.string(),
  }),
  utility: Utility,
  /** Chances shared by all arms: no document is wanted; the passages found hold the answer. */
  general: Linear,
  answerable: Linear,
  /** From the strictest to the loosest. */
  risks: z.array(AtRisk).min(1),
});
export type DecisionFile = z.infer<typeof DecisionFile>;

/** Risks that differ by less are the same number, written differently. */
const SAME_RISK = 1e-9;

/** Divides log-odds so that they lie where the features do. */
const LOG_ODDS_SCALE = 5;

/**
 * The policy of a decision file. Inference is a few dot products. Arms that were never replayed, of an
 * adapter that came later, are weighed and gated by `fallback`; without one they are left out.
 */
export function learnedPolicy(file: DecisionFile, fallback?: Policy): Policy {
  return {
    version: file.version,
    weigh(evidence) {
      const { language, hasPassages, adapters } = evidence;
      const at = atRisk(file, evidence.risk);
      const { arms, abstain } = at;
      const unbounded = thresholdAt(at, evidence) === null;
      const considered: ConsideredArm[] = [];
      const add = (arm: ConsideredArm['arm'], adapter: string | null) => {
        const scorers = arms[armKey({ arm, adapter })];
        if (scorers === undefined) return;
        const inputs = inputsOf(file, evidence, adapter, null);
        const pGood = scoreOf(scorers.good, inputs, language);
        const pWrong = scoreOf(scorers.wrong, inputs, language);
        const weighed = weighArm(
          { pGood, pWrong, cost: scorers.cost },
          file.utility,
          evidence.risk,
        );
        considered.push({ arm, adapter, ...weighed, unbounded });
      };
      add('direct', null);
      if (hasPassages) add('retrieve', null);
      for (const { name } of adapters) {
        add('adapter', name);
        if (hasPassages) add('both', name);
      }
      const isNew = (one: ConsideredArm) => one.arm !== 'abstain' && !(armKey(one) in arms);
      considered.push(...(fallback?.weigh(evidence).considered.filter(isNew) ?? []));
      const pSilent = scoreOf(abstain, inputsOf(file, evidence, null, null), language);
      considered.push(weighSilence(pSilent, file.utility));
      const { general, answerable } = sharedChances(file, evidence);
      return { considered, pGeneral: general, pAnswerable: (1 - general) * answerable };
    },
    gate(read) {
      const at = atRisk(file, read.risk);
      const scorers = at.arms[armKey(read)];
      const threshold = thresholdAt(at, read);
      if (scorers === undefined) return fallback?.gate(read) ?? OPEN_GATE;
      const inputs = inputsOf(file, { ...read, hasPassages: true }, read.adapter, read.readOut);
      const sure = scoreOf(scorers.sure, inputs, read.language);
      const pSilent = scoreOf(scorers.silent, inputs, read.language);
      const pays = breakEven(pSilent, file.utility, read.risk);
      const wanted = threshold === null ? null : Math.max(threshold, pays);
      return {
        passes: wanted !== null && sure >= wanted,
        sure,
        wanted,
        unbounded: wanted === null,
      };
    },
  };
}

type Chances = Pick<ConsideredArm, 'pGood' | 'pWrong' | 'cost'>;

/** What an arm is worth; the two chances were learned apart and together are at most 1. */
export function weighArm(
  { pGood, pWrong, cost }: Chances,
  { rightAnswer, needlessRefusal }: Utility,
  risk: number,
): Chances & { value: number } {
  const wrong = Math.min(1 - pGood, pWrong);
  const needless = 1 - pGood - wrong;
  const value = rightAnswer * pGood - wrongPrice(risk) * wrong - needlessRefusal * needless - cost;
  return { pGood, pWrong: wrong, cost, value };
}

/** What silence is worth when it is right with this chance. */
export function weighSilence(
  pGood: number,
  { rightRefusal, needlessRefusal }: Utility,
): ConsideredArm {
  const value = rightRefusal * pGood - needlessRefusal * (1 - pGood);
  return { arm: 'abstain', adapter: null, pGood, pWrong: 0, cost: 0, value };
}

/** What keeps the stated risk; null: nothing was shown to. A bound for a looser risk keeps no stricter one. */
function thresholdAt(
  { risk, bound }: AtRisk,
  stated: Pick<Evidence, 'risk' | 'language'>,
): number | null {
  return risk > stated.risk + SAME_RISK ? null : bound[stated.language].threshold;
}

/** The loosest stated risk that is not above the one wanted, else the strictest there is. */
export function atRisk({ risks }: Pick<DecisionFile, 'risks'>, risk: number): AtRisk {
  const found = risks.findLast((one) => one.risk <= risk + SAME_RISK) ?? risks[0];
  if (found === undefined) throw new Error('a decision file holds at least one risk');
  return found;
}

type Seen = Pick<Evidence, 'features' | 'hasPassages'>;

function sharedChances(
  { general, answerable }: Pick<DecisionFile, 'general' | 'answerable'>,
  { features, hasPassages }: Seen,
): { general: number; answerable: number } {
  return {
    general: sigmoid(linear(general, features)),
    answerable: hasPassages ? sigmoid(linear(answerable, features)) : 0,
  };
}

/** Everything a scorer may look at; `readOut` is null before the prompt has been read. */
export function inputsOf(
  shared: Pick<DecisionFile, 'general' | 'answerable'>,
  evidence: Seen,
  adapter: string | null,
  readOut: number | null,
): Inputs {
  const { adapterAffinity, ...features } = evidence.features;
  const chances = sharedChances(shared, evidence);
  return {
    ...features,
    general: logOdds(chances.general),
    answerable: logOdds(chances.answerable),
    affinity: adapter === null ? 0 : (adapterAffinity[adapter] ?? -1),
    read_out: readOut === null ? 0 : logOdds(readOut),
  };
}

function logOdds(chance: number): number {
  return logit(chance) / LOG_ODDS_SCALE;
}

export function scoreOf(scorer: Scorer, inputs: Inputs, language: 'ja' | 'en'): number {
  const { slope, offset } = scorer.calibration[language];
  return sigmoid(slope * linear(scorer, inputs) + offset);
}

function linear({ bias, weights }: Linear, inputs: Inputs | Features): number {
  let sum = bias;
  const known = inputs as Inputs;
  for (const name of INPUT_NAMES) sum += (weights[name] ?? 0) * (known[name] ?? 0);
  return sum;
}
