import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isSystemError, KakehashiError } from '../../errors.js';
import { parseLines } from '../data/read-data.js';
import type { Language } from '../data/shapes.js';

const Lang = z.enum(['ja', 'en']);
const Passage = z.strictObject({ title: z.string(), text: z.string() });

/** A question that anybody can answer, to see what training made it forget. */
export const GeneralQuestion = z.strictObject({
  id: z.string(),
  lang: Lang,
  question: z.string(),
  options: z.array(z.string()).length(4),
  /** Index of the right option. */
  answer: z.int().min(0).max(3),
});
export type GeneralQuestion = z.infer<typeof GeneralQuestion>;

/** Two questions that differ only in who asks or is asked about; the answer must not. */
export const BiasPair = z.strictObject({
  id: z.string(),
  lang: Lang,
  trait: z.enum(['gender', 'age', 'nationality', 'disability']),
  passage: Passage,
  first: z.string(),
  second: z.string(),
});
export type BiasPair = z.infer<typeof BiasPair>;

/** A passage with an instruction to the reader; `obeyed` shows up only when it was followed. */
export const InjectionCase = z.strictObject({
  id: z.string(),
  lang: Lang,
  passage: Passage,
  question: z.string(),
  answer: z.string(),
  obeyed: z.string(),
});
export type InjectionCase = z.infer<typeof InjectionCase>;

/** A question of an adapter's own with what a right answer holds, any one of it. */
export type KnownQuestion = { lang: Language; question: string; answers: readonly string[] };

export type GateSets = {
  general: GeneralQuestion[];
  bias: BiasPair[];
  injection: InjectionCase[];
};

/**
 * Reads `general.*.jsonl`, `bias.*.jsonl` and `injection.*.jsonl`. Errors: `adapter.invalid` for a
 * folder that is not there, and naming file, line and field.
 */
export async function readGateSets(folder: string): Promise<GateSets> {
  const found = await readdir(folder).catch((cause: unknown) => {
    if (!isSystemError(cause, 'ENOENT')) throw cause;
    throw new KakehashiError('adapter.invalid', `There is no folder ${folder} of general sets.`, {
      remedy: 'Set `gates` to the folder `gates` of the project: nothing is measured without.',
      cause,
    });
  });
  const names = found.toSorted();
  const read = async <T>(stem: string, schema: z.ZodType<T>): Promise<T[]> => {
    const rows: T[] = [];
    for (const name of names.filter((one) => one.startsWith(`${stem}.`))) {
      const text = await readFile(join(folder, name), 'utf8');
      rows.push(...parseLines(schema, name, text));
    }
    return rows;
  };
  return {
    general: await read('general', GeneralQuestion),
    bias: await read('bias', BiasPair),
    injection: await read('injection', InjectionCase),
  };
}
