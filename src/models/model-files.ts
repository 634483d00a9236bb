import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { KakehashiError, isFullDisk, isSystemError, throwIfAborted } from '../errors.js';

/** Space that a pull leaves free: logs, the index and the system need some too. */
const spareBytes = 64 << 20;

export type HashOptions = {
  signal?: AbortSignal | undefined;
  /** Reads bytes [0, end) only. Defaults to the whole file. */
  end?: number;
  start?: number;
  onBytes?: ((bytes: number) => void) | undefined;
};

/** sha256 of the file at `path` in lower-case hex, streamed. */
export async function hashFile(path: string, options: HashOptions = {}): Promise<string> {
  const { signal, start = 0, end, onBytes } = options;
  const hash = createHash('sha256');
  if (end !== undefined && end <= start) return hash.digest('hex');
  const stream = createReadStream(path, {
    highWaterMark: 1 << 20,
    start,
    ...(end === undefined ? {} : { end: end - 1 }),
  });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    throwIfAborted(signal);
    hash.update(chunk);
    onBytes?.(chunk.length);
  }
  return hash.digest('hex');
}

/** Size of the file at `path`, or null when there is none. */
export async function fileBytes(path: string): Promise<number | null> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : null;
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) return null;
    throw error;
  }
}

/** Writes `text` to `path` in one step: a reader finds the old file or the new one, never half. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(unfinished, text);
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** Bytes that an ordinary user can still write where `folder` lies. */
export async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Throws `disk.full` unless `neededBytes` and a reserve of 64 MB fit into `freeBytes`. */
export function assertSpace(freeBytes: number, neededBytes: number): void {
  if (freeBytes >= neededBytes + spareBytes) return;
  throw diskFull({ neededBytes: neededBytes + spareBytes, freeBytes });
}

/** `disk.full` for a lack seen beforehand (with numbers) or met while writing (`cause`). */
export function diskFull(
  numbers: { neededBytes: number; freeBytes: number } | null,
  cause?: unknown,
): KakehashiError {
  const message =
    numbers === null
      ? 'The disk became full while a model was written.'
      : `The model needs ${megabytes(numbers.neededBytes)} MB, ${megabytes(numbers.freeBytes)} MB are free.`;
  return new KakehashiError('disk.full', message, {
    remedy: 'Free some space, or put the models folder on a larger disk, and pull again.',
    ...(numbers === null ? {} : { detail: numbers }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Turns a full disk or quota met while writing into `disk.full`; other errors pass unchanged. */
export function asDiskError(error: unknown): unknown {
  return isFullDisk(error) ? diskFull(null, error) : error;
}

export function checksumMismatch(where: string, remedy: string): KakehashiError {
  return new KakehashiError('model.checksum_mismatch', `${where} is not the file it should be.`, {
    remedy,
  });
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1_000_000);
}
