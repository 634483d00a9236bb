import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isKakehashiError, isSystemError, KakehashiError } from '../errors.js';
import { fileBytes, hashFile } from '../models/model-files.js';
import type { AdapterEvent } from '../store/record-adapters.js';
import { isCleared, type LineageDocument, type Passport } from './passport.js';
import { readPassport, readPassportFile, writePassportFile } from './passport-file.js';
import { type Standing, standingOf, versionsIn } from './standing.js';
import { type BaseShape, readBaseShape, vetAdapterFile } from './vet.js';

/** One version of an adapter that answers. */
export type RegisteredAdapter = {
  passport: Passport;
  /** The file to serve, named by its sha256 and never replaced in place. */
  path: string;
  /** Its name inside the engine: two versions of an adapter may be loaded at once. */
  engineName: string;
  /** Percent of conversations that get it while it is on trial; null for the one in service. */
  canaryShare: number | null;
};

export type RefusedAdapter = { name: string; error: KakehashiError };

export type RegistryOptions = {
  /** Folder with one folder per adapter: `passport.json`, `adapter.gguf`. */
  adaptersDir: string;
  /** Folder of the versions that serve or have served. */
  servedDir: string;
  /** The chat model in service: its file, already verified, and what that was verified against. */
  base: { path: string; sha256: string };
  /** What maintainers decided, oldest first. */
  events: () => readonly AdapterEvent[];
  /** Whether a document was erased: a version that learned from it is not served. */
  wasErased: (corpus: string, id: string) => boolean;
  /**
   * Asks a file that passed the header check its first question, in a process that may die of it;
   * throws `adapter.invalid`. What passed once on this base is not asked again. Null: for a look at
   * what would be served, without serving it.
   */
  tryOut: ((name: string, file: { path: string; sha256: string }) => Promise<unknown>) | null;
};

/** A version that should answer, by the events. */
export type WantedVersion = { name: string; sha256: string; canaryShare: number | null };

/** The versions that should answer, in the order of their names; quick, nothing is checked. */
export function wantedVersions({ events }: Pick<RegistryOptions, 'events'>): WantedVersion[] {
  const all = events();
  const names = new Set(all.map(({ name }) => name));
  const wanted: WantedVersion[] = [];
  for (const name of [...names].toSorted()) {
    const standing = readStanding(name, { events: () => all });
    for (const sha256 of versionsIn(standing)) {
      const canaryShare = sha256 === standing.serving ? null : (standing.canary?.share ?? null);
      wanted.push({ name, sha256, canaryShare });
    }
  }
  return wanted;
}

/** Where the events of `name` have led. */
export function readStanding(name: string, { events }: Pick<RegistryOptions, 'events'>): Standing {
  return standingOf(events().filter((event) => event.name === name));
}

/**
 * The versions in the folder that nobody has decided about and that may serve without a decision, as
 * they come with their gates passed, or overruled with a reason: those an installation ships with. The
 * first start records them.
 */
export async function shippedVersions(
  options: Pick<RegistryOptions, 'adaptersDir' | 'events'>,
): Promise<{ name: string; sha256: string }[]> {
  const decided = new Set(options.events().map(({ name }) => name));
  const shipped: { name: string; sha256: string }[] = [];
  for (const name of await adapterNames(options.adaptersDir)) {
    if (decided.has(name)) continue;
    const passport = await readPassport(options.adaptersDir, name).catch(() => null);
    if (passport !== null && isCleared(passport)) {
      shipped.push({ name, sha256: passport.adapter.sha256 });
    }
  }
  return shipped;
}

/**
 * Admits every version that should answer. The others are returned with the reason:
 * `adapter.invalid` (passport, checksum, file header, try-out, or a file that the system does not let
 * read or store), `adapter.base_mismatch`,
 * `adapter.not_found` (a version that is no longer stored), `adapter.withdrawn` (a document it
 * learned from was erased). One bad adapter never keeps the service
 * from starting.
 */
