import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { openLineCache } from '../../line-cache.js';
import type { Said } from './ask.js';
import type { Case } from './cases.js';

const Line = z.strictObject({
  key: z.string(),
  said: z.strictObject({
    text: z.string(),
    chances: z.array(z.number()).readonly(),
    logChances: z.array(z.number()).readonly(),
    readTokens: z.number(),
    readMs: z.number(),
  }),
});

/** What versions said in gates: a killed run of an hour goes on, and more cases ask only for what is new. */
export type KeptAnswers = {
  find(speaker: string, one: Case): Said | null;
  keep(speaker: string, one: Case, said: Said): Promise<void>;
};

const KEPT_DAYS = 30;

/** Keeps answers in a file of JSON lines, one a run of the same versions; removes files of long ago. */
export async function openKeptAnswers(file: string): Promise<KeptAnswers> {
  await removeOlder(dirname(file), Date.now() - KEPT_DAYS * 86_400_000);
  const cache = await openLineCache(file, Line);
  return {
    find: (speaker, one) => cache.get(keyOf(speaker, one))?.said ?? null,
    async keep(speaker, one, said) {
      await cache.put({ key: keyOf(speaker, one), said });
    },
  };
}

async function removeOlder(folder: string, thanMs: number): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    if ((await stat(path)).mtimeMs < thanMs) await rm(path, { force: true });
  }
}

function keyOf(speaker: string, one: Case): string {
  return createHash('sha256')
    .update(JSON.stringify([speaker, one]))
    .digest('hex');
}
