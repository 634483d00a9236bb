import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isSystemError, KakehashiError } from '../errors.js';
import { AdapterName } from '../schemas.js';

export const GoldQuestion = z.strictObject({
  id: z.string().min(1),
  question: z.string().min(1).max(4000),
  lang: z.enum(['ja', 'en']),
  /**
   * - `document`: the answer stands in a document;
   * - `task`, `general`: needs no document;
   * - `unanswerable`: no document tells, the right outcome is silence.
   */
  kind: z.enum(['document', 'task', 'general', 'unanswerable']),
  /**
   * A right answer holds one of these strings. Empty: any answer is right, of a document question one
   * with a verified citation in a gold document.
   */
  answers: z.array(z.string().min(1)),
  /** Any one of these documents supports the answer. */
  documents: z.array(z.string()),
  adapter: AdapterName.optional(),
});
export type GoldQuestion = z.infer<typeof GoldQuestion>;

/**
 * The half a question belongs to, whatever its place in the file: weights are fitted and thresholds
 * chosen on `fit`, figures are reported on `report`.
 */
export function partOf({ id }: Pick<GoldQuestion, 'id'>): 'fit' | 'report' {
  return (createHash('sha256').update(id).digest()[0] ?? 0) % 2 === 0 ? 'fit' : 'report';
}

/** Reads a gold file, one question a line. Errors: `request.invalid` with line and fault. */
export async function readGold(file: string): Promise<GoldQuestion[]> {
  const text = await readIfThere(file);
  if (text !== null) return parseGold(text);
  throw new KakehashiError('request.invalid', 'There is no such gold file.', {
    remedy: 'Give one with --gold, or put gold.jsonl into the corpus folder.',
  });
}

/** The gold questions in the folder of a corpus or an adapter, none without the file. Errors: as `readGold`. */
export async function goldIn(folder: string): Promise<GoldQuestion[]> {
  return parseGold((await readIfThere(join(folder, 'gold.jsonl'))) ?? '');
}

async function readIfThere(file: string): Promise<string | null> {
  return await readFile(file, 'utf8').catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  });
}

function parseGold(text: string): GoldQuestion[] {
  const seen = new Set<string>();
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const question = parseLine(line, index + 1);
    if (seen.has(question.id)) throw invalidLine(index + 1, `the id ${question.id} is used twice`);
    seen.add(question.id);
    return [question];
  });
}

function parseLine(line: string, number: number): GoldQuestion {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw invalidLine(number, 'it is not JSON');
  }
  const parsed = GoldQuestion.safeParse(json);
  if (parsed.success) return parsed.data;
  throw invalidLine(
    number,
    parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
  );
}

function invalidLine(number: number, fault: string): KakehashiError {
  return new KakehashiError(
    'request.invalid',
    `Line ${number} of the gold file is wrong: ${fault}.`,
  );
}
