import { readdir, rm, stat, utimes } from 'node:fs/promises';
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
 * Versions since the oldest kept one that no pointer ever named: a run commits several times, a killed
 * run too. Nobody but a writer has opened them. Never the newest, from which the next run goes on.
 */
export function neverPublished(
  versions: readonly number[],
  keptTableVersions: readonly number[],
): number[] {
  const [oldest, newest] = [Math.min(...keptTableVersions), Math.max(...versions)];
  return versions.filter(
    (version) => version > oldest && version < newest && !keptTableVersions.includes(version),
  );
}

/**
 * Removes what no kept pointer needs: old versions of `table` and those between that were never
 * published, files that a killed run left, and tables of former models. For the holder of the writer's
 * lease alone: an unfinished file could be another writer's.
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
  const versions = await table.listVersions();
  const cutoff = pruneCutoff(versions, kept, now);
  if (cutoff !== null) {
    const tableFolder = join(folder, `${table.name}.lance`);
    const numbers = versions.map(({ version }) => version);
    await removeManifests(tableFolder, neverPublished(numbers, kept));
    await makeOld(tableFolder);
    await table.optimize({ cleanupOlderThan: cutoff, deleteUnverified: true });
  }

  const needed = new Set(publications.publications.map((publication) => publication.table));
  needed.add(table.name);
  for (const entry of await readdir(folder)) {
    const name = /^(.+)\.lance$/u.exec(entry)?.[1];
    if (name === undefined || needed.has(name)) continue;
    const { mtimeMs } = await stat(join(folder, entry, '_versions'));
    if (now.getTime() - mtimeMs > DAY_MS) await connection.dropTable(name);
  }
}

/**
 * Without its manifest a version is none; LanceDB's own pruning leaves such gaps around a tag. It goes by
 * age alone and would keep every commit since the oldest kept version.
 */
async function removeManifests(tableFolder: string, versions: readonly number[]): Promise<void> {
  for (const version of versions) {
    // Lance format, manifest naming scheme V2: newest first in the order of names.
    const name = String(2n ** 64n - 1n - BigInt(version)).padStart(20, '0');
    await rm(join(tableFolder, '_versions', `${name}.manifest`), { force: true });
  }
}

const LONG_AGO = new Date(0);

/** Pruning removes what no manifest names only once it is older than the cutoff. */
async function makeOld(tableFolder: string): Promise<void> {
  for (const part of ['data', '_indices', '_deletions', '_transactions']) {
    const place = join(tableFolder, part);
    const entries = await readdir(place, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (entry.isFile()) await utimes(join(entry.parentPath, entry.name), LONG_AGO, LONG_AGO);
    }
  }
}
