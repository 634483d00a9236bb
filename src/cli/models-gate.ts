import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCard } from '../adapters/card.js';
import { readData } from '../adapters/data/read-data.js';
import { GateReport } from '../adapters/gates/report.js';
import { openGateEngine } from '../chat-engines.js';
import type { Config } from '../config.js';
import { KakehashiError } from '../errors.js';
import { replaceFile } from '../models/model-files.js';
import { type ReadyModel, requireModel } from '../models/verify.js';
import { modelsDir, namedModels, openModels, recordsFile } from '../knowledge.js';
import { openRecords } from '../store/records.js';
import {
  gateExamples,
  type GateOptions,
  knownQuestions,
  measureGates,
  showGates,
} from './gates.js';

export type ModelGateOptions = GateOptions & {
  /** Model to measure against: a name of the manifest, `file:…` or `hf:…`. */
  base: string;
  /** Adapter whose held-out examples the model should do without that adapter. */
  task?: string;
};

/**
 * Measures a whole model (a full fine-tune, a base with an adapter merged in) against another by the
 * gates that adapters pass, and keeps the result beside it. Errors: `model.not_pulled`,
 * `request.invalid` when both are one file.
 */
export async function modelsGate(
  config: Config,
  name: string,
  options: ModelGateOptions,
): Promise<number> {
  const { signal, task } = options;
  const candidate = await requireChatModel(config, name, signal);
  const base = await requireChatModel(config, options.base, signal);
  if (candidate.sha256 === base.sha256) {
    throw new KakehashiError('request.invalid', 'Both are the same model.', {
      remedy: 'Name another one to measure against: --base NAME.',
    });
  }
  const card = task === undefined ? null : await readCard(config.adapters, task);
  const data = task === undefined ? null : await readData(join(config.adapters, task, 'data'));
  const instruction = card?.instruction ?? null;
  const models = { ...(await openModels(config, { signal })), chat: base };
  const records = openRecords(recordsFile(config));
  const engines = [base, candidate].map((model) => openGateEngine(config, model, []));
  try {
    const [baseEngine, engine] = engines as [(typeof engines)[0], (typeof engines)[0]];
    const report = await measureGates(
      config,
      { models, records },
      {
        title: `gates of ${candidate.entry.name}`,
        base: { engine: baseEngine, adapter: null },
        inService: null,
        candidate: { engine, adapter: null },
        candidateSha256: candidate.sha256,
        baseSha256: base.sha256,
        inServiceSha256: null,
        examples: data === null ? [] : gateExamples(data, instruction, options.limit),
        skill: {
          instruction,
          answerSchema: card?.answer_schema ?? null,
          needsPassages: card?.needs_passages ?? true,
          known: task === undefined ? [] : await knownQuestions(config, task),
        },
      },
      options,
    );
    await replaceFile(gatesFile(config, candidate), `${JSON.stringify(report, null, 2)}\n`);
    return showGates(candidate.entry.name, report, options.json);
  } finally {
    await Promise.all(engines.map((engine) => engine.close()));
    records.close();
  }
}

/** The gates of a model as they were last measured, or null. */
export async function readModelGates(
  config: Config,
  model: ReadyModel,
): Promise<GateReport | null> {
  const text = await readFile(gatesFile(config, model), 'utf8').catch(() => null);
  if (text === null) return null;
  const parsed = GateReport.safeParse(JSON.parse(text));
  return parsed.success && parsed.data.candidateSha256 === model.sha256 ? parsed.data : null;
}

function gatesFile(config: Config, { entry }: ReadyModel): string {
  return join(modelsDir(config), `${entry.name}.gates.json`);
}

async function requireChatModel(
  config: Config,
  chat: string,
  signal: AbortSignal,
): Promise<ReadyModel> {
  const { chat: entry } = namedModels(config, { chat });
  return await requireModel(entry, { modelsDir: modelsDir(config), signal });
}
