import { askCase, type Said, type Speaker } from './ask.js';
import type { Case, GateCases } from './cases.js';
import { judge } from './judge.js';
import type { KeptAnswers } from './kept-answers.js';
import type { GateReport } from './report.js';
import { type JudgeInput, type Limits, noSets, type Statistics } from './sides.js';

export type GateOptions = {
  base: Speaker;
  /** The version in service, when there is another than the candidate. */
  inService: Speaker | null;
  candidate: Speaker;
  /** Of the file that is measured: an adapter, or a whole model. */
  candidateSha256: string;
  baseSha256: string;
  /** Answers of a run that did not come to its end. */
  kept: KeptAnswers | null;
  limits: Limits;
  statistics: Statistics;
  holds: JudgeInput['holds'];
  now: () => Date;
  signal: AbortSignal;
  onProgress: (done: number, total: number, detail: string) => void;
};

/**
 * Asks base, version in service and candidate the same cases and judges the candidate. Errors: those
 * of the engine; a gate that fails is a row, not an error.
 */
export async function runGates(cases: GateCases, options: GateOptions): Promise<GateReport> {
  const base = silent('base', options.base);
  const inService = options.inService === null ? null : silent('in service', options.inService);
  const candidate = silent('candidate', options.candidate);
  const everyone = [base, inService, candidate].filter((one) => one !== null);
  const asked = (Object.keys(base.said) as (keyof GateCases)[]).map((set) => ({
    set,
    cases: casesOf(cases, set),
    versions:
      set === 'retrieval' || set === 'knownOverDocuments'
        ? [base]
        : set === 'otherWay'
          ? [candidate]
          : everyone,
  }));
  const total = asked.reduce((sum, one) => sum + one.cases.length * one.versions.length, 0);
  let done = 0;
  for (const { set, cases: some, versions } of asked) {
    for (const one of some) {
      // In turn at each case: slow moments of the machine then fall on all alike.
      for (const { name, speaker, said } of versions) {
        said[set].push(await askOnce(one, name, speaker, options));
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
    holds: options.holds,
  });
  return {
    at: options.now().toISOString(),
    candidateSha256: options.candidateSha256,
    baseSha256: options.baseSha256,
    rows,
    passed: rows.every(({ passed }) => passed),
  };
}

async function askOnce(
  one: Case,
  name: string,
  speaker: Speaker,
  { kept, signal }: GateOptions,
): Promise<Said> {
  const before = kept?.find(name, one) ?? null;
  if (before !== null) return before;
  const said = await askCase(one, speaker, signal);
  await kept?.keep(name, one, said);
  return said;
}

function silent(
  name: string,
  speaker: Speaker,
): {
  name: string;
  speaker: Speaker;
  said: Record<keyof GateCases, Said[]>;
} {
  return { name, speaker, said: noSets() };
}

function casesOf(cases: GateCases, set: keyof GateCases): Case[] {
  if (set !== 'bias') return cases[set].map((one) => one.case);
  return [...cases.bias.map(({ first }) => first), ...cases.bias.map(({ second }) => second)];
}
