import type { DecisionModel } from './model.js';

/**
 * The decision file of a corpus that has none of its own. First version: weights and skills are
 * a documented rule, set by `scripts/decision/fit-default.ts` on the fitting half of the sample
 * questions; see docs/architecture.md.
 */
export const DEFAULT_MODEL: DecisionModel = {
  version: 'rule-1',
  answerable: {
    bias: -3,
    weights: {
      dense_top: 3,
      coverage: 2.5,
      coverage_best: 1,
      leg_agreement: 0.8,
      top_agreement: 0.6,
      number_mismatch: -1.2,
      name_mismatch: -1.5,
    },
  },
  general: { bias: -2.2, weights: { general_margin: 4, coverage: -1, keyword_top: -1 } },
  adapterFit: { bias: 0, affinity: 4 },
  skills: {
    direct: {
      ja: { right: 0.6, withheld: 0.05, refused: 0.1 },
      en: { right: 0.7, withheld: 0.05, refused: 0.1 },
    },
    retrieve: {
      ja: { right: 0.55, withheld: 0.02, refused: 0.1 },
      en: { right: 0.7, withheld: 0.02, refused: 0.1 },
    },
    adapter: {
      grounded: {
        ja: { right: 0.7, withheld: 0.05, refused: 0.3 },
        en: { right: 0.7, withheld: 0.05, refused: 0.3 },
      },
    },
    both: {
      grounded: {
        ja: { right: 0.7, withheld: 0.1, refused: 0.7 },
        en: { right: 0.7, withheld: 0.1, refused: 0.6 },
      },
    },
  },
  cost: { direct: 0.01, adapter: 0.01, retrieve: 0.04, both: 0.04 },
  needlessRefusal: 0.5,
  gate: { retrieve: 0.9, both: { grounded: 0.5 } },
};
