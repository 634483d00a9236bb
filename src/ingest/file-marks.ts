import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { KnownFile } from '../store/record-files.js';
import { CHUNKER_VERSION } from './chunk.js';
import type { Corpus } from './corpus.js';
import type { KnownDocument } from './ledger.js';
import type { SourceFile } from './list-files.js';
import { MAX_FILE_BYTES } from './reader.js';
import { sidecarBytes } from './sidecar.js';

/**
 * Raise when a reader gives another text for the same file, or other personal data is found in it: every
 * file is then read anew.
 */
export const READERS_VERSION = '2';

/**
 * Stands for everything that the documents of a file come from: its bytes, those of its sidecar, what the
 * corpus says about it, and how it is read. Null when one cannot be read, or is too large to be.
 */
export async function markOf(
  source: SourceFile,
  { settingsFor, personalData }: Pick<Corpus, 'settingsFor' | 'personalData'>,
): Promise<string | null> {
  if (source.bytes > MAX_FILE_BYTES) return null;
  const read = [readFile(source.file), sidecarBytes(source)] as const;
  const [content, sidecar] = await Promise.all(read).catch(() => [null, null]);
  if (content === null) return null;
  return createHash('sha256')
    .update(
      JSON.stringify([READERS_VERSION, CHUNKER_VERSION, settingsFor(source.path), personalData]),
    )
    .update(sidecar === null ? '-' : createHash('sha256').update(sidecar).digest())
    .update(content)
    .digest('hex');
}

/** Whether a file with its earlier mark need not be read: all that came of it is in the index, from there. */
export function isSettled(
  { documents }: KnownFile,
  path: string,
  known: ReadonlyMap<string, KnownDocument>,
): boolean {
  return documents.every(({ id, revision }) => {
    const indexed = known.get(id);
    return indexed?.revision === revision && indexed.upToDate && indexed.source === path;
  });
}
