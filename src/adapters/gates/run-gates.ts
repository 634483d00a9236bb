import type { Engine } from '../../engine/engine.js';
import { askCase, type Said } from './ask.js';
import type { Case, GateCases } from './cases.js';
import { judge } from './judge.js';
import type { GateReport } from './report.js';
import type { Limits, Statistics } from './sides.js';

export type GateOptions = {
  /** Holds the candidate and, when there is another, the version in service. */
  engine: Engine;
  /** Names in the engine. */
  candidate: string;
  inService: string | null;
  adapterSha256: string;
  baseSha256: string;
  limits: Limits;
  statistics: Statistics;
  now: () => Date;
  signal: AbortSignal;
  onProgress: (done: number, total: number, detail: string) => void;
};

/**
 * Asks base, version in service and candidate the same cases and judges the candidate. Errors: those
 * of the engine; a gate that fails is a row, not an error.
 */
export async function runGates(cases: GateCases, options: GateOptions): Promise<GateReport> {
  const { engine, signal } = options;
  const base = silent(null);
  const inService = options.inService === null ? null : silent(options.inService);
  const candidate = silent(options.candidate);
  const everyone = [base, inService, candidate].filter((one) => one !== null);
  const asked = (Object.keys(base.said) as (keyof GateCases)[]).map((set) => ({
    set,
    cases: casesOf(cases, set),
    versions: set === 'retrieval' ? [base] : set === 'otherWay' ? [candidate] : everyone,
  }));
  const total = asked.reduce((sum, one) => sum + one.cases.length * one.versions.length, 0);
  let done = 0;
  for (const { set, cases: some, versions } of asked) {
    for (const one of some) {
      // In turn at each case: slow moments of the machine then fall on all alike.
      for (const { adapter, said } of versions) {
        said[set].push(await askCase(one, { engine, adapter, signal }));
        options.onProgress(++done, total, set);
      }
    }
  }
  const rows = judge({
    cases,
    base: base.said,
    inService: inService?.said ?? null,
    candidate: candidate.said,
    limits: options.limits,
    statistics: options.statistics,
  });
  return {
    at: options.now().toISOString(),
    adapterSha256: options.adapterSha256,
    baseSha256: options.baseSha256,
    rows,
    passed: rows.every(({ passed }) => passed),
  };
}

function silent(adapter: string | null): {
  adapter: string | null;
  said: Record<keyof GateCases, Said[]>;
} {
  const said = {
    held: [],
    trained: [],
    retrieval: [],
    otherWay: [],
    leakage: [],
    figures: [],
    general: [],
    bias: [],
    injection: [],
  };
  return { adapter, said };
}

function casesOf(cases: GateCases, set: keyof GateCases): Case[] {
  if (set !== 'bias') return cases[set].map((one) => one.case);
  return [...cases.bias.map(({ first }) => first), ...cases.bias.map(({ second }) => second)];
}