export async function loadAdapters(
  options: RegistryOptions,
): Promise<{ served: RegisteredAdapter[]; refused: RefusedAdapter[] }> {
  const served: RegisteredAdapter[] = [];
  const refused: RefusedAdapter[] = [];
  const refuse = (name: string, error: unknown) => {
    const reason = withSystemFault(name, error);
    if (!isKakehashiError(reason) || reason.code === 'cancelled') throw error;
    refused.push({ name, error: reason });
  };
  for (const name of await adapterNames(options.adaptersDir)) {
    if (await isUntrained(options.adaptersDir, name)) continue;
    await readPassport(options.adaptersDir, name).catch((error: unknown) => refuse(name, error));
  }
  const wanted = wantedVersions(options);
  if (wanted.length === 0) return { served, refused };
  const shape = await readBaseShape(options.base.path);
  for (const { name, sha256, canaryShare } of wanted) {
    try {
      const { passport, path } = await admit(name, sha256, shape, options);
      const engineName = `${name}@${short(sha256)}`;
      served.push({ passport, path, engineName, canaryShare });
    } catch (error) {
      refuse(name, error);
    }
  }
  return { served, refused };
}

/** A folder with a card and data, but no passport and no file yet. */
export async function isUntrained(adaptersDir: string, name: string): Promise<boolean> {
  const names: string[] = await readdir(join(adaptersDir, name)).catch(() => []);
  const has = (file: string) => names.includes(file);
  return has('adapter.yaml') && !has('passport.json') && !has('adapter.gguf');
}

