import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KakehashiError } from '../errors.js';
import { convertE5ToGguf } from './convert-e5.js';
import { inspectOwnModel } from './inspect.js';
import {
  describeSource,
  loadedFile,
  type ModelEntry,
  type ModelSource,
  storedName,
} from './model-entry.js';
import { checksumMismatch, fileBytes, hashFile } from './model-files.js';
import { makeStamp, writeRecord } from './model-record.js';
import type { PullOptions } from './pull-options.js';
import type { SourceTarget } from './source.js';

/** A file of the owner's own is looked at before it is copied; a hub's only after it is here. */
export async function assertOwnLicence(
  entry: ModelEntry,
  source: ModelSource,
  options: PullOptions,
) {
  if (entry.sha256 !== null || source.kind !== 'file') return;
  if ((await fileBytes(source.path)) === null) return; // the source itself says so
  await inspectOwnModel(source.path, entry.licence, options.allowLicences);
}

/** Reads the delivered file back from the disk; a wrong one is removed. */
export async function checkDelivered(
  entry: ModelEntry,
  target: SourceTarget,
  options: PullOptions,
  signal: AbortSignal,
): Promise<void> {
  try {
    const size = (await fileBytes(target.partPath)) ?? 0;
    if (target.bytes !== null && size < target.bytes) {
      throw new KakehashiError('model.truncated', 'The file that arrived is cut short.', {
        remedy: 'Pull again.',
        detail: { bytes: size, expectedBytes: target.bytes },
      });
    }
    if (target.sha256 !== null) {
      const sha256 = await hashWithProgress(entry, target.partPath, size, options, signal);
      if (sha256 !== target.sha256) {
        throw checksumMismatch('The file that arrived', mismatchRemedy(entry));
      }
    }
    if (entry.sha256 === null) {
      await inspectOwnModel(target.partPath, entry.licence, options.allowLicences);
    }
  } catch (error) {
    if (!signal.aborted) await rm(target.partPath, { force: true });
    throw error;
  }
}

function mismatchRemedy(entry: ModelEntry): string {
  return entry.sha256 === null
    ? `It has changed since its first pull. To trust the new one, remove ${entry.name}.json.`
    : 'The source has another file than this release knows; use another source.';
}

async function hashWithProgress(
  entry: ModelEntry,
  path: string,
  totalBytes: number,
  { onProgress }: PullOptions,
  signal: AbortSignal,
): Promise<string> {
  let bytes = 0;
  return hashFile(path, {
    signal,
    onBytes: (more) => {
      bytes += more;
      onProgress?.({ model: entry.name, phase: 'check', bytes, totalBytes });
    },
  });
}

/** Converts where needed, records what was verified and gives the file its final name. */
export async function finishModel(
  entry: ModelEntry,
  options: PullOptions,
  { partPath, source }: { partPath: string; source: ModelSource },
  signal: AbortSignal,
): Promise<string> {
  const ready = entry.converted === undefined ? partPath : `${partPath}.gguf`;
  if (entry.converted !== undefined) {
    const { bytes, sha256 } = entry.converted;
    options.onProgress?.({ model: entry.name, phase: 'convert', bytes: 0, totalBytes: bytes });
    await convertE5ToGguf(partPath, ready, { signal });
    const made = await hashFile(ready, { signal });
    if (made !== sha256) {
      await rm(ready, { force: true });
      throw checksumMismatch('The converted file', 'This release cannot convert the model here.');
    }
    options.onProgress?.({ model: entry.name, phase: 'convert', bytes, totalBytes: bytes });
  }
  const own =
    entry.sha256 === null
      ? await inspectOwnModel(ready, entry.licence, options.allowLicences)
      : { licence: entry.licence ?? 'unknown', contextTokens: entry.contextTokens };
  const sha256 =
    loadedFile(entry).sha256 ?? (await hashWithProgress(entry, ready, 0, options, signal));
  await flush(ready);
  const file = storedName(loadedFile(entry).file, sha256);
  const path = join(options.modelsDir, file);
  const stamp = await makeStamp(ready, sha256);
  await rename(ready, path);
  await writeRecord(options.modelsDir, {
    schema: 1,
    name: entry.name,
    file,
    bytes: stamp.bytes,
    sha256,
    licence: own.licence,
    licenceFrom: entry.licenceFrom,
    contextTokens: own.contextTokens,
    source: describeSource(source),
    pulledAt: new Date().toISOString(),
    stamp,
  });
  return path;
}

async function flush(path: string): Promise<void> {
  await using file = await open(path, 'r+');
  await file.sync();
}

/** Unfinished file of one source; two sources never go on from each other's bytes. */
export function partialPath(entry: ModelEntry, partialDir: string, source: ModelSource): string {
  const known = entry.sha256 === null ? '' : `-${entry.sha256.slice(0, 12)}`;
  return join(partialDir, `${entry.name}${known}.${source.kind}.part`);
}

export async function removePartials(entry: ModelEntry, partialDir: string): Promise<void> {
  for (const source of [{ kind: 'file' } as ModelSource, ...entry.sources]) {
    const path = partialPath(entry, partialDir, source);
    for (const leftover of [path, `${path}.etag`, `${path}.gguf`])
      await rm(leftover, { force: true });
  }
}
