import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { hashFile, replaceFile } from '../../models/model-files.js';
import type { AdapterCard } from '../card.js';
import type { Example } from '../data/shapes.js';
import { runPython } from './python.js';

/** What `train.py` writes at its end. */
const TrainingRecord = z.looseObject({
  settings: z.looseObject({}),
  steps: z.int(),
  seconds: z.number(),
  /** Examples seen, with repetitions. */
  examples: z.int(),
  evaluations: z.array(z.looseObject({ step: z.int() })),
});
export type TrainingRecord = z.infer<typeof TrainingRecord>;

export type TrainProgress = { step: number; steps: number; loss: number; minutesLeft: number };

export type TrainOptions = {
  name: string;
  card: AdapterCard;
  examples: readonly Example[];
  /** GGUF file of the base model. */
  baseFile: string;
  /** Adapter to train further; null to start from nothing. */
  initFile: string | null;
  python: string;
  /** Folder of `train.py` and `convert.py`. */
  scriptsDir: string;
  /** Runs are kept here, one folder per data and settings, so that a stopped one goes on. */
  runsDir: string;
  minutes: number | null;
  signal: AbortSignal;
  onProgress: (progress: TrainProgress) => void;
  onNote: (line: string) => void;
};

/**
 * Trains and converts an adapter; returns the GGUF file, in the run's folder, and the record of the
 * run. The same data and settings continue a run that was stopped. Errors: those of `runPython`.
 */
export async function trainAdapter(
  options: TrainOptions,
): Promise<{ file: string; record: TrainingRecord }> {
  const lines = options.examples.map((example) => JSON.stringify(example)).join('\n');
  // The strength comes in afterwards: another one trains nothing anew.
  const { strength, ...training } = options.card.training;
  // What it begins from is told by its bytes: once this training has replaced the file, the next is new.
  const init = options.initFile === null ? null : await hashFile(options.initFile);
  const key = createHash('sha256')
    .update(JSON.stringify([training, init, options.baseFile]))
    .update(lines)
    .digest('hex');
  const folder = join(options.runsDir, options.name, key.slice(0, 12));
  await mkdir(folder, { recursive: true });
  const examplesFile = join(folder, 'examples.jsonl');
  await replaceFile(examplesFile, `${lines}\n`);

  const { signal } = options;
  const flags: Record<string, string | number> = {
    base: options.baseFile,
    examples: examplesFile,
    out: folder,
    rank: training.rank,
    alpha: training.alpha,
    dropout: training.dropout,
    'weight-decay': training.weight_decay,
    'first-layer': training.first_layer,
    'learning-rate': training.learning_rate,
    epochs: training.epochs,
    'examples-per-step': training.examples_per_step,
    'evaluate-every': training.evaluate_every,
    seed: training.seed,
    ...(options.minutes === null ? {} : { minutes: options.minutes }),
    ...(options.initFile === null ? {} : { init: options.initFile }),
  };
  await runPython(options.python, [join(options.scriptsDir, 'train.py'), ...asFlags(flags)], {
    signal,
    onLine: (line) => {
      const progress = parseProgress(line);
      if (progress === null) options.onNote(line);
      else options.onProgress(progress);
    },
  });
  const file = join(folder, 'adapter.gguf');
  const convert = { adapter: join(folder, 'best'), out: file, strength };
  await runPython(options.python, [join(options.scriptsDir, 'convert.py'), ...asFlags(convert)], {
    signal,
    onLine: options.onNote,
  });
  const record = TrainingRecord.parse(
    JSON.parse(await readFile(join(folder, 'training.json'), 'utf8')),
  );
  return { file, record };
}

function asFlags(values: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(values).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
}

/** `step 3/123 words 0.512 gate 0.101 75 tokens/s, 12.3 min left` → its numbers. */
export function parseProgress(line: string): TrainProgress | null {
  const found = /^step (\d+)\/(\d+) words ([\d.]+) gate ([\d.]+) .*?(-?[\d.]+) min left$/u.exec(
    line,
  );
  if (found === null) return null;
  const [, step, steps, words, gate, minutesLeft] = found.map(Number);
  return {
    step: step ?? 0,
    steps: steps ?? 0,
    loss: (words ?? 0) + (gate ?? 0),
    minutesLeft: Math.max(0, minutesLeft ?? 0),
  };
}
