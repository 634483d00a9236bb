import { join } from 'node:path';
import { buildExamples } from '../adapters/data/build-examples.js';
import { readData } from '../adapters/data/read-data.js';
import { type CaseOptions, gateCases } from '../adapters/gates/cases.js';
import { DEFAULT_LIMITS } from '../adapters/gates/judge.js';
import type { GateReport } from '../adapters/gates/report.js';
import { runGates } from '../adapters/gates/run-gates.js';
import { readGateSets } from '../adapters/gates/sets.js';
import { writePassport } from '../adapters/passport-file.js';
import { loadAdapters } from '../adapters/registry.js';
import { selectPassages } from '../answer/select-passages.js';
import { SERVICE_PROMPTS } from '../answer/training-prompts.js';
import type { Config } from '../config.js';
import { auroc } from '../eval/auroc.js';
import { bootstrap } from '../eval/bootstrap.js';
import { openGateEngine } from '../chat-engines.js';
import { KakehashiError } from '../errors.js';
import { LOCAL_MAINTAINER, type Models, openKnowledge, openSearch } from '../service.js';
import type { Records } from '../store/records.js';
import { admitFolderVersion, withRegistry } from './adapters.js';
import { createBar, EXIT, print, printJson, renderTable } from './terminal.js';

export type GateOptions = { limit: number; json: boolean; signal: AbortSignal };

/** Cases of each kind and language: about 20 minutes on two cores, most of it general questions. */
export const GATE_CASES = 32;

/** Reading examples are drawn with this seed, for training as for measuring. */
export const EXAMPLES_SEED = 20250601;

/**
 * Measures the version in the folder against the base and the version in service, on its held-out
 * examples and the general sets, and writes the result into its passport.
 */
export async function adaptersGate(
  config: Config,
  name: string,
  options: GateOptions,
): Promise<number> {
  const report = await withRegistry(config, options, async ({ registry, models, records }) => {
    const passport = await admitFolderVersion(name, registry);
    const { sha256 } = passport.adapter;
    const { served } = await loadAdapters(registry);
    const inService = served.find((one) => one.passport.name === name && one.canaryShare === null);
    const other = inService?.passport.adapter.sha256 === sha256 ? undefined : inService;
    const { examples } = buildExamples(await readData(join(config.adapters, name, 'data')), {
      prompts: SERVICE_PROMPTS,
      instruction: passport.instruction,
      seed: EXAMPLES_SEED,
      perLanguage: 4 * options.limit,
    });
    const cases = await withFinder(config, { models, records }, options.signal, async (find) =>
      gateCases(examples, await readGateSets(config.gates), {
        prompts: SERVICE_PROMPTS,
        ...passport,
        limit: options.limit,
        find,
      }),
    );
    const candidate = {
      name: 'candidate',
      path: join(registry.servedDir, `${sha256}.gguf`),
      sha256,
    };
    const bar = createBar(`gates of ${name}`, options.json);
    const engine = openGateEngine(config, models.chat, [
      candidate,
      ...(other === undefined
        ? []
        : [{ name: 'in service', path: other.path, sha256: other.passport.adapter.sha256 }]),
    ]);
    try {
      const result = await runGates(cases, {
        engine,
        candidate: candidate.name,
        inService: other === undefined ? null : 'in service',
        adapterSha256: sha256,
        baseSha256: registry.base.sha256,
        limits: { ...DEFAULT_LIMITS, forgettingPoints: config.allowed_forgetting },
        statistics: {
          auroc,
          interval: (sample, measure) => {
            const { low, high } = bootstrap(sample, measure);
            return [low, high];
          },
        },
        now: () => new Date(),
        signal: options.signal,
        onProgress: (done, total, detail) => bar.update(done, total, detail),
      });
      await writePassport(config.adapters, { ...passport, gates: result });
      return result;
    } finally {
      bar.stop();
      await engine.close();
    }
  });
  if (options.json) printJson(report);
  else printGates(name, report);
  return report.passed ? EXIT.done : EXIT.gateRefused;
}

/** Lends what the service would find in its documents; nothing where nothing is indexed. */
async function withFinder<T>(
  config: Config,
  opened: { models: Models; records: Records },
  signal: AbortSignal,
  work: (find: CaseOptions['find']) => Promise<T>,
): Promise<T> {
  await using knowledge = await openKnowledge(config, { ...opened, signal });
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
  print(
    passed ? 'All gates passed.' : 'Some gates failed: it will not be promoted without --force.',
  );
}
