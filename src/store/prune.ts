import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection, Table } from '@lancedb/lancedb';
import type { Publications } from './publications.js';

/** Pointers that can be rolled back to, the current one included. */
export const KEPT_PUBLICATIONS = 5;
const DAY_MS = 86_400_000;
/** The cutoff travels as an age in milliseconds, so a version's exact time would prune it too. */
const MARGIN_MS = 1_000;

/**
 * Versions older than this may go: none that a kept pointer names, and none of the last day, whose
 * handles may be open still. Null when the oldest kept version is not listed.
 */
export function pruneCutoff(
  versions: readonly { version: number; timestamp: Date }[],
  keptTableVersions: readonly number[],
  now: Date,
): Date | null {
  const oldest = Math.min(...keptTableVersions);
  const kept = versions.find(({ version }) => version === oldest);
  if (!kept) return null;
  return new Date(Math.min(kept.timestamp.getTime() - MARGIN_MS, now.getTime() - DAY_MS));
}

/**
 * Removes what no kept pointer needs: old versions of `table`, files that a killed run left, and tables
 * of former models. For the holder of the writer's lease alone: LanceDB would otherwise keep unfinished
 * files for a week, as they could be another writer's.
 */
export async function prune(
  folder: string,
  connection: Connection,
  table: Table,
  publications: Publications,
  now: Date,
): Promise<void> {
  const kept = publications.publications
    .filter((publication) => publication.table === table.name)
    .map(({ tableVersion }) => tableVersion);
  const cutoff = pruneCutoff(await table.listVersions(), kept, now);
  if (cutoff !== null) await table.optimize({ cleanupOlderThan: cutoff, deleteUnverified: true });

  const needed = new Set(publications.publications.map((publication) => publication.table));
  needed.add(table.name);
  for (const entry of await readdir(folder)) {
    const name = /^(.+)\.lance$/u.exec(entry)?.[1];
    if (name === undefined || needed.has(name)) continue;
    const { mtimeMs } = await stat(join(folder, entry, '_versions'));
    if (now.getTime() - mtimeMs > DAY_MS) await connection.dropTable(name);
  }
}
