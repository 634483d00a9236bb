import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { isSystemError, KakehashiError } from '../errors.js';
import { ROWS_SCHEMA } from './passage-rows.js';

/** A version of a corpus that readers were, or are, sent to. */
export const Publication = z.strictObject({
  /** Counts the publications of the corpus from 1; what people see as the index version. */
  version: z.int().min(1),
  table: z.string(),
  /** LanceDB's number, which counts every commit of the table. */
  tableVersion: z.int().min(1),
  rows: z.int().min(0),
  at: z.iso.datetime(),
  /** The version that readers used until then; null for the first. */
  replaced: z.int().min(1).nullable().default(null),
  /** Of the tokeniser that made the keyword column, with the ICU it ran on. */
  tokensVersion: z.string(),
  icu: z.string(),
  embeddingModel: z.strictObject({ name: z.string(), sha256: z.string() }),
  dimensions: z.int().min(1),
});
export type Publication = z.infer<typeof Publication>;

/** `published.json`. One file, so that the pointer and its history cannot disagree. */
const Publications = z.strictObject({
  /** Of the rows in the tables. */
  schema: z.literal(ROWS_SCHEMA),
  /** The `version` that readers use. */
  current: z.int().min(1),
  /** Newest first. */
  publications: z.array(Publication).min(1),
});
export type Publications = z.infer<typeof Publications>;

export const PUBLISHED_FILE = 'published.json';

/**
 * The pointer of the corpus in `folder`, or null before the first publication. An index of an earlier
 * schema counts as none: the next run makes it anew.
 */
export async function readPublications(folder: string): Promise<Publications | null> {
  let text: string;
  try {
    text = await readFile(join(folder, PUBLISHED_FILE), 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
  const found = parsePublications(text);
  if (found !== null && currentOf(found) === undefined) throw unreadable();
  return found;
}

function parsePublications(text: string): Publications | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw unreadable();
  }
  const stated = z.object({ schema: z.int() }).safeParse(json);
  if (stated.success && stated.data.schema < ROWS_SCHEMA) return null;
  if (stated.success && stated.data.schema > ROWS_SCHEMA) {
    throw new KakehashiError('data.newer_schema', 'The index was written by a newer version.', {
      remedy: 'Start the newer version again, or index into another data folder.',
      detail: { schema: stated.data.schema },
    });
  }
  const parsed = Publications.safeParse(json);
  if (!parsed.success) throw unreadable();
  return parsed.data;
}

export function currentOf(publications: Publications): Publication | undefined {
  return publications.publications.find(({ version }) => version === publications.current);
}

/**
 * The version before: what readers used until the current one came, or where that is gone, the newest
 * that is older. A newer one that was gone back from is none.
 */
export function versionBefore(
  publications: readonly Pick<Publication, 'version' | 'replaced'>[],
  current: number,
): number | null {
  const replaced = publications.find(({ version }) => version === current)?.replaced;
  const older = publications.map(({ version }) => version).filter((version) => version < current);
  if (older.length === 0) return null;
  return older.find((version) => version === replaced) ?? Math.max(...older);
}

/** A new publication before the `most` newest; the one in use until now stays, however old it is. */
export function publicationsWith(
  publication: Publication,
  before: Publications | null,
  most: number,
): Publication[] {
  const history = before?.publications ?? [];
  const newest = history.slice(0, most - 1);
  const used = history.find(({ version }) => version === before?.current);
  if (used === undefined || newest.includes(used)) return [publication, ...newest];
  return [publication, ...newest.slice(0, -1), used];
}

/** Replaces the pointer in one step: after a kill or a power cut the old or the new one is there. */
export async function writePublications(folder: string, value: Publications): Promise<void> {
  const file = join(folder, PUBLISHED_FILE);
  const unfinished = `${file}.${randomUUID()}.tmp`;
  try {
    {
      await using handle = await open(unfinished, 'wx');
      await handle.writeFile(`${JSON.stringify(Publications.parse(value), null, 2)}\n`);
      await handle.sync();
    }
    await rename(unfinished, file);
  } finally {
    await rm(unfinished, { force: true });
  }
  await syncFolder(dirname(file));
}

/** Makes renames in `folder` last; a no-op where folders cannot be opened (Windows). */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  await using handle = await open(folder, 'r');
  await handle.sync();
}

function unreadable(): KakehashiError {
  return new KakehashiError('store.version_missing', 'The index pointer cannot be read.', {
    remedy: `Restore ${PUBLISHED_FILE} from a backup, or delete it and index again.`,
  });
}
