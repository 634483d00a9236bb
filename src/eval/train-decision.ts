import {
  type ArmScorers,
  type AtRisk,
  type DecisionFile,
  INPUT_NAMES,
  type InputName,
  type Inputs,
  inputsOf,
  weighArm,
  weighSilence,
} from '../decision/learned.js';
import { secondLook } from '../decision/decide.js';
import { FEATURE_NAMES } from '../decision/features.js';
import { armKey, type ConsideredArm } from '../decision/policy.js';
import {
  breakEven,
  costOf,
  isGood,
  PRICE_ONLY_FROM,
  type Utility,
  type Verdict,
} from '../decision/utility.js';
import {
  type Case,
  fitScorer,
  fitShared,
  type Fitted,
  foldOf,
  FOLDS,
  round4,
  type Shared,
} from './fit-scorer.js';
import { type ArmOutcome, evidenceOfRow, type ReplayRow, verdictOf } from './outcome.js';
import { boundRisk, givenFrom } from './risk-bound.js';

export type TrainOptions = {
  utility: Utility;
  /** Risks to learn for, from the strictest to the loosest; one of a half or more is a price only. */
  risks: readonly number[];
  /** A risk below a half is kept with chance `1 - delta`. */
  delta: number;
  /** Left out of everything that is learned, to see what they are worth. */
  without?: readonly InputName[];
};

export type Trained = Pick<DecisionFile, 'utility' | 'general' | 'answerable' | 'risks'>;

/** Each gate changes which arm is taken first, and so what the gate has to hold back. */
const ROUNDS = 3;
const BEFORE_READING = INPUT_NAMES.filter((name) => name !== 'read_out');

/** An arm on the rows where it was tried. */
type TriedArm = {
  key: string;
  arm: ConsideredArm['arm'];
  adapter: string | null;
  tried: { row: ReplayRow; outcome: ArmOutcome }[];
  sure: Fitted;
  silent: Fitted;
  /** Of each draft: chances that it is right and that silence would be, predicted out of fold. */
  chancesOf: ReadonlyMap<ReplayRow, { sure: number; silent: number }>;
  /** Place of a row in `tried`. */
  placeOf: ReadonlyMap<ReplayRow, number>;
};

type Bench = {
  rows: readonly ReplayRow[];
  arms: readonly TriedArm[];
  /** Chance that silence is right, in the order of `rows`. */
  abstain: Fitted;
  inputs: (row: ReplayRow, adapter: string | null, readOut: number | null) => Inputs;
  fit: (cases: readonly Case[], names: readonly InputName[]) => Fitted;
  options: TrainOptions;
};

type Bounds = AtRisk['bound'];
type LearnedArm = { scorers: ArmScorers; good: Fitted; wrong: Fitted };

/**
 * Learns a decision from replayed questions: two chances that all arms share, then for each arm the
 * chance that its answer is right once the prompt was read, a threshold on it that keeps the stated
 * risk, and the chances of a good and of a wrong outcome behind that gate. What a later step learns
 * from was predicted for rows that the earlier step did not see (stacking, Wolpert 1992), in folds of
 * whole documents. Deterministic.
 */
export function trainDecision(rows: readonly ReplayRow[], options: TrainOptions): Trained {
  const bench = setUp(rows, options);
  const names = usable(FEATURE_NAMES, options);
  return {
    utility: options.utility,
    ...fitShared(rows, names),
    risks: options.risks.map((risk) => learnAt(risk, bench)),
  };
}

function usable(names: readonly InputName[], { without }: TrainOptions): InputName[] {
  return names.filter((name) => !without?.includes(name));
}

function setUp(rows: readonly ReplayRow[], options: TrainOptions): Bench {
  const sharedOfFold = Array.from({ length: FOLDS }, (_, fold) =>
    fitShared(
      rows.filter((row) => foldOf(row) !== fold),
      usable(FEATURE_NAMES, options),
    ),
  );
  const inputs: Bench['inputs'] = (row, adapter, readOut) =>
    inputsOf(sharedOfFold[foldOf(row)] as Shared, evidenceOfRow(row, 1), adapter, readOut);
  const fit: Bench['fit'] = (cases, names) => fitScorer(cases, usable(names, options));

  const keys = [...new Set(rows.flatMap(({ arms }) => Object.keys(arms)))].toSorted();
  const arms = keys.map((key): TriedArm => {
    const [arm = '', adapter = null] = key.split(':');
    const tried = rows.flatMap((row) => {
      const outcome = row.arms[key];
      return outcome === undefined ? [] : [{ row, outcome }];
    });
    const drafts = tried
      .filter(({ outcome }) => !outcome.empty)
      .map(({ row, outcome }) => ({
        row,
        came: outcome.right,
        inputs: inputs(row, adapter, outcome.readOut),
      }));
    const sure = fit(drafts, INPUT_NAMES);
    const silent = fit(
      drafts.map((draft) => ({ ...draft, came: draft.row.kind === 'unanswerable' })),
      INPUT_NAMES,
    );
    const chancesOf = new Map(
      drafts.map(({ row }, at) => {
        return [row, { sure: sure.outOfFold[at] ?? 0, silent: silent.outOfFold[at] ?? 0 }];
      }),
    );
    const placeOf = new Map(tried.map(({ row }, at) => [row, at]));
    return { key, arm: arm as TriedArm['arm'], adapter, tried, sure, silent, chancesOf, placeOf };
  });
  const abstain = fit(
    rows.map((row) => ({
      row,
      came: row.kind === 'unanswerable',
      inputs: inputs(row, null, null),
    })),
    BEFORE_READING,
  );
  return { rows, arms, abstain, inputs, fit, options };
}

