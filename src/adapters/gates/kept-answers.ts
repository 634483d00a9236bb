import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Said } from './ask.js';
import type { Case } from './cases.js';

const Line = z.strictObject({
  key: z.string(),
  said: z.strictObject({
    text: z.string(),
    chances: z.array(z.number()),
    logChances: z.array(z.number()),
    readTokens: z.number(),
    readMs: z.number(),
  }),
});

/** What versions said in gates that did not come to their end: a killed run of an hour goes on. */
export type KeptAnswers = {
  find(speaker: string, one: Case): Said | null;
  keep(speaker: string, one: Case, said: Said): Promise<void>;
  /** The gates came to their end. */
  forget(): Promise<void>;
};

/** Keeps answers in a file of JSON lines, one file a candidate and base. */
export async function openKeptAnswers(file: string): Promise<KeptAnswers> {
  await mkdir(dirname(file), { recursive: true });
  const text = await readFile(file, 'utf8').catch(() => '');
  const known = new Map<string, Said>();
  for (const line of text.split('\n')) {
    // A kill may leave half a line.
    const parsed = Line.safeParse(parseJson(line));
    if (parsed.success) known.set(parsed.data.key, parsed.data.said);
  }
  return {
    find: (speaker, one) => known.get(keyOf(speaker, one)) ?? null,
    async keep(speaker, one, said) {
      await appendFile(file, `${JSON.stringify({ key: keyOf(speaker, one), said })}\n`);
    },
    forget: () => rm(file, { force: true }),
  };
}

function keyOf(speaker: string, one: Case): string {
  return createHash('sha256')
    .update(JSON.stringify([speaker, one]))
    .digest('hex');
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
