import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildExamples } from '../adapters/data/build-examples.js';
import type { AdapterData } from '../adapters/data/read-data.js';
import type { Example } from '../adapters/data/shapes.js';
import type { Speaker } from '../adapters/gates/ask.js';
import { type CaseOptions, gateCases } from '../adapters/gates/cases.js';
import { DEFAULT_LIMITS } from '../adapters/gates/judge.js';
import type { GateReport } from '../adapters/gates/report.js';
import { runGates } from '../adapters/gates/run-gates.js';
import { openKeptAnswers } from '../adapters/gates/kept-answers.js';
import { readGateSets } from '../adapters/gates/sets.js';
import { selectPassages } from '../answer/select-passages.js';
import { SERVICE_PROMPTS } from '../answer/training-prompts.js';
import type { Config } from '../config.js';
import { KakehashiError } from '../errors.js';
import type { KnownQuestion } from '../adapters/gates/sets.js';
import { auroc } from '../eval/auroc.js';
import { bootstrap } from '../eval/bootstrap.js';
import { goldIn } from '../eval/gold.js';
import { containsAnswer } from '../eval/score.js';
import { LOCAL_MAINTAINER, type Models, openKnowledge, openSearch } from '../knowledge.js';
import type { Records } from '../store/records.js';
import { createBar, EXIT, print, printJson, renderTable } from './terminal.js';

export type GateOptions = {
  limit: number;
  /** Ask anew what was answered in an earlier run. */
  again?: boolean;
  json: boolean;
  signal: AbortSignal;
};

/** Reading examples are drawn with this seed, for training as for measuring. */
export const EXAMPLES_SEED = 20250601;

/** What is measured: versions that can be asked, and the skill that the cases are made for. */
export type Measured = {
  title: string;
  base: Speaker;
  inService: Speaker | null;
  candidate: Speaker;
  candidateSha256: string;
  baseSha256: string;
  inServiceSha256: string | null;
  examples: readonly Example[];
  skill: Pick<CaseOptions, 'instruction' | 'answerSchema' | 'needsPassages' | 'known'>;
};

/** The questions with known answers beside an adapter's card. Errors: `request.invalid` by line. */
export async function knownQuestions(config: Config, name: string): Promise<KnownQuestion[]> {
  const gold = await goldIn(join(config.adapters, name));
  return gold.filter(({ kind, answers }) => kind === 'task' && answers.length > 0);
}

/** The held-out and training examples of an adapter's data, as its gates ask them. */
export function gateExamples(
  data: AdapterData,
  instruction: CaseOptions['instruction'],
  limit: number,
): Example[] {
  return buildExamples(data, {
    prompts: SERVICE_PROMPTS,
    instruction,
    seed: EXAMPLES_SEED,
    perLanguage: { ja: 4 * limit, en: 4 * limit },
  }).examples;
}

/**
 * Asks all versions everything and judges the candidate; what an earlier run was told is not asked
 * again unless `again` says so.
 * Errors: those of the engines.
 */
export async function measureGates(
  config: Config,
  opened: { models: Models; records: Records },
  measured: Measured,
  { limit, again = false, json, signal }: GateOptions,
): Promise<GateReport> {
  const { title, examples, skill, ...versions } = measured;
  const cases = await withFinder(config, opened, signal, async (find) =>
    gateCases(examples, await readGateSets(config.gates), {
      prompts: SERVICE_PROMPTS,
      ...skill,
      limit,
      find,
    }),
  );
  const { candidateSha256, baseSha256, inServiceSha256 } = versions;
  const run = [candidateSha256, baseSha256, inServiceSha256 ?? 'none'].map((one) =>
    one.slice(0, 12),
  );
  const keptFile = join(config.data, 'gates', `${run.join('-')}.jsonl`);
  if (again) await rm(keptFile, { force: true });
  const kept = await openKeptAnswers(keptFile);
  const bar = createBar(title, json);
  try {
    return await runGates(cases, {
      ...versions,
      kept,
      limits: { ...DEFAULT_LIMITS, forgettingPoints: config.allowed_forgetting },
      statistics: {
        auroc,
        interval: (sample, measure) => {
          const { low, high } = bootstrap(sample, measure);
          return [low, high];
        },
      },
      holds: containsAnswer,
      now: () => new Date(),
      signal,
      onProgress: (done, total, detail) => bar.update(done, total, detail),
    });
  } finally {
    bar.stop();
  }
}

/** Lends what the service would find in its documents; nothing where nothing is indexed. */
async function withFinder<T>(
  config: Config,
  opened: { models: Models; records: Records },
  signal: AbortSignal,
  work: (find: CaseOptions['find']) => Promise<T>,
): Promise<T> {
  await using knowledge = await openKnowledge(config, {
    embedding: opened.models.embedding,
    records: opened.records,
    signal,
  });
  const { search } = await openSearch(config, knowledge);
  return await work(async (query, language) => {
    try {
      const request = { query, corpora: null, language, principal: LOCAL_MAINTAINER };
      const { hits } = await search({ ...request, limit: 2 * config.passages }, { signal });
      return selectPassages(hits, config.passages);
    } catch (error) {
      if (error instanceof KakehashiError && error.code === 'store.not_published') return [];
      throw error;
    }
  });
}

/** Prints the table; a failed gate is exit code 3. */
export function showGates(name: string, report: GateReport, json: boolean): number {
  if (json) printJson(report);
  else printGates(name, report);
  return report.passed ? EXIT.done : EXIT.gateRefused;
}

export function printGates(name: string, { at, rows, passed }: GateReport): void {
  const number = (value: number | null) =>
    value === null ? '–' : Math.abs(value) >= 10 ? value.toFixed(0) : value.toFixed(3);
  print(`Gates of ${name}, ${at.slice(0, 16)}; 95 % intervals (bootstrap).\n`);
  print(
    renderTable(
      ['gate', 'language', 'n', 'base', 'in service', 'candidate', 'interval', 'asked', ''],
      rows.map((row) => [
        `${row.gate}\n${row.figure}`,
        row.lang,
        String(row.n),
        number(row.base),
        number(row.inService),
        number(row.candidate),
        row.interval === null ? '–' : row.interval.map(number).join(' … '),
        row.limit ?? '–',
        row.passed ? 'passed' : 'FAILED',
      ]),
    ),
  );
  print(passed ? 'All gates passed.' : 'Some gates failed.');
}
