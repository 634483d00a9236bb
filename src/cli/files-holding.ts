import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isSystemError, throwIfAborted } from '../errors.js';

const PIECE_BYTES = 1 << 20;

/**
 * Files below `folder` that hold any of the sentences, as UTF-8 or as it stands in JSON, relative to
 * it; `except` names folders that are passed over. Errors: `cancelled`.
 */
export async function filesHolding(
  folder: string,
  sentences: readonly string[],
  { except, signal }: { except: readonly string[]; signal: AbortSignal },
): Promise<string[]> {
  if (sentences.length === 0) return [];
  const forms = sentences.flatMap((text) => [text, JSON.stringify(text).slice(1, -1)]);
  const wanted = [...new Set(forms)].map((text) => Buffer.from(text));
  const found: string[] = [];
  for (const file of await filesBelow(folder, new Set(except.map((name) => join(folder, name))))) {
    const holds = await holdsAny(file, wanted, signal).catch(ifGone(false));
    if (holds) found.push(relative(folder, file));
  }
  return found;
}

/** Files below `folder` that were last written before then. */
export async function filesBefore(folder: string, timeMs: number): Promise<string[]> {
  const old: string[] = [];
  for (const file of await filesBelow(folder)) {
    const writtenMs = await stat(file).then(({ mtimeMs }) => mtimeMs, ifGone(timeMs));
    if (writtenMs < timeMs) old.push(file);
  }
  return old;
}

async function filesBelow(
  folder: string,
  except: ReadonlySet<string> = new Set(),
): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(ifGone([]))) {
    const path = join(folder, entry.name);
    if (entry.isFile()) files.push(path);
    else if (entry.isDirectory() && !except.has(path)) {
      files.push(...(await filesBelow(path, except)));
    }
  }
  return files;
}

/** In pieces, as a file may be larger than a buffer; each is searched with the end of the one before. */
async function holdsAny(
  file: string,
  wanted: readonly Buffer[],
  signal: AbortSignal,
): Promise<boolean> {
  const overlapBytes = Math.max(...wanted.map(({ length }) => length));
  let end = Buffer.alloc(0);
  const stream = createReadStream(file, { highWaterMark: PIECE_BYTES });
  for await (const piece of stream as AsyncIterable<Buffer>) {
    throwIfAborted(signal);
    const bytes = Buffer.concat([end, piece]);
    if (wanted.some((text) => bytes.includes(text))) return true;
    end = bytes.subarray(-overlapBytes);
  }
  return false;
}

/** The service may be at work: what is removed between listing and reading holds nothing. */
function ifGone<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (isSystemError(error, 'ENOENT')) return value;
    throw error;
  };
}
