import { z } from 'zod';
import { FEATURE_NAMES, type Features } from './features.js';
import { sigmoid } from './policy.js';

const Weights = z.strictObject({
  bias: z.number(),
  weights: z.partialRecord(z.enum(FEATURE_NAMES), z.number()),
});
export type Weights = z.infer<typeof Weights>;

/** How one way of answering turned out on replayed questions, per language. */
const Skill = z.strictObject({
  /** Of the questions it can know, the share answered right. */
  right: z.number().min(0).max(1),
  /** Of the questions it can know, the share withheld needlessly. */
  withheld: z.number().min(0).max(1),
  /** Of the questions it cannot know, the share withheld. */
  refused: z.number().min(0).max(1),
});
const SkillByLanguage = z.strictObject({ ja: Skill, en: Skill });
export type SkillByLanguage = z.infer<typeof SkillByLanguage>;

/** Chances 0..1. */
const Threshold = z.strictObject({ ja: z.number(), en: z.number() });

/**
 * The first version of a decision: chances of the three kinds of question as logistic functions of
 * the features, and the measured skill of each way of answering.
 */
export const RuleModel = z.strictObject({
  version: z.string(),
  /** Chance that the passages found hold the answer. */
  answerable: Weights,
  /** Chance that the question wants no company document. */
  general: Weights,
  /** Weight of the adapter's own affinity in the chance that its skill without passages fits. */
  adapterFit: z.strictObject({ bias: z.number(), affinity: z.number() }),
  skills: z.strictObject({
    direct: SkillByLanguage,
    retrieve: SkillByLanguage,
    adapter: z.record(z.string(), SkillByLanguage),
    both: z.record(z.string(), SkillByLanguage),
  }),
  /** Price of an arm as a share of the worth of a right answer: tokens and waiting time. */
  cost: z.strictObject({
    direct: z.number(),
    retrieve: z.number(),
    adapter: z.number(),
    both: z.number(),
  }),
  /** Price of a refusal where an answer was possible, as a share of the worth of a right answer. */
  needlessRefusal: z.number().min(0),
  /** Withhold when the chance of the withholding word at the first position reaches this. */
  gate: z.strictObject({ retrieve: Threshold, both: z.record(z.string(), Threshold) }),
});
export type RuleModel = z.infer<typeof RuleModel>;

/** Logistic function of a weighted sum; 0..1. */
export function probability(weights: Weights, features: Features): number {
  let sum = weights.bias;
  for (const name of FEATURE_NAMES) sum += (weights.weights[name] ?? 0) * features[name];
  return sigmoid(sum);
}
