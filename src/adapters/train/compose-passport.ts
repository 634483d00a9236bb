import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { hashFile } from '../../models/model-files.js';
import type { AdapterCard } from '../card.js';
import type { DataReport } from '../data/check-data.js';
import { type LineageDocument, Passport } from '../passport.js';
import type { TrainingRecord } from './train-adapter.js';

export type PassportInput = {
  name: string;
  card: AdapterCard;
  base: { name: string; sha256: string; licence: string };
  file: { path: string; bytes: number };
  dataDir: string;
  /** Data files, named from `dataDir`. */
  dataFiles: readonly string[];
  report: DataReport;
  lineage: readonly LineageDocument[];
  record: TrainingRecord;
  promptVersion: string;
  /** Of the passport before, when there was one. */
  history: Passport['history'];
  /** Version, or other adapter and its version, that this training began from, null for none; the data files it went over. */
  training: { from: string | null; files: readonly string[] };
  /** Day, YYYY-MM-DD. */
  at: string;
};

/** Linear layers that are adapted: all seven of a Qwen2 block. */
const TARGETS = ['attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_gate', 'ffn_up', 'ffn_down'];

/** The passport of a version just trained: nothing in it is measured yet. */
export async function composePassport(input: PassportInput): Promise<Passport> {
  const { card, record } = input;
  const files = await Promise.all(
    input.dataFiles.map(async (name) => {
      const bytes = await readFile(join(input.dataDir, name));
      const examples = bytes
        .toString('utf8')
        .split('\n')
        .filter((line) => line.trim() !== '');
      return {
        path: posix.join('data', name),
        sha256: createHash('sha256').update(bytes).digest('hex'),
        examples: examples.length,
      };
    }),
  );
  const languages = ['en', 'ja'].filter((lang) =>
    Object.keys(input.report.counts).some((key) => key.startsWith(`train ${lang} `)),
  );
  return Passport.parse({
    name: input.name,
    version: card.version,
    description: card.description,
    base: { ...input.base, sha256: [input.base.sha256] },
    adapter: {
      sha256: await hashFile(input.file.path),
      bytes: input.file.bytes,
      rank: card.training.rank,
      alpha: card.training.alpha,
      targets: TARGETS,
    },
    licence: card.licence,
    data: { files, languages, counts: input.report.counts, seen: record.examples },
    lineage: [...input.lineage],
    settings: {
      ...withoutPaths(record.settings),
      seed: card.training.seed,
      strength: card.training.strength,
      promptVersion: input.promptVersion,
      steps: record.steps,
      seconds: record.seconds,
      evaluations: record.evaluations,
    },
    instruction: card.instruction,
    answerSchema: card.answer_schema,
    needsPassages: card.needs_passages,
    byName: card.by_name,
    affinity: card.affinity,
    access: card.access,
    scores: [],
    gates: null,
    history: [...input.history, { at: input.at, event: trainingOf(input) }],
  });
}

/** The counts and settings of a passport are those of the last training; this stays. */
function trainingOf({ card, record, training: { from, files } }: PassportInput): string {
  const begun = from === null ? 'trained' : `trained further from ${from}`;
  const minutes = Math.ceil(record.seconds / 60);
  const { strength } = card.training;
  const taken = strength === 1 ? '' : `, taken at ${strength} of its strength`;
  return `${card.version} ${begun} on ${record.examples} examples of ${files.join(', ')} (${record.steps} steps, ${minutes} min)${taken}`;
}

/** Where files lay on the training machine says nothing. */
function withoutPaths(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { base: _base, examples: _examples, out: _out, ...rest } = settings;
  return rest;
}