function learnAt(risk: number, bench: Bench): AtRisk {
  const open = { threshold: 0, answered: 0, wrong: 0, n: 0 };
  let bound: Bounds = { ja: open, en: open };
  let learned = learnArms(risk, bound, bench);
  for (let round = 0; round < ROUNDS; round++) {
    const next = boundsFor(risk, learned, bench);
    const same =
      next.ja.threshold === bound.ja.threshold && next.en.threshold === bound.en.threshold;
    bound = next;
    if (same) break;
    learned = learnArms(risk, bound, bench);
  }
  const arms = Object.fromEntries([...learned].map(([{ key }, { scorers }]) => [key, scorers]));
  return { risk, arms, abstain: bench.abstain.scorer, bound };
}

/** What comes of each arm when its drafts are held back below the thresholds. */
function learnArms(
  risk: number,
  bound: Bounds,
  { arms, inputs, fit, options }: Bench,
): Map<TriedArm, LearnedArm> {
  return new Map(
    arms.map((arm) => {
      const { tried, adapter } = arm;
      const ended = tried.map(({ row, outcome }) => ({
        row,
        verdict: verdictOf(
          row,
          surenessOf(row, arm, risk, options) < (bound[row.lang].threshold ?? Infinity)
            ? null
            : outcome.right,
        ),
      }));
      const cases = (test: (verdict: Verdict) => boolean): Case[] =>
        ended.map(({ row, verdict }) => ({
          row,
          came: test(verdict),
          inputs: inputs(row, adapter, null),
        }));
      const good = fit(cases(isGood), BEFORE_READING);
      const wrong = fit(
        cases((verdict) => verdict === 'wrong'),
        BEFORE_READING,
      );
      const spent = tried.reduce((sum, { outcome }) => sum + costOf(outcome, options.utility), 0);
      const cost = round4(spent / Math.max(1, tried.length));
      const scorers = {
        good: good.scorer,
        wrong: wrong.scorer,
        sure: arm.sure.scorer,
        silent: arm.silent.scorer,
        cost,
      };
      return [arm, { scorers, good, wrong }];
    }),
  );
}

/** How sure a draft is, out of fold; below all thresholds when it withheld itself or does not pay. */
function surenessOf(
  row: ReplayRow,
  { chancesOf }: TriedArm,
  risk: number,
  { utility }: TrainOptions,
): number {
  const chances = chancesOf.get(row);
  if (chances === undefined) return -Infinity;
  return chances.sure >= breakEven(chances.silent, utility, risk) ? chances.sure : -Infinity;
}

/** The thresholds for the drafts that would be made, by predictions out of fold. */
function boundsFor(risk: number, learned: ReadonlyMap<TriedArm, LearnedArm>, bench: Bench): Bounds {
  const drafts = bench.rows.map((row, at) =>
    draftsOf(row, at, risk, learned, bench).flatMap((arm) => {
      const sure = surenessOf(row, arm, risk, bench.options);
      const outcome = row.arms[arm.key];
      return sure === -Infinity || outcome === undefined
        ? []
        : [{ confidence: round4(sure), wrong: !outcome.right }];
    }),
  );
  const of = (lang: 'ja' | 'en') => {
    const own = drafts.filter((_, at) => bench.rows[at]?.lang === lang);
    const { threshold } =
      risk < PRICE_ONLY_FROM
        ? boundRisk(own, { risk, delta: bench.options.delta })
        : { threshold: 0 };
    if (threshold === null) return { threshold, answered: 0, wrong: 0, n: own.length };
    return { threshold, ...givenFrom(threshold, own), n: own.length };
  };
  return { ja: of('ja'), en: of('en') };
}

/** The arms whose drafts would be tried on a row, in order, by predictions out of fold. */
function draftsOf(
  row: ReplayRow,
  at: number,
  risk: number,
  learned: ReadonlyMap<TriedArm, LearnedArm>,
  { abstain, options }: Bench,
): TriedArm[] {
  const considered = [...learned].flatMap(([arm, { scorers, good, wrong }]) => {
    const place = arm.placeOf.get(row);
    if (place === undefined) return [];
    const pGood = good.outOfFold[place] ?? 0;
    const pWrong = wrong.outOfFold[place] ?? 0;
    const chances = { pGood, pWrong, cost: scorers.cost };
    return [{ arm: arm.arm, adapter: arm.adapter, ...weighArm(chances, options.utility, risk) }];
  });
  const silence = weighSilence(abstain.outOfFold[at] ?? 0, options.utility);
  const sorted = [...considered, silence].toSorted((a, b) => b.value - a.value);
  const first = sorted[0] ?? silence;
  const second = secondLook({ arm: first.arm, forced: false, considered: sorted });
  return [first, second].flatMap(
    (taken) => [...learned.keys()].find(({ key }) => taken !== null && key === armKey(taken)) ?? [],
  );
}
