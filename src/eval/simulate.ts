import { decide, secondLook } from '../decision/decide.js';
import { armKey, type ConsideredArm, type Policy } from '../decision/policy.js';
import type { Verdict } from '../decision/utility.js';
import { type ArmOutcome, evidenceOfRow, type ReplayRow, verdictOf } from './outcome.js';

/** What a policy would have done with a replayed question. */
export type Simulated = {
  row: ReplayRow;
  /** The arm taken first, and the one whose answer was given; `abstain` for silence. */
  first: string;
  arm: string;
  verdict: Verdict;
  /** Stated chance of a good outcome of the first arm. */
  pGood: number;
  tokens: number;
  seconds: number;
};

/** Follows `policy` as the service does, on outcomes that are known. No model is asked. */
export function simulate(policy: Policy, row: ReplayRow, risk: number): Simulated {
  const evidence = evidenceOfRow(row, risk);
  const choice = decide({ ...evidence, mode: 'auto', adapter: null }, policy);
  return follow(row, choice, choice.confidence, {
    mayAnswer: (arm, readOut) =>
      policy.gate({ ...evidence, arm: arm.arm, adapter: arm.adapter, readOut }).passes,
    second: secondLook(choice),
  });
}

/** Always the same arm; with a policy its last gate stands behind it, without one nothing does. */
export function simulateFixed(
  key: string,
  row: ReplayRow,
  { gate, risk }: { gate: Policy | null; risk: number },
): Simulated {
  const [arm = '', adapter = null] = key.split(':');
  const fixed = { arm: arm as ConsideredArm['arm'], adapter };
  const evidence = evidenceOfRow(row, risk);
  return follow(row, fixed, Number.NaN, {
    mayAnswer: (_, readOut) =>
      gate === null || gate.gate({ ...evidence, ...fixed, readOut }).passes,
    second: null,
  });
}

type Arm = Pick<ConsideredArm, 'arm' | 'adapter'>;

function follow(
  row: ReplayRow,
  choice: Arm,
  pGood: number,
  {
    mayAnswer,
    second,
  }: { mayAnswer: (arm: Arm, readOut: number | null) => boolean; second: Arm | null },
): Simulated {
  const first = armKey(choice);
  const spent = { tokens: 0, seconds: 0 };
  for (const arm of [choice, ...(second === null ? [] : [second])]) {
    const outcome = row.arms[armKey(arm)];
    if (outcome === undefined) continue;
    spent.tokens += outcome.tokens;
    spent.seconds += outcome.seconds;
    if (isSilent(outcome, (readOut) => mayAnswer(arm, readOut))) continue;
    return {
      row,
      first,
      arm: armKey(arm),
      verdict: verdictOf(row, outcome.right),
      pGood,
      ...spent,
    };
  }
  return { row, first, arm: 'abstain', verdict: verdictOf(row, null), pGood, ...spent };
}

function isSilent(
  { empty, readOut }: ArmOutcome,
  mayAnswer: (readOut: number | null) => boolean,
): boolean {
  return empty || !mayAnswer(readOut);
}
