import { FEATURE_NAMES, type FeatureName } from '../../src/decision/features.js';
import { createSeeded } from '../../src/adapters/data/seeded.js';
import type { Utility } from '../../src/decision/utility.js';
import type { ReplayRow } from '../../src/eval/outcome.js';

export const UTILITY: Utility = {
  rightAnswer: 1,
  rightRefusal: 1,
  needlessRefusal: 0.5,
  thousandTokens: 0.01,
  second: 0.002,
};

/**
 * A made-up world whose rules are known: a third of the questions wants no document, a third is
 * answered by one, a third by nothing. The features hint at it, the read-out tells more.
 */
export function makeWorld(n: number, seed: number): ReplayRow[] {
  const next = createSeeded(seed).random;
  const near = (centre: number) => Math.min(1, Math.max(0, centre + 0.25 * (next() + next() - 1)));
  return Array.from({ length: n }, (_, at): ReplayRow => {
    const kind =
      (['document', 'general', 'unanswerable'] as const)[Math.floor(next() * 3)] ?? 'general';
    const lang = next() < 0.5 ? 'ja' : 'en';
    const holds = kind === 'document' && next() < 0.9;
    const features = Object.fromEntries(FEATURE_NAMES.map((name) => [name, 0])) as Record<
      FeatureName,
      number
    >;
    features.coverage_best = near(kind === 'document' ? 0.8 : kind === 'unanswerable' ? 0.6 : 0.3);
    features.dense_top = near(kind === 'document' ? 0.7 : kind === 'unanswerable' ? 0.6 : 0.3);
    features.general_margin = near(kind === 'general' ? 0.8 : 0.3);
    features.language_ja = lang === 'ja' ? 1 : 0;
    const spent = { tokens: 900, seconds: 6 };
    const known = (chance: number) => next() < chance;
    const readOut = holds ? near(0.15) : near(0.75);
    return {
      id: `q${seed}-${at}`,
      corpus: 'made-up',
      lang,
      kind,
      group: `document-${seed}-${Math.floor(at / 3)}`,
      holds,
      hasPassages: true,
      features,
      adapterAffinity: { grounded: -0.5 },
      arms: {
        direct: {
          right: kind === 'general' && known(0.95),
          empty: false,
          readOut: null,
          cited: null,
          tokens: 100,
          seconds: 2,
        },
        retrieve: { right: holds && known(0.5), empty: false, readOut: 0.4, cited: true, ...spent },
        'both:grounded': {
          right: holds && known(0.95),
          empty: false,
          readOut,
          cited: true,
          ...spent,
        },
      },
    };
  });
}
