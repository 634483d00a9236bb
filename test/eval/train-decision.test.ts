import { describe, expect, it } from 'vitest';
import { DecisionFile, learnedPolicy } from '../../src/decision/learned.js';
import { worthOf } from '../../src/decision/utility.js';
import type { ReplayRow } from '../../src/eval/outcome.js';
import { simulate, simulateFixed, type Simulated } from '../../src/eval/simulate.js';
import { trainDecision } from '../../src/eval/train-decision.js';
import { makeWorld, UTILITY } from './world.js';

const RISKS = [0.05, 0.1, 0.2, 0.5];
const options = { utility: UTILITY, risks: RISKS, delta: 0.1 };

function learn(rows: readonly ReplayRow[]): DecisionFile {
  const learned = {
    at: '2025-01-01T00:00:00.000Z',
    corpora: ['made-up'],
    questions: { ja: rows.length, en: 0 },
    chatModel: 'fake',
    adapters: {},
    promptVersion: '2',
  };
  return DecisionFile.parse({ version: 'made-up', learned, ...trainDecision(rows, options) });
}

const file = learn(makeWorld(400, 1));
const fresh = makeWorld(600, 2);
const mean = (all: readonly Simulated[], risk: number) =>
  all.reduce((sum, { verdict }) => sum + worthOf(verdict, UTILITY, risk), 0) / all.length;

describe('trainDecision', () => {
  it('is worth more on fresh questions than each single arm, with and without the gate', () => {
    const policy = learnedPolicy(file);
    for (const risk of [0.2, 0.5]) {
      const learned = mean(
        fresh.map((row) => simulate(policy, row, risk)),
        risk,
      );
      for (const key of ['direct', 'retrieve', 'both:grounded', 'abstain']) {
        for (const gate of [null, policy]) {
          const fixed = fresh.map((row) => simulateFixed(key, row, { gate, risk }));
          expect(learned).toBeGreaterThan(mean(fixed, risk));
        }
      }
    }
  });

  it('keeps the stated risk on fresh questions of each language, and answers more as it grows', () => {
    const policy = learnedPolicy(file);
    const answered: number[] = [];
    for (const risk of RISKS) {
      const all = fresh.map((row) => simulate(policy, row, risk));
      for (const lang of ['ja', 'en']) {
        const given = all.filter(({ row, arm }) => row.lang === lang && arm !== 'abstain');
        const wrong = given.filter(({ verdict }) => verdict === 'wrong').length;
        // Two standard errors of the fresh sample beyond the stated risk.
        const slack = 2 * Math.sqrt((risk * (1 - risk)) / Math.max(1, given.length));
        expect(wrong / Math.max(1, given.length)).toBeLessThan(risk + slack);
      }
      answered.push(all.filter(({ arm }) => arm !== 'abstain').length);
    }
    expect(answered).toEqual(answered.toSorted((a, b) => a - b));
  });

  it('sends a general question to the model alone and a document question to its reader', () => {
    const policy = learnedPolicy(file);
    const firstOf = (kind: ReplayRow['kind']) =>
      fresh.filter((row) => row.kind === kind).map((row) => simulate(policy, row, 0.5).first);
    const share = (all: readonly string[], arm: string) =>
      all.filter((one) => one === arm).length / all.length;
    expect(share(firstOf('general'), 'direct')).toBeGreaterThan(0.7);
    expect(share(firstOf('document'), 'both:grounded')).toBeGreaterThan(0.7);
  });

  it('states chances that come true', () => {
    const policy = learnedPolicy(file);
    const all = fresh.map((row) => simulate(policy, row, 0.5));
    const stated = all.reduce((sum, { pGood }) => sum + pGood, 0) / all.length;
    const came = all.filter(({ verdict }) => verdict.startsWith('right')).length / all.length;
    expect(Math.abs(stated - came)).toBeLessThan(0.05);
  });

  it('withholds everything when the risk cannot be shown to be kept', () => {
    const few = learn(makeWorld(30, 3));
    const strict = few.risks.find(({ risk }) => risk === 0.05);
    expect(strict?.bound.ja.threshold).toBeNull();
    const policy = learnedPolicy(few);
    expect(fresh.every((row) => simulate(policy, row, 0.05).arm === 'abstain')).toBe(true);
  });

  it('learns the same from the same questions', () => {
    expect(learn(makeWorld(120, 4))).toEqual(learn(makeWorld(120, 4)));
  });
});
