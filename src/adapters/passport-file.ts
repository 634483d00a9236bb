import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KakehashiError } from '../errors.js';
import { replaceFile } from '../models/model-files.js';
import { Passport } from './passport.js';

/** Reads `adapters/<name>/passport.json`. Errors: `adapter.invalid`, naming field and fault. */
export function readPassport(adaptersDir: string, name: string): Promise<Passport> {
  return readPassportFile(join(adaptersDir, name, 'passport.json'), name);
}

/** Reads the passport of adapter `name` wherever it lies. Errors: as `readPassport`. */
export async function readPassportFile(file: string, name: string): Promise<Passport> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
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

/** Replaces `adapters/<name>/passport.json` in one step. */
export function writePassport(adaptersDir: string, passport: Passport): Promise<void> {
  return writePassportFile(join(adaptersDir, passport.name, 'passport.json'), passport);
}

/** Replaces the passport at `file` in one step. */
export function writePassportFile(file: string, passport: Passport): Promise<void> {
  return replaceFile(file, `${JSON.stringify(passport, null, 2)}\n`);
}
