import type { InputName } from '../decision/learned.js';
import type { Policy } from '../decision/policy.js';
import { costOf, isGood, type Utility, type Verdict, worthOf } from '../decision/utility.js';
import { bootstrap, type Interval } from './bootstrap.js';
import { calibrationError, reliability, type ReliabilityBin } from './calibration.js';
import { type ReplayRow, verdictOf } from './outcome.js';
import { simulate, simulateFixed, type Simulated } from './simulate.js';
import { type Share, wilson } from './wilson.js';

export type PolicyFigures = {
  name: string;
  /** Mean utility a question, and its difference to the policy that is reported on. */
  utility: Interval;
  behind: Interval;
  right: Share;
  wrong: Share;
  needlessRefusals: Share;
  tokens: number;
  seconds: number;
};

export type LanguageFigures = {
  lang: 'ja' | 'en';
  n: number;
  /** Of the answers given, those that are wrong. */
  risk: Share;
  /** Of the questions that something answers, those answered; of the others, those answered. */
  answeredOfAnswerable: Share;
  answeredOfUnanswerable: Share;
  calibrationError: number;
  reliability: ReliabilityBin[];
  /** From the surest answer on: share answered, and share of these that is wrong. */
  riskCoverage: { coverage: number; risk: number }[];
};

export type DecisionReport = {
  policy: string;
  risk: number;
  n: number;
  policies: PolicyFigures[];
  /** Best arm that is always taken, and what the policy is worth more. */
  bestFixed: { name: string; gain: Interval };
  /** What knowing each outcome beforehand would be worth, and the share of that gain reached. */
  oracle: { utility: Interval; regret: Interval; gapClosed: Interval };
  languages: LanguageFigures[];
  /** First arm of the policy by the arm that the oracle takes. */
  confusion: { chosen: string; oracle: string; n: number }[];
  ablations: { without: InputName; change: Interval }[];
  worst: {
    id: string;
    kind: ReplayRow['kind'];
    lang: 'ja' | 'en';
    arm: string;
    verdict: Verdict;
    oracle: string;
    regret: number;
    evidence: Record<string, number>;
  }[];
};

export type ReportInput = {
  rows: readonly ReplayRow[];
  policy: Policy;
  /** Others to compare with, such as the rule and the file in service. */
  others: Readonly<Record<string, Policy>>;
  /** Policies learned without one input. */
  ablated: readonly { without: InputName; policy: Policy }[];
  utility: Utility;
  risk: number;
};

const WORST = 20;

/**
 * A policy on replayed questions that it was not learned from, beside every fixed arm, other policies
 * and the oracle. A fixed arm is taken with the policy's own last gate behind it and, as
 * `<arm>, not gated`, without any.
 */
export function reportDecision(input: ReportInput): DecisionReport {
  const { rows, policy, utility, risk } = input;
  const worth = ({ verdict, tokens, seconds }: Simulated) =>
    worthOf(verdict, utility, risk) - costOf({ tokens, seconds }, utility);
  const taken = rows.map((row) => simulate(policy, row, risk));
  const oracle = rows.map((row) => oracleOf(row, worth));
  const fixed = fixedArms(rows).flatMap((key) => [
    { name: key, all: rows.map((row) => simulateFixed(key, row, { gate: policy, risk })) },
    ...(key === 'abstain'
      ? []
      : [
          {
            name: `${key}, not gated`,
            all: rows.map((row) => simulateFixed(key, row, { gate: null, risk })),
          },
        ]),
  ]);
  const others = Object.entries(input.others).map(([name, other]) => ({
    name,
    all: rows.map((row) => simulate(other, row, risk)),
  }));
  const mine = taken.map(worth);
  const best = oracle.map(worth);
  const gain = (all: readonly Simulated[]) => differences(mine, all.map(worth));
  const strongest = fixed
    .map(({ name, all }) => ({ name, all, mean: mean(all.map(worth)) }))
    .toSorted((a, b) => b.mean - a.mean)[0];
  if (strongest === undefined) throw new Error('silence is always a fixed arm');
  const theirs = strongest.all.map(worth);

  return {
    policy: policy.version,
    risk,
    n: rows.length,
    policies: [
      { name: policy.version, all: taken },
      ...others,
      ...fixed,
      { name: 'oracle', all: oracle },
    ].map(({ name, all }) => ({
      name,
      utility: bootstrap(all.map(worth), mean),
      behind: bootstrap(gain(all), mean),
      ...verdictShares(all),
      tokens: mean(all.map(({ tokens }) => tokens)),
      seconds: mean(all.map(({ seconds }) => seconds)),
    })),
    bestFixed: { name: strongest.name, gain: bootstrap(gain(strongest.all), mean) },
    oracle: {
      utility: bootstrap(best, mean),
      regret: bootstrap(differences(best, mine), mean),
      gapClosed: bootstrap(
        rows.map((_, at) => ({ mine: mine[at] ?? 0, fixed: theirs[at] ?? 0, best: best[at] ?? 0 })),
        (sample) => {
          const of = (key: 'mine' | 'fixed' | 'best') => mean(sample.map((one) => one[key]));
          return (of('mine') - of('fixed')) / (of('best') - of('fixed'));
        },
      ),
    },
    languages: (['ja', 'en'] as const).flatMap((lang) => {
      const own = taken.filter(({ row }) => row.lang === lang);
      return own.length === 0 ? [] : [languageFigures(lang, own)];
    }),
    confusion: confusionOf(taken, oracle),
    ablations: input.ablated.map(({ without, policy: ablated }) => ({
      without,
      change: bootstrap(
        differences(
          rows.map((row) => worth(simulate(ablated, row, risk))),
          mine,
        ),
        mean,
      ),
    })),
    worst: taken
      .map((one, at) => ({
        one,
        best: oracle[at] as Simulated,
        regret: (best[at] ?? 0) - (mine[at] ?? 0),
      }))
      .filter(({ regret }) => regret > 0)
      .toSorted((a, b) => b.regret - a.regret)
      .slice(0, WORST)
      .map(({ one, best: wanted, regret }) => ({
        id: one.row.id,
        kind: one.row.kind,
        lang: one.row.lang,
        arm: one.arm,
        verdict: one.verdict,
        oracle: wanted.arm,
        regret,
        evidence: one.row.features,
      })),
  };
}

