import { KakehashiError } from '../errors.js';
import { describeSource, type ModelEntry } from './model-entry.js';
import { checksumMismatch, fileBytes, hashFile } from './model-files.js';
import {
  type Expected,
  expectedFile,
  makeStamp,
  type ModelRecord,
  readRecord,
  sameStamp,
  tryWriteRecord,
} from './model-record.js';

/** A model that may be loaded: its bytes are what the manifest or the first use says. */
export type ReadyModel = {
  entry: ModelEntry;
  path: string;
  bytes: number;
  sha256: string;
  licence: string;
  /** Null when neither the manifest nor the file says. */
  contextTokens: number | null;
};

export type ModelStatus = {
  name: string;
  role: ModelEntry['role'];
  state: 'present' | 'absent' | 'corrupt';
  /** Of the file that is loaded; null before the first pull of a model without a checksum. */
  bytes: number | null;
  sha256: string | null;
  licence: string | null;
  languages: readonly string[];
  path: string | null;
  /** Where the file came from, or would be tried first. */
  source: string;
};

export type VerifyOptions = {
  modelsDir: string;
  signal?: AbortSignal | undefined;
  onProgress?: (progress: { model: string; bytes: number; totalBytes: number }) => void;
};

/**
 * The verified file of `entry`. A file that looks as it did when it was last hashed (size, time,
 * inode) is believed, any other is hashed. Throws `model.not_pulled`, `model.truncated` or
 * `model.checksum_mismatch`.
 */
export async function requireModel(entry: ModelEntry, options: VerifyOptions): Promise<ReadyModel> {
  const record = await readRecord(options.modelsDir, entry.name);
  const expected = expectedFile(entry, options.modelsDir, record);
  const found = expected === null ? null : await fileBytes(expected.path);
  if (expected === null || found === null) {
    throw new KakehashiError('model.not_pulled', `The model ${entry.name} is not here yet.`, {
      remedy: `Run: kakehashi models pull ${entry.name}`,
      detail: { model: entry.name },
    });
  }
  const remedy = `Run: kakehashi models pull ${entry.name}`;
  if (found < expected.bytes) {
    throw new KakehashiError('model.truncated', `The file of ${entry.name} is cut short.`, {
      remedy,
      detail: { model: entry.name, bytes: found, expectedBytes: expected.bytes },
    });
  }
  const state = found === expected.bytes && (await isAsRecorded(expected, record));
  if (!state && !(await hashesAsExpected(entry, expected, record, options))) {
    throw checksumMismatch(`The file of ${entry.name}`, remedy);
  }
  return {
    entry,
    path: expected.path,
    bytes: expected.bytes,
    sha256: expected.sha256,
    licence: entry.licence ?? record?.licence ?? 'unknown',
    contextTokens: entry.contextTokens ?? record?.contextTokens ?? null,
  };
}

/** State of each entry without hashing again what was hashed before. */
export async function listModels(
  entries: readonly ModelEntry[],
  options: VerifyOptions,
): Promise<ModelStatus[]> {
  return statusOfEach(entries, options, (entry) => requireModel(entry, options));
}

/** State of each entry with every file that is here read and hashed again. */
export async function verifyModels(
  entries: readonly ModelEntry[],
  options: VerifyOptions,
): Promise<ModelStatus[]> {
  return statusOfEach(entries, options, async (entry) => {
    const record = await readRecord(options.modelsDir, entry.name);
    // Without its stamp the file is hashed; a wrong one stays without and is refused at start.
    if (record !== null) await tryWriteRecord(options.modelsDir, { ...record, stamp: null });
    const expected = expectedFile(entry, options.modelsDir, record);
    const present = expected !== null && (await fileBytes(expected.path)) === expected.bytes;
    if (present && !(await hashesAsExpected(entry, expected, record, options))) {
      throw checksumMismatch(`The file of ${entry.name}`, 'Pull the model again.');
    }
    return present ? undefined : await requireModel(entry, options);
  });
}

async function statusOfEach(
  entries: readonly ModelEntry[],
  { modelsDir }: VerifyOptions,
  check: (entry: ModelEntry) => Promise<unknown>,
): Promise<ModelStatus[]> {
  const statuses: ModelStatus[] = [];
  for (const entry of entries) {
    const state = await stateBy(() => check(entry));
    const record = await readRecord(modelsDir, entry.name);
    const expected = expectedFile(entry, modelsDir, record);
    const [first] = entry.sources;
    statuses.push({
      name: entry.name,
      role: entry.role,
      state,
      bytes: expected?.bytes ?? null,
      sha256: expected?.sha256 ?? null,
      licence: entry.licence ?? record?.licence ?? null,
      languages: entry.languages,
      path: state === 'absent' ? null : (expected?.path ?? null),
      source:
        (state === 'present' ? record?.source : undefined) ??
        (first === undefined ? 'none' : describeSource(first)),
    });
  }
  return statuses;
}

async function stateBy(check: () => Promise<unknown>): Promise<ModelStatus['state']> {
  try {
    await check();
    return 'present';
  } catch (error) {
    if (!(error instanceof KakehashiError)) throw error;
    if (error.code === 'model.not_pulled') return 'absent';
    if (error.code === 'model.truncated' || error.code === 'model.checksum_mismatch') {
      return 'corrupt';
    }
    throw error;
  }
}

async function isAsRecorded(expected: Expected, record: ModelRecord | null): Promise<boolean> {
  if (record?.stamp == null || record.sha256 !== expected.sha256) return false;
  return sameStamp(record.stamp, await makeStamp(expected.path, expected.sha256));
}

/** Hashes the file and, when it is right, stamps it. */
async function hashesAsExpected(
  entry: ModelEntry,
  expected: Expected,
  record: ModelRecord | null,
  { modelsDir, signal, onProgress }: VerifyOptions,
): Promise<boolean> {
  // Taken before hashing: a file that changes meanwhile no longer fits its stamp.
  const stamp = await makeStamp(expected.path, expected.sha256);
  if (stamp.bytes !== expected.bytes) return false;
  let bytes = 0;
  const sha256 = await hashFile(expected.path, {
    signal,
    onBytes: (more) => {
      bytes += more;
      onProgress?.({ model: entry.name, bytes, totalBytes: expected.bytes });
    },
  });
  if (sha256 !== expected.sha256) return false;
  const known = record?.sha256 === sha256 ? record : null;
  const file = expected.path.slice(modelsDir.length).replace(/^[/\\]+/, '');
  await tryWriteRecord(modelsDir, {
    schema: 1,
    name: entry.name,
    file,
    bytes: expected.bytes,
    sha256,
    licence: entry.licence ?? known?.licence ?? 'unknown',
    licenceFrom: entry.licenceFrom,
    contextTokens: entry.contextTokens ?? known?.contextTokens ?? null,
    source: known?.source ?? 'a file found in the models folder',
    pulledAt: known?.pulledAt ?? new Date().toISOString(),
    stamp,
  });
  return true;
}
