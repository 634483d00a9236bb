import type { ArmName, ConsideredArm, Policy } from './policy.js';
import { OPEN_GATE, sigmoid } from './policy.js';
import { probability, type RuleModel, type SkillByLanguage } from './rule-model.js';
import { PRICE_ONLY_FROM } from './utility.js';

/**
 * The rule of the first version. A question is one that the passages answer, one that wants no
 * document, or one that nothing here answers; an arm fits one of the first two, and silence is right
 * only for the third. With `w = (1 - risk) / risk` as the price of a wrong answer,
 *
 *   value = pGood - w * pWrong - needlessRefusal * pNeedless - cost
 *
 * so that an arm that never withholds is worth more than silence from `pGood = 1 - risk` upwards. No
 * share of wrong answers was ever shown for it, so it answers only where the risk is a price.
 */
export function rulePolicy(model: RuleModel): Policy {
  return {
    version: model.version,
    weigh({ features, language, adapters, hasPassages, risk }) {
      const pGeneral = probability(model.general, features);
      const pAnswerable = hasPassages
        ? (1 - pGeneral) * probability(model.answerable, features)
        : 0;
      const pUnknowable = Math.max(0, 1 - pGeneral - pAnswerable);
      const wrongPrice = (1 - risk) / risk;
      const unbounded = risk < PRICE_ONLY_FROM;

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
        return { arm, adapter, pGood, pWrong, cost, value, unbounded };
      };

      const considered = [estimate('direct', null, model.skills.direct, pGeneral)];
      if (hasPassages) {
        considered.push(estimate('retrieve', null, model.skills.retrieve, pAnswerable));
      }
      for (const { name } of adapters) {
        const fit = sigmoid(
          model.adapterFit.bias +
            model.adapterFit.affinity * (features.adapterAffinity[name] ?? -1),
        );
        const alone = model.skills.adapter[name] ?? model.skills.direct;
        considered.push(estimate('adapter', name, alone, pGeneral * fit));
        if (hasPassages) {
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
      return { considered, pAnswerable, pGeneral };
    },
    gate({ adapter, readOut, language, risk }) {
      if (risk < PRICE_ONLY_FROM) return { ...OPEN_GATE, passes: false, unbounded: true };
      if (readOut === null) return OPEN_GATE;
      const own = adapter === null ? undefined : model.gate.both[adapter];
      return { ...OPEN_GATE, passes: readOut < (own ?? model.gate.retrieve)[language] };
    },
  };
}
