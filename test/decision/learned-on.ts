import type { DecisionFile } from '../../src/decision/learned.js';

/** A decision file that was learned on a chat model and knows the arm `direct`. */
export function learnedOn(chatModel: string): DecisionFile {
  const scorer = {
    bias: 0,
    weights: {},
    calibration: { ja: { slope: 1, offset: 0 }, en: { slope: 1, offset: 0 } },
  };
  const bound = { threshold: 0.5, answered: 10, wrong: 1, n: 20 };
  return {
    version: 'learned-here',
    learned: {
      at: '2025-01-01T00:00:00.000Z',
      corpora: ['handbook'],
      questions: { ja: 50, en: 50 },
      chatModel,
      adapters: {},
      promptVersion: '2',
    },
    utility: { rightAnswer: 1, rightRefusal: 1, needlessRefusal: 0, thousandTokens: 0, second: 0 },
    general: { bias: 0, weights: {} },
    answerable: { bias: 0, weights: {} },
    risks: [
      {
        risk: 0.5,
        arms: { direct: { good: scorer, wrong: scorer, sure: scorer, silent: scorer, cost: 0 } },
        abstain: scorer,
        bound: { ja: bound, en: bound },
      },
    ],
  };
}
