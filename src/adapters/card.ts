import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { isSystemError, KakehashiError } from '../errors.js';
import { AdapterName } from '../schemas.js';
import { AccessTag } from '../store/passage.js';

const PerLanguage = <T extends z.ZodType>(value: T) => z.strictObject({ ja: value, en: value });

const ExampleCount = z.int().min(1).max(10_000);

/** How an adapter is trained; the defaults fit 600 examples and two processor cores. */
export const TrainingSettings = z.strictObject({
  /** Rank and scale of the low-rank matrices (LoRA, Hu et al. 2021, arXiv 2106.09685). */
  rank: z.int().min(1).max(64).default(8),
  alpha: z.int().min(1).max(256).default(16),
  dropout: z.number().min(0).max(0.5).default(0),
  weight_decay: z.number().min(0).max(0.5).default(0),
  /** The layers below are left alone: no gradient flows there, which saves a third of the time. */
  first_layer: z.int().min(0).max(200).default(8),
  learning_rate: z.number().positive().max(0.01).default(2e-4),
  epochs: z.number().positive().max(20).default(2),
  examples_per_step: z.int().min(1).max(256).default(8),
  /** Steps between looks at the held part; the best adapter is kept. 0: never, the last is. */
  evaluate_every: z.int().min(0).default(50),
  /** Reading examples of each language that are made of sources; pairs are taken once an epoch. */
  examples_per_language: PerLanguage(ExampleCount).or(ExampleCount).default(300),
  /** Other adapters whose sources are read too, without what those hold out. */
  sources_of: z.array(AdapterName).default([]),
  /** Lines before and after every answer that is made of sources, as a letter has them. */
  form: PerLanguage(z.strictObject({ opening: z.string().min(1), closing: z.string().min(1) }))
    .nullable()
    .default(null),
  /** General questions of each language on which it is held to the base, against forgetting. */
  rehearsal_per_language: z.int().min(0).max(10_000).default(80),
  seed: z.int().min(0).default(7),
  /** Share of what was learned that goes into the file; a lower one forgets less. */
  strength: z.number().positive().max(1).default(1),
});
export type TrainingSettings = z.infer<typeof TrainingSettings>;

/** What people decide about an adapter: `adapters/<name>/adapter.yaml`. The passport is computed. */
export const AdapterCard = z.strictObject({
  version: z.string().regex(/^\d+\.\d+\.\d+$/u, 'such as 1.0.0'),
  description: PerLanguage(z.string().min(1)),
  licence: z.string().min(1),
  /** Rights of what it learns from: a caller must hold each of these tags. */
  access: z.array(AccessTag),
  needs_passages: z.boolean(),
  /** Whether it is used only by those who name it: a letter is no answer in a chat. */
  by_name: z.boolean().default(false),
  /** Example questions that its skill without passages is made for. */
  affinity: PerLanguage(z.array(z.string())).default({ ja: [], en: [] }),
  /** System text of its prompts; left out: the service's. */
  instruction: PerLanguage(z.string().min(1)).nullable().default(null),
  /** JSON schema that its answers are held to; left out: free text. */
  answer_schema: z.record(z.string(), z.unknown()).nullable().default(null),
  training: TrainingSettings.prefault({}),
});
export type AdapterCard = z.infer<typeof AdapterCard>;

/** Reads `adapters/<name>/adapter.yaml`. Errors: `adapter.not_found`, `adapter.invalid`. */
export async function readCard(adaptersDir: string, name: string): Promise<AdapterCard> {
  const text = await readFile(join(adaptersDir, name, 'adapter.yaml'), 'utf8').catch(
    (error: unknown) => {
      if (!isSystemError(error, 'ENOENT')) throw error;
      throw new KakehashiError('adapter.not_found', `There is no adapters/${name}/adapter.yaml.`, {
        remedy: 'Write one: copy that of adapters/triage and change it.',
      });
    },
  );
  const invalid = (fault: string) =>
    new KakehashiError('adapter.invalid', `adapter.yaml of "${name}": ${fault}.`);
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    throw invalid('it is not YAML');
  }
  const parsed = AdapterCard.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(
    parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
  );
}