/** Names of the adapter folders, sorted. */
export async function adapterNames(adaptersDir: string): Promise<string[]> {
  try {
    const entries = await readdir(adaptersDir, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}

/**
 * The version `sha256` of adapter `name`, checked and stored: as it was stored before, or from its
 * folder when that holds this very version. Errors: those of `loadAdapters`.
 */
async function admit(
  name: string,
  sha256: string,
  shape: BaseShape,
  options: RegistryOptions,
): Promise<{ passport: Passport; path: string }> {
  const inFolder = await readPassport(options.adaptersDir, name).catch(() => null);
  const path = join(options.servedDir, `${sha256}.gguf`);
  let passport = inFolder;
  if (passport?.adapter.sha256 === sha256) {
    requireBase(passport, options.base.sha256);
    await storeVersion(passport, shape, path, options);
  } else {
    passport = await readPassportFile(passportPath(options, sha256), name).catch(() => {
      throw new KakehashiError(
        'adapter.not_found',
        `Version ${short(sha256)} of adapter "${name}" is not stored here any more.`,
        { remedy: 'Promote a version that is there: kakehashi adapters list.' },
      );
    });
    requireBase(passport, options.base.sha256);
    await checkFile(passport, shape, path);
  }
  requireNothingErased(passport, options);
  await requireTriedOut(passport, path, options);
  return { passport, path };
}

/** The documents it learned from that were erased since. */
export function erasedOf(
  { lineage }: Passport,
  { wasErased }: Pick<RegistryOptions, 'wasErased'>,
): LineageDocument[] {
  return lineage.filter(({ corpus, id }) => wasErased(corpus, id));
}

function requireNothingErased(passport: Passport, options: RegistryOptions): void {
  const erased = erasedOf(passport, options);
  if (erased.length === 0) return;
  const names = erased.map(({ corpus, id }) => `${corpus}/${id}`);
  throw new KakehashiError(
    'adapter.withdrawn',
    `Adapter "${passport.name}" learned from ${erased.length} documents that were erased since: ${names.slice(0, 3).join(', ')}.`,
    { remedy: 'Take what was made of them out of its data and train it again.' },
  );
}

/** Errors: `adapter.base_mismatch`. */
export function requireBase(passport: Passport, baseSha256: string): void {
  if (passport.base.sha256.includes(baseSha256)) return;
  throw new KakehashiError(
    'adapter.base_mismatch',
    `Adapter "${passport.name}" was made for ${passport.base.name} (${passport.base.sha256.map(short).join(', ')}), not for the model in service (${short(baseSha256)}).`,
    { remedy: 'Serve that model, or train the adapter on the one in service.' },
  );
}

/**
 * Stores file and passport under the file's sha256, after all checks. A file that is stored already is
 * not copied again: the one in the folder may be gone, unreadable, or half of its successor.
 */
async function storeVersion(
  passport: Passport,
  shape: BaseShape,
  path: string,
  options: RegistryOptions,
): Promise<void> {
  const isStored = await checkFile(passport, shape, path).then(
    () => true,
    () => false,
  );
  if (!isStored) await copyVersion(passport, shape, path, options);
  const file = passportPath(options, passport.adapter.sha256);
  const stored = await readPassportFile(file, passport.name).catch(() => null);
  if (!isDeepStrictEqual(stored, passport)) await writePassportFile(file, passport);
}

async function copyVersion(
  passport: Passport,
  shape: BaseShape,
  path: string,
  options: RegistryOptions,
): Promise<void> {
  const source = join(options.adaptersDir, passport.name, 'adapter.gguf');
  await mkdir(options.servedDir, { recursive: true });
  const copy = `${path}.${process.pid}.part`;
  try {
    await copyFile(source, copy).catch((error: unknown) => {
      throw isSystemError(error, 'ENOENT')
        ? invalid(passport.name, 'adapter.gguf is missing')
        : error;
    });
    await checkFile(passport, shape, copy);
    await rename(copy, path);
  } finally {
    await rm(copy, { force: true });
  }
}

/** Size, sha256, header and weights. Errors: `adapter.invalid`, or as the system refuses the file. */
export async function checkFile(passport: Passport, shape: BaseShape, path: string): Promise<void> {
  const size = await fileBytes(path);
  if (size === null) throw invalid(passport.name, 'its file is missing');
  if (size !== passport.adapter.bytes) {
    throw invalid(
      passport.name,
      `the file has ${size} bytes, the passport says ${passport.adapter.bytes}`,
    );
  }
  if ((await hashFile(path)) !== passport.adapter.sha256) {
    throw invalid(passport.name, 'the file does not have the sha256 of its passport');
  }
  await vetAdapterFile(path, passport, shape);
}

/** The stamp stands beside the stored file and names the base it was tried on. */
async function requireTriedOut(
  passport: Passport,
  path: string,
  options: RegistryOptions,
): Promise<void> {
  const { sha256 } = passport.adapter;
  const stamp = join(options.servedDir, `${sha256}.tried.json`);
  const tried = await readFile(stamp, 'utf8').catch(() => '');
  if (options.tryOut === null || tried.includes(options.base.sha256)) return;
  const result = await options.tryOut(passport.name, { path, sha256 });
  await writeFile(stamp, `${JSON.stringify({ base: options.base.sha256, result })}\n`);
}

function passportPath({ servedDir }: RegistryOptions, sha256: string): string {
  return join(servedDir, `${sha256}.passport.json`);
}

function invalid(name: string, fault: string): KakehashiError {
  return new KakehashiError('adapter.invalid', `Adapter "${name}": ${fault}.`, {
    remedy: 'Restore adapter.gguf and passport.json from the same training run.',
  });
}

/** A fault of the system while an adapter was read or stored concerns that adapter alone. */
function withSystemFault(name: string, error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return error;
  return new KakehashiError(
    'adapter.invalid',
    `Adapter "${name}" could not be read or stored (${String(error.code)}).`,
    {
      remedy:
        'Let the service read the folder of the adapter and write its data folder, and see that the disk is not full.',
      cause: error,
    },
  );
}

function short(sha256: string): string {
  return sha256.slice(0, 12);
}
