import { describe, expect, it } from 'vitest';
import { DecisionFile, learnedPolicy } from '../../src/decision/learned.js';
import type { Policy } from '../../src/decision/policy.js';
import { reportDecision } from '../../src/eval/decision-report.js';
import { trainDecision } from '../../src/eval/train-decision.js';
import { makeWorld, UTILITY } from './world.js';

const learned = {
  at: '2025-01-01T00:00:00.000Z',
  corpora: ['made-up'],
  questions: { ja: 1, en: 1 },
  chatModel: 'fake',
  adapters: {},
  promptVersion: '2',
};
const options = { utility: UTILITY, risks: [0.5], delta: 0.1 };
const train = makeWorld(300, 1);
const policyOf = (without?: 'coverage_best' | 'follow_up'): Policy =>
  learnedPolicy(
    DecisionFile.parse({
      version: 'made-up',
      learned,
      ...trainDecision(train, { ...options, ...(without ? { without: [without] } : {}) }),
    }),
  );
const silent: Policy = {
  version: 'silent',
  weigh: () => ({
    considered: [{ arm: 'abstain', adapter: null, pGood: 1, pWrong: 0, cost: 0, value: 1 }],
    pAnswerable: 0,
    pGeneral: 0,
  }),
  gate: () => ({ passes: false, sure: null, wanted: null }),
};

const report = reportDecision({
  rows: makeWorld(300, 2),
  policy: policyOf(),
  others: { silent },
  ablated: [
    { without: 'coverage_best', policy: policyOf('coverage_best') },
    { without: 'follow_up', policy: policyOf('follow_up') },
  ],
  utility: UTILITY,
  risk: 0.5,
});

describe('reportDecision', () => {
  it('sets the policy beside every fixed arm, other policies and the oracle', () => {
    const names = report.policies.map(({ name }) => name);
    expect(names).toEqual([
      'made-up',
      'silent',
      ...['both:grounded', 'direct', 'retrieve'].flatMap((arm) => [arm, `${arm}, not gated`]),
      'abstain',
      'oracle',
    ]);
    const byName = new Map(report.policies.map((one) => [one.name, one]));
    expect(byName.get('silent')?.utility).toEqual(byName.get('abstain')?.utility);
    expect(byName.get('made-up')?.behind.value).toBe(0);
    for (const { utility } of report.policies) {
      expect(utility.value).toBeLessThanOrEqual((byName.get('oracle')?.utility.value ?? 0) + 1e-9);
    }
  });

  it('tells gain, regret and the share of the gap that was closed, so that they add up', () => {
    const { bestFixed, oracle } = report;
    const gap = bestFixed.gain.value + oracle.regret.value;
    expect(oracle.gapClosed.value).toBeCloseTo(bestFixed.gain.value / gap);
    expect(bestFixed.gain.low).toBeGreaterThan(0);
    expect(oracle.gapClosed.low).toBeLessThan(oracle.gapClosed.value);
  });

  it('counts each question once in the confusion of arms', () => {
    expect(report.confusion.reduce((sum, { n }) => sum + n, 0)).toBe(300);
  });

  it('shows what an input is worth, and that an empty one is worth nothing', () => {
    const changeOf = (name: string) =>
      report.ablations.find(({ without }) => without === name)?.change.value;
    expect(changeOf('follow_up')).toBeCloseTo(0);
    expect(Math.abs(changeOf('coverage_best') ?? 0)).toBeLessThan(0.5);
  });

  it('lists the worst regrets first, with their evidence', () => {
    const regrets = report.worst.map(({ regret }) => regret);
    expect(regrets).toEqual(regrets.toSorted((a, b) => b - a));
    expect(report.worst.length).toBeLessThanOrEqual(20);
    expect(report.worst[0]?.evidence).toHaveProperty('coverage_best');
  });

  it('gives a risk-coverage curve and the calibration of each language', () => {
    for (const { riskCoverage, calibrationError, risk } of report.languages) {
      expect(riskCoverage.at(-1)?.risk).toBeCloseTo(risk.share);
      expect(calibrationError).toBeLessThan(0.12);
    }
  });
});
