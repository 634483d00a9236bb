import { copyFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError, KakehashiError } from '../errors.js';
import { hashFile } from '../models/model-files.js';
import { type BaseShape, readBaseShape, vetAdapterFile } from './vet.js';
import { Passport } from './passport.js';

export type RegisteredAdapter = {
  passport: Passport;
  /** The file to serve, named by its sha256 and never replaced in place. */
  path: string;
};

export type RefusedAdapter = { name: string; error: KakehashiError };

export type RegistryOptions = {
  /** Folder with one folder per adapter: `passport.json`, `adapter.gguf`. */
  adaptersDir: string;
  /** Folder for the served copies. */
  servedDir: string;
  /** The chat model in service: its file, already verified, and what that was verified against. */
  base: { path: string; sha256: string };
};

/**
 * Loads every adapter that may be served on this base model. The others are returned with the
 * reason: `adapter.invalid` (passport, checksum or file header), `adapter.base_mismatch`. One bad
 * adapter never keeps the service from starting.
 */
export async function loadAdapters(
  options: RegistryOptions,
): Promise<{ served: RegisteredAdapter[]; refused: RefusedAdapter[] }> {
  const served: RegisteredAdapter[] = [];
  const refused: RefusedAdapter[] = [];
  const shape = await readBaseShape(options.base.path);
  for (const name of await adapterNames(options.adaptersDir)) {
    try {
      const passport = await readPassport(options.adaptersDir, name);
      requireBase(passport, options.base.sha256);
      served.push({ passport, path: await admit(passport, shape, options) });
    } catch (error) {
      if (!(error instanceof KakehashiError)) throw error;
      refused.push({ name, error });
    }
  }
  return { served, refused };
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

/** Reads `adapters/<name>/passport.json`. Errors: `adapter.invalid`, naming field and fault. */
export async function readPassport(adaptersDir: string, name: string): Promise<Passport> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(join(adaptersDir, name, 'passport.json'), 'utf8'));
  } catch (cause) {
    throw new KakehashiError(
      'adapter.invalid',
      `Adapter "${name}" has no readable passport.json.`,
      {
        remedy: 'Every adapter needs a passport beside its file.',
        cause,
      },
    );
  }
  const parsed = Passport.safeParse(json);
  if (parsed.success && parsed.data.name === name) return parsed.data;
  const fault = parsed.success
    ? `name: is "${parsed.data.name}", the folder is "${name}"`
    : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new KakehashiError(
    'adapter.invalid',
    `The passport of adapter "${name}" is wrong: ${fault}.`,
  );
}

function requireBase(passport: Passport, baseSha256: string): void {
  if (passport.base.sha256.includes(baseSha256)) return;
  throw new KakehashiError(
    'adapter.base_mismatch',
    `Adapter "${passport.name}" was made for ${passport.base.name} (${passport.base.sha256.map(short).join(', ')}), not for the model in service (${short(baseSha256)}).`,
    { remedy: 'Serve that model, or train the adapter on the one in service.' },
  );
}

/** Checks file against passport and header rules, then gives it its content-addressed name. */
async function admit(
  passport: Passport,
  shape: BaseShape,
  options: RegistryOptions,
): Promise<string> {
  const source = join(options.adaptersDir, passport.name, 'adapter.gguf');
  const target = join(options.servedDir, `${passport.adapter.sha256}.gguf`);
  const invalid = (fault: string) =>
    new KakehashiError('adapter.invalid', `Adapter "${passport.name}": ${fault}.`, {
      remedy: 'Restore adapter.gguf and passport.json from the same training run.',
    });
  const size = await stat(source).then(
    (info) => info.size,
    () => null,
  );
  if (size === null) throw invalid('adapter.gguf is missing');
  if (size !== passport.adapter.bytes) {
    throw invalid(`the file has ${size} bytes, the passport says ${passport.adapter.bytes}`);
  }
  await mkdir(options.servedDir, { recursive: true });
  const copy = `${target}.${process.pid}.part`;
  try {
    await copyFile(source, copy);
    if ((await hashFile(copy)) !== passport.adapter.sha256) {
      throw invalid('the file does not have the sha256 of its passport');
    }
    await vetAdapterFile(copy, passport, shape);
    await rename(copy, target);
  } finally {
    await rm(copy, { force: true });
  }
  return target;
}

function short(sha256: string): string {
  return sha256.slice(0, 12);
}
