import { createHash } from 'node:crypto';
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

/** What versions said in gates that did not come to their end: a killed run of an hour goes on. */
export type KeptAnswers = {
  find(speaker: string, one: Case): Said | null;
  keep(speaker: string, one: Case, said: Said): Promise<void>;
  /** The gates came to their end. */
  forget(): Promise<void>;
};

/** Keeps answers in a file of JSON lines, one file a candidate and base. */
export async function openKeptAnswers(file: string): Promise<KeptAnswers> {
  const cache = await openLineCache(file, Line);
  return {
    find: (speaker, one) => cache.get(keyOf(speaker, one))?.said ?? null,
    async keep(speaker, one, said) {
      await cache.put({ key: keyOf(speaker, one), said });
    },
    forget: () => cache.forget(),
  };
}

function keyOf(speaker: string, one: Case): string {
  return createHash('sha256')
    .update(JSON.stringify([speaker, one]))
    .digest('hex');
}
