import { createHash } from 'node:crypto';
import type { InputName, Inputs, Linear, Scorer } from '../decision/learned.js';
import { logit, sigmoid } from '../decision/policy.js';
import { fitPlatt, type Stated } from './calibration.js';
import { chanceOf, fitLogistic } from './logistic.js';
import { isGeneral, type ReplayRow } from './outcome.js';

export const FOLDS = 5;
/** Tried in cross-validation; the strongest pull within one per cent of the best is taken. */
const PENALTIES = [0.3, 1, 3, 10, 30];
const LANGUAGES = ['ja', 'en'] as const;

export type Shared = { general: Linear; answerable: Linear };
export type Case = { row: ReplayRow; came: boolean; inputs: Inputs };
export type Fitted = {
  scorer: Scorer;
  /** For each case, in order. */
  outOfFold: number[];
};

/** Questions on one document lie in one fold. */
export function foldOf({ group }: Pick<ReplayRow, 'group'>): number {
  return createHash('sha256').update(group).digest().readUInt32BE() % FOLDS;
}

/** The two chances that all arms share. */
export function fitShared(rows: readonly ReplayRow[], names: readonly InputName[]): Shared {
  const fit = (some: readonly ReplayRow[], label: (row: ReplayRow) => boolean): Linear => {
    const { bias, weights } = fitLogistic(
      some.map(({ features }) => names.map((name) => (features as Inputs)[name] ?? 0)),
      some.map((row) => (label(row) ? 1 : 0)),
      { penalty: 1 },
    );
    return linearOf(names, bias, weights);
  };
  return {
    general: fit(rows, isGeneral),
    // Whether an answer is there is only asked of questions that want a document.
    answerable: fit(
      rows.filter((row) => !isGeneral(row) && row.hasPassages),
      ({ holds }) => holds,
    ),
  };
}

/** A scorer, and its corrected predictions for each case by a scorer that did not see its fold. */
export function fitScorer(cases: readonly Case[], names: readonly InputName[]): Fitted {
  const table = cases.map(({ inputs }) => names.map((name) => inputs[name] ?? 0));
  const labels = cases.map(({ came }) => (came ? 1 : 0));
  const folds = cases.map(({ row }) => foldOf(row));
  const predict = (penalty: number): number[] => {
    const predicted = cases.map(() => 0);
    for (let fold = 0; fold < FOLDS; fold++) {
      const seen = folds.flatMap((own, at) => (own === fold ? [] : [at]));
      const fitted = fitLogistic(
        seen.map((at) => table[at] ?? []),
        seen.map((at) => labels[at] ?? 0),
        { penalty },
      );
      folds.forEach((own, at) => {
        if (own === fold) predicted[at] = chanceOf(fitted, table[at] ?? []);
      });
    }
    return predicted;
  };
  const tried = PENALTIES.map((penalty) => {
    const predicted = predict(penalty);
    return { penalty, predicted, loss: logLoss(predicted, labels) };
  });
  const least = Math.min(...tried.map(({ loss }) => loss));
  const taken = tried.findLast(({ loss }) => loss <= least * 1.01) ?? tried[0];
  if (taken === undefined) throw new Error('at least one penalty is tried');

  const stated: (Stated & { lang: 'ja' | 'en' })[] = taken.predicted.map((chance, at) => ({
    chance,
    came: cases[at]?.came ?? false,
    lang: cases[at]?.row.lang ?? 'ja',
  }));
  const [ja, en] = LANGUAGES.map((lang) => fitPlatt(stated.filter((one) => one.lang === lang)));
  const calibration = { ja: rounded(ja), en: rounded(en) };
  const { bias, weights } = fitLogistic(table, labels, { penalty: taken.penalty });
  return {
    scorer: { ...linearOf(names, bias, weights), calibration },
    outOfFold: stated.map(({ chance, lang }) => {
      const { slope, offset } = calibration[lang];
      return sigmoid(slope * logit(chance) + offset);
    }),
  };
}

function rounded(platt = { slope: 1, offset: 0 }) {
  return { slope: Math.max(1e-4, round4(platt.slope)), offset: round4(platt.offset) };
}

function linearOf(names: readonly InputName[], bias: number, weights: readonly number[]): Linear {
  return {
    bias: round4(bias),
    weights: Object.fromEntries(names.map((name, at) => [name, round4(weights[at] ?? 0)])),
  };
}

function logLoss(predicted: readonly number[], labels: readonly number[]): number {
  const kept = (chance: number) => Math.min(1 - 1e-6, Math.max(1e-6, chance));
  const sum = predicted.reduce(
    (total, chance, at) => total - Math.log(kept(labels[at] === 1 ? chance : 1 - chance)),
    0,
  );
  return sum / Math.max(1, predicted.length);
}

export function round4(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
