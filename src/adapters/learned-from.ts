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

/**
 * Files of JSON lines in the adapters folder of which a line names a document or holds one of its
 * sentences, relative to the folder, sorted.
 */
export async function dataHolding(
  { corpus, id }: DocumentRef,
  sentences: readonly string[],
  adaptersDir: string,
): Promise<string[]> {
  const names = [corpus, id].map((name) => JSON.stringify(name));
  const texts = sentences.map((text) => JSON.stringify(text).slice(1, -1));
  const holds = (line: string) =>
    names.every((name) => line.includes(name)) || texts.some((text) => line.includes(text));
  const files = (await namesIn(adaptersDir, { recursive: true })).filter((name) =>
    name.endsWith('.jsonl'),
  );
  const found = await Promise.all(
    files.map(async (file) => {
      const lines = (await readFile(join(adaptersDir, file), 'utf8')).split('\n');
      return lines.some((line) => holds(inOneForm(line))) ? [file] : [];
    }),
  );
  return found.flat().toSorted();
}

/** Other programs escape other characters and put spaces elsewhere. */
function inOneForm(line: string): string {
  const value = parseJson(line);
  return value === undefined ? line : JSON.stringify(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function namesIn(folder: string, options: { recursive?: boolean } = {}): Promise<string[]> {
  return await readdir(folder, options).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  });
}
