import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../errors.js';
import type { DocumentRef } from './data/shapes.js';
import { Passport } from './passport.js';
import { adapterNames, type RegistryOptions } from './registry.js';

/**
 * Names of the adapters of which any version, in the folder or stored to be served, learned from a
 * document, sorted.
 */
export async function learnedFrom(
  { corpus, id }: DocumentRef,
  { adaptersDir, servedDir }: Pick<RegistryOptions, 'adaptersDir' | 'servedDir'>,
): Promise<string[]> {
  const own = (await adapterNames(adaptersDir)).map((name) =>
    join(adaptersDir, name, 'passport.json'),
  );
  const stored = (await namesIn(servedDir)).filter((name) => name.endsWith('.passport.json'));
  const files = [...own, ...stored.map((name) => join(servedDir, name))];
  const names = await Promise.all(
    files.map(async (file) => {
      // One that cannot be read is not served either.
      const { data } = Passport.safeParse(parseJson(await readFile(file, 'utf8').catch(() => '')));
      const isOf = data?.lineage.some((one) => one.corpus === corpus && one.id === id);
      return data !== undefined && isOf === true ? [data.name] : [];
    }),
  );
  return [...new Set(names.flat())].toSorted();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  });
}
