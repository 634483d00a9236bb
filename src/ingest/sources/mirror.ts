import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { isKakehashiError, isSystemError, KakehashiError, throwIfAborted } from '../../errors.js';
import { SIDECAR } from '../sidecar.js';
import type { Source, SourceItem } from './source.js';

/** What was fetched, by path: the mark of the content and the address that was noted beside it. */
const Manifest = z.record(
  z.string(),
  z.strictObject({ fingerprint: z.string(), url: z.string().nullable() }),
);
type Manifest = z.infer<typeof Manifest>;

export type MirrorReport = {
  fetched: number;
  unchanged: number;
  removed: number;
  /** Items that could not be fetched; a copy of before stays. */
  failed: { path: string; reason: string }[];
};

/** Below the folder of a mirror: its files are read as those of any corpus. */
export const MIRRORED_FILES = 'files';

/**
 * Brings a copy of a source up to date: fetches what changed, removes what is gone. A file is replaced
 * as a whole, and noted after it is there, so that a run that was killed fetches it once more. Nothing
 * that was noted is removed unless the source was listed to its end. Errors: `ingest.source_failed`, `cancelled`.
 */
export async function updateMirror(
  source: Source,
  folder: string,
  { signal, onFile }: { signal: AbortSignal | undefined; onFile?: (count: number) => void },
): Promise<MirrorReport> {
  const files = join(folder, MIRRORED_FILES);
  await mkdir(files, { recursive: true });
  const before = await readManifest(folder);
  await removeUnnamed(files, before);
  const now: Manifest = {};
  const report: MirrorReport = { fetched: 0, unchanged: 0, removed: 0, failed: [] };
  let isWhole = true;
  try {
    for await (const item of source({ signal })) {
      throwIfAborted(signal);
      const path = safePath(item.path);
      if (now[path] !== undefined) continue;
      const known = before[path];
      if (item.leadsAway === true && known === undefined) continue;
      try {
        const mark = await bring(item, join(files, path), known?.fingerprint ?? null);
        now[path] = { fingerprint: mark ?? known?.fingerprint ?? '', url: item.url ?? null };
        if (mark === null) report.unchanged++;
        else report.fetched++;
        if (item.url !== undefined && (mark !== null || known?.url !== item.url)) {
          await replace(join(files, path + SIDECAR), stringify({ url: item.url }));
        }
      } catch (error) {
        if (!isOfItem(error)) throw error;
        if (item.hidesOthers === true) isWhole = false;
        report.failed.push({ path, reason: error.message });
        if (known !== undefined) now[path] = known;
      }
      onFile?.(report.fetched + report.unchanged);
    }
  } catch (error) {
    await writeManifest(folder, { ...before, ...now });
    throw error;
  }
  const gone = isWhole ? Object.keys(before).filter((path) => now[path] === undefined) : [];
  for (const path of gone) {
    await rm(join(files, path), { force: true });
    // One that came from the source itself is an item of its own.
    if (before[path]?.url !== null) await rm(join(files, path + SIDECAR), { force: true });
    await removeEmptyFolders(files, dirname(path));
  }
  report.removed = gone.length;
  await writeManifest(folder, isWhole ? now : { ...before, ...now });
  return report;
}

/** Gives the new mark, null when nothing changed. */
async function bring(
  item: SourceItem,
  file: string,
  before: string | null,
): Promise<string | null> {
  const isThere = before !== null && (await exists(file));
  if (isThere && item.fingerprint !== null && item.fingerprint === before) return null;
  const fetched = await item.fetch(isThere ? before : null);
  if (fetched === null) return null;
  await replace(file, fetched.bytes);
  return fetched.fingerprint;
}

async function replace(file: string, content: Uint8Array | string): Promise<void> {
  const part = join(dirname(file), '.part');
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(part, content);
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    if (!['EISDIR', 'ENOTDIR', 'EEXIST'].some((code) => isSystemError(error, code))) throw error;
    throw new KakehashiError(
      'ingest.read_failed',
      'Its name is that of a folder, or a folder’s its.',
      {
        remedy: 'Rename one of the two at the source.',
      },
    );
  }
}

/**
 * A path that stays below the mirror on every file system: no `..`, no empty or hidden names, none too
 * long, nothing that another program gives a meaning.
 */
export function safePath(path: string): string {
  const names = path
    .normalize('NFC')
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
    .map((name) => name.replace(/[\u0000-\u001f\u007f<>:"\\|?*]/gu, '_').replace(/^[.~]+/u, '_'))
    .map(shorten);
  return names.join('/') || '_';
}

/** 255 bytes are the most that file systems take; an extension is kept. */
function shorten(name: string): string {
  // A sidecar keeps to the name of its file: its rights would be lost.
  if (name.endsWith(SIDECAR)) return shorten(name.slice(0, -SIDECAR.length)) + SIDECAR;
  if (Buffer.byteLength(name) <= 200) return name;
  const extension = /\.[a-z0-9]{1,8}$/iu.exec(name)?.[0] ?? '';
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 16);
  return `${Array.from(name).slice(0, 40).join('')}-${hash}${extension}`;
}

function isOfItem(error: unknown): error is Error {
  return (
    isKakehashiError(error) &&
    (error.code === 'ingest.read_failed' || error.code === 'ingest.too_large')
  );
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}

/** Files of a run that was killed before it noted them: no later one would take them for gone. */
async function removeUnnamed(files: string, manifest: Manifest): Promise<void> {
  const named = new Set(
    Object.entries(manifest).flatMap(([path, { url }]) =>
      url === null ? [path] : [path, path + SIDECAR],
    ),
  );
  for (const entry of await readdir(files, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const path = relative(files, join(entry.parentPath, entry.name)).replaceAll(sep, '/');
    if (named.has(path.normalize('NFC'))) continue;
    await rm(join(files, path), { force: true });
    await removeEmptyFolders(files, dirname(path));
  }
}

async function removeEmptyFolders(root: string, folder: string): Promise<void> {
  for (let at = folder; at !== '.' && at !== ''; at = dirname(at)) {
    const left = await readdir(join(root, at)).catch(() => ['?']);
    if (left.length > 0) return;
    await rmdir(join(root, at));
  }
}

async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, 'manifest.json'), 'utf8').catch(() => '{}');
  try {
    return Manifest.parse(JSON.parse(text));
  } catch {
    // Without it everything is fetched once more.
    return {};
  }
}

async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await replace(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);
}