function fixedArms(rows: readonly ReplayRow[]): string[] {
  return [...new Set(rows.flatMap(({ arms }) => Object.keys(arms)))].toSorted().concat('abstain');
}

/** The cheapest arm whose answer is right, else silence. */
function oracleOf(row: ReplayRow, worth: (one: Simulated) => number): Simulated {
  const silence = simulateFixed('abstain', row, { gate: null, risk: 0 });
  return Object.entries(row.arms)
    .filter(([, { right, empty }]) => right && !empty)
    .map(([arm, { tokens, seconds }]): Simulated => {
      const verdict = verdictOf(row, true);
      return { row, first: arm, arm, verdict, pGood: Number.NaN, tokens, seconds };
    })
    .reduce((best, one) => (worth(one) > worth(best) ? one : best), silence);
}

function verdictShares(all: readonly Simulated[]) {
  const share = (...verdicts: Verdict[]) =>
    wilson(all.filter(({ verdict }) => verdicts.includes(verdict)).length, all.length);
  return {
    right: share('right', 'right_refusal'),
    wrong: share('wrong'),
    needlessRefusals: share('needless_refusal'),
  };
}

function languageFigures(lang: 'ja' | 'en', taken: readonly Simulated[]): LanguageFigures {
  const isAnswer = ({ arm }: Simulated) => arm !== 'abstain';
  const given = taken.filter(isAnswer);
  const share = (part: readonly Simulated[], test: (one: Simulated) => boolean) =>
    wilson(part.filter(test).length, part.length);
  const stated = taken.map(({ pGood, verdict }) => ({
    chance: pGood,
    came: isGood(verdict),
  }));
  const surest = given.toSorted((a, b) => b.pGood - a.pGood);
  let wrong = 0;
  return {
    lang,
    n: taken.length,
    risk: share(given, ({ verdict }) => verdict === 'wrong'),
    answeredOfAnswerable: share(
      taken.filter(({ row }) => row.kind !== 'unanswerable'),
      isAnswer,
    ),
    answeredOfUnanswerable: share(
      taken.filter(({ row }) => row.kind === 'unanswerable'),
      isAnswer,
    ),
    calibrationError: calibrationError(stated),
    reliability: reliability(stated),
    riskCoverage: surest.map(({ verdict }, at) => {
      if (verdict === 'wrong') wrong++;
      return { coverage: (at + 1) / taken.length, risk: wrong / (at + 1) };
    }),
  };
}

function confusionOf(taken: readonly Simulated[], oracle: readonly Simulated[]) {
  const counts = new Map<string, { chosen: string; oracle: string; n: number }>();
  taken.forEach(({ first }, at) => {
    const wanted = oracle[at]?.arm ?? 'abstain';
    const cell = counts.get(`${first} ${wanted}`) ?? { chosen: first, oracle: wanted, n: 0 };
    counts.set(`${first} ${wanted}`, { ...cell, n: cell.n + 1 });
  });
  return [...counts.values()].toSorted((a, b) => b.n - a.n);
}

function differences(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, at) => value - (b[at] ?? 0));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
