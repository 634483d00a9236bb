import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { isSystemError } from '../errors.js';
import { loadedFile, type ModelEntry, storedName } from './model-entry.js';
import { replaceFile } from './model-files.js';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** How the file looked when its checksum was last computed; the same look is not hashed again. */
const Stamp = z.strictObject({
  bytes: z.int().nonnegative(),
  modifiedMs: z.number(),
  inode: z.string(),
  sha256: Sha256,
});
export type Stamp = z.infer<typeof Stamp>;

/**
 * `<name>.json` beside a model: where the file came from and what it was verified against. For a
 * model without a checksum in the manifest it is the record of the first use, binding afterwards.
 */
export const ModelRecord = z.strictObject({
  schema: z.literal(1),
  name: z.string(),
  file: z.string().regex(/^[\w.+-]+$/),
  bytes: z.int().positive(),
  sha256: Sha256,
  licence: z.string(),
  licenceFrom: z.enum(['manifest', 'config', 'file']),
  contextTokens: z.int().positive().nullable(),
  source: z.string(),
  pulledAt: z.iso.datetime(),
  stamp: Stamp.nullable(),
});
export type ModelRecord = z.infer<typeof ModelRecord>;

export function recordPath(modelsDir: string, name: string): string {
  return join(modelsDir, `${name}.json`);
}

/** The record of `name`, or null when there is none or it cannot be read as one. */
export async function readRecord(modelsDir: string, name: string): Promise<ModelRecord | null> {
  let text: string;
  try {
    text = await readFile(recordPath(modelsDir, name), 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) return null;
    throw error;
  }
  try {
    const record = ModelRecord.safeParse(JSON.parse(text));
    return record.success ? record.data : null;
  } catch {
    return null; // not JSON: as good as none, the next check writes it anew
  }
}

export async function writeRecord(modelsDir: string, record: ModelRecord): Promise<void> {
  const path = recordPath(modelsDir, record.name);
  await replaceFile(path, `${JSON.stringify(record, null, 2)}\n`);
}

/** As `writeRecord`, where a read-only folder is no reason to fail: the next start hashes again. */
export async function tryWriteRecord(modelsDir: string, record: ModelRecord): Promise<void> {
  try {
    await writeRecord(modelsDir, record);
  } catch (error) {
    const readOnly = ['EROFS', 'EACCES', 'EPERM', 'ENOSPC'];
    if (!readOnly.some((code) => isSystemError(error, code))) throw error;
  }
}

export async function makeStamp(path: string, sha256: string): Promise<Stamp> {
  const look = await stat(path, { bigint: true });
  return {
    bytes: Number(look.size),
    modifiedMs: Number(look.mtimeNs / 1_000_000n),
    inode: String(look.ino),
    sha256,
  };
}

export function sameStamp(a: Stamp, b: Stamp): boolean {
  return (
    a.bytes === b.bytes &&
    a.modifiedMs === b.modifiedMs &&
    a.inode === b.inode &&
    a.sha256 === b.sha256
  );
}

/** Where the verified file of `entry` lies and what its bytes must be. */
export type Expected = { path: string; bytes: number; sha256: string };

/** Null when the checksum is neither in the manifest nor recorded yet. */
export function expectedFile(
  entry: ModelEntry,
  modelsDir: string,
  record: ModelRecord | null,
): Expected | null {
  const { file, bytes, sha256 } = loadedFile(entry);
  if (sha256 !== null && bytes !== null) {
    return { path: join(modelsDir, storedName(file, sha256)), bytes, sha256 };
  }
  if (record === null) return null;
  return { path: join(modelsDir, record.file), bytes: record.bytes, sha256: record.sha256 };
}
