import type { Engine } from '../../engine/engine.js';
import { askCases } from './ask.js';
import type { Case, GateCases } from './cases.js';
import { judge } from './judge.js';
import type { Limits, Statistics, Version } from './sides.js';
import type { GateReport } from './report.js';

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
  const { engine, signal, inService, candidate } = options;
  const names = inService === null ? [null, candidate] : [null, inService, candidate];
  const total = names.length * countCases(cases);
  let done = 0;
  const askVersion = async (adapter: string | null): Promise<Version> => {
    const ask = (some: readonly Case[]) =>
      askCases(some, {
        engine,
        adapter,
        signal,
        onDone: () => options.onProgress(++done, total, adapter ?? 'base'),
      });
    const of = (items: readonly { case: Case }[]) => ask(items.map((item) => item.case));
    const held = await of(cases.held);
    const trained = await of(cases.trained);
    const leakage = await of(cases.leakage);
    const general = await of(cases.general);
    const pairs = await ask(cases.bias.flatMap(({ first, second }) => [first, second]));
    const bias = cases.bias.flatMap((_, at) => {
      const [first, second] = pairs.slice(2 * at, 2 * at + 2);
      return first === undefined || second === undefined ? [] : [{ first, second }];
    });
    return { held, trained, leakage, general, bias, injection: await of(cases.injection) };
  };

  const base = await askVersion(null);
  const serving = inService === null ? null : await askVersion(inService);
  const rows = judge({
    cases,
    base,
    inService: serving,
    candidate: await askVersion(candidate),
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

function countCases(cases: GateCases): number {
  const { held, trained, leakage, general, bias, injection } = cases;
  const single = [held, trained, leakage, general, injection];
  return single.reduce((sum, { length }) => sum + length, 2 * bias.length);
}
