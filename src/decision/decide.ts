import type { Features } from './features.js';
import { type DecisionModel, probability, type SkillByLanguage, sigmoid } from './model.js';

export type ArmName = 'direct' | 'retrieve' | 'adapter' | 'both' | 'abstain';

/** An adapter that the asker may use. */
export type AdapterOption = { name: string; needsPassages: boolean };

export type ConsideredArm = {
  arm: ArmName;
  adapter: string | null;
  /** Chance of a right answer or a right refusal. */
  pGood: number;
  /** Chance of a wrong answer; the rest are needless refusals. */
  pWrong: number;
  cost: number;
  value: number;
};

export type Choice = {
  arm: ArmName;
  adapter: string | null;
  confidence: number;
  /** Chance that the passages found hold the answer, and that none is wanted. */
  pAnswerable: number;
  pGeneral: number;
  /** Best first; the first is the choice unless the asker forced one. */
  considered: ConsideredArm[];
  forced: boolean;
  features: Features;
};

export type DecideInput = {
  features: Features;
  language: 'ja' | 'en';
  adapters: readonly AdapterOption[];
  /** Whether any passage was found that the asker may read. */
  hasPassages: boolean;
  /** Share of given answers that may be wrong, 0..1. */
  risk: number;
  /** What the asker asks for; 'auto' lets the evidence choose. */
  mode: 'auto' | 'direct' | 'retrieve' | 'adapter' | 'both';
  /** Adapter the asker names, or null. */
  adapter: string | null;
};

/**
 * Chooses the arm of highest value. A question is one that the passages answer, one that wants no
 * document, or one that nothing here answers; an arm fits one of the first two, and silence is right
 * only for the third. With `w = (1 - risk) / risk` as the price of a wrong answer,
 *
 *   value = pGood - w * pWrong - needlessRefusal * pNeedless - cost
 *
 * so that an arm that never withholds is worth more than silence from `pGood = 1 - risk` upwards.
 * Pure: the same evidence always gives the same choice.
 */
export function decide(input: DecideInput, model: DecisionModel): Choice {
  const { features, language } = input;
  const pGeneral = probability(model.general, features);
  const pAnswerable = input.hasPassages
    ? (1 - pGeneral) * probability(model.answerable, features)
    : 0;
  const pUnknowable = Math.max(0, 1 - pGeneral - pAnswerable);
  const wrongPrice = (1 - input.risk) / input.risk;

  const estimate = (
    arm: Exclude<ArmName, 'abstain'>,
    adapter: string | null,
    skills: SkillByLanguage,
    pFits: number,
  ): ConsideredArm => {
    const skill = skills[language];
    const pElse = Math.max(0, 1 - pFits - pUnknowable);
    const pGood = pFits * skill.right + pUnknowable * skill.refused;
    const pNeedless = pFits * skill.withheld + pElse * skill.refused;
    const pWrong = Math.max(0, 1 - pGood - pNeedless);
    const cost = model.cost[arm];
    const value = pGood - wrongPrice * pWrong - model.needlessRefusal * pNeedless - cost;
    return { arm, adapter, pGood, pWrong, cost, value };
  };

  const considered: ConsideredArm[] = [estimate('direct', null, model.skills.direct, pGeneral)];
  if (input.hasPassages) {
    considered.push(estimate('retrieve', null, model.skills.retrieve, pAnswerable));
  }
  for (const { name } of input.adapters) {
    const fit = sigmoid(
      model.adapterFit.bias + model.adapterFit.affinity * (features.adapterAffinity[name] ?? -1),
    );
    const alone = model.skills.adapter[name] ?? model.skills.direct;
    considered.push(estimate('adapter', name, alone, pGeneral * fit));
    if (input.hasPassages) {
      const reading = model.skills.both[name] ?? model.skills.retrieve;
      considered.push(estimate('both', name, reading, pAnswerable));
    }
  }
  considered.push({
    arm: 'abstain',
    adapter: null,
    pGood: pUnknowable,
    pWrong: 0,
    cost: 0,
    value: pUnknowable - model.needlessRefusal * (1 - pUnknowable),
  });
  considered.sort((a, b) => b.value - a.value);

  const chosen = pickForced(considered, input) ?? first(considered);
  return {
    arm: chosen.arm,
    adapter: chosen.adapter,
    confidence: chosen.pGood,
    pAnswerable,
    pGeneral,
    considered,
    forced: input.mode !== 'auto' && chosen.arm === input.mode,
    features,
  };
}

/**
 * Whether the answer may go on after the prompt has been read: the last gate, on the chance of
 * the withholding word at the first answer position.
 */
export function passesGate(
  choice: { arm: ArmName; adapter: string | null },
  withholdProbability: number,
  language: 'ja' | 'en',
  { gate }: DecisionModel,
): boolean {
  if (choice.arm !== 'retrieve' && choice.arm !== 'both') return true;
  const own = choice.adapter === null ? undefined : gate.both[choice.adapter];
  return withholdProbability < (own ?? gate.retrieve)[language];
}

/**
 * The best of the arms that fit what the asker named. A forced reading arm without any passage
 * abstains: there is nothing to read.
 */
function pickForced(
  considered: readonly ConsideredArm[],
  input: DecideInput,
): ConsideredArm | undefined {
  const { mode, adapter } = input;
  const named = adapter === null ? considered : considered.filter((c) => c.adapter === adapter);
  if (mode !== 'auto') {
    return (
      named.find((candidate) => candidate.arm === mode) ??
      considered.find((candidate) => candidate.arm === 'abstain')
    );
  }
  if (adapter === null) return undefined;
  return considered.find((c) => c.arm === 'abstain' || c.adapter === adapter);
}

function first(considered: readonly ConsideredArm[]): ConsideredArm {
  const best = considered[0];
  if (best === undefined) throw new Error('abstain is always considered');
  return best;
}
