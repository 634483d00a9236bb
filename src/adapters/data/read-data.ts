import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { isSystemError, KakehashiError } from '../../errors.js';
import { Held, Pair, Plain, Source } from './shapes.js';

export type AdapterData = {
  pairs: Pair[];
  sources: Source[];
  plain: Plain[];
  held: Held;
  /** Names of the files read, sorted. */
  files: string[];
};

/**
 * Reads the data folder of an adapter: `pairs.*.jsonl`, `sources.*.jsonl`, `plain.jsonl` and
 * `held.json`; with `only` those files whose names begin with one of its words. Errors:
 * `adapter.invalid` naming file, line and field, and for folders and words that give no file.
 */
export async function readData(
  folder: string,
  { only = [''] }: { only?: readonly string[] | undefined } = {},
): Promise<AdapterData> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  });
  const rows = names.filter((name) => name.endsWith('.jsonl')).toSorted();
  if (rows.length === 0) {
    throw invalid('There is no training data.', 'Put pairs.en.jsonl or sources.en.jsonl there.');
  }
  const files = rows.filter((name) => only.some((start) => name.startsWith(start)));
  if (files.length === 0) {
    throw invalid('No data file has such a name.', `Name some of these: ${rows.join(', ')}.`);
  }
  const data: AdapterData = {
    pairs: [],
    sources: [],
    plain: [],
    held: await readHeld(folder),
    files,
  };
  for (const name of files) {
    const text = await readFile(join(folder, name), 'utf8');
    if (/^pairs\b/u.test(name)) data.pairs.push(...parseLines(Pair, name, text));
    else if (/^sources\b/u.test(name)) data.sources.push(...parseLines(Source, name, text));
    else if (name === 'plain.jsonl') data.plain.push(...parseLines(Plain, name, text));
    else throw invalid(`${name} is of no known kind.`, 'Name it pairs.*.jsonl or sources.*.jsonl.');
  }
  return data;
}

/**
 * `part` with the held-out rows of `all`: what is measured, and what no training row may resemble, does
 * not change with the files that are trained on. Small talk, which no group holds, stays that of `part`.
 */
export function withHeldOf(all: AdapterData, part: AdapterData): AdapterData {
  const isHeld = ({ lang, group }: Pick<Pair, 'lang' | 'group'>) => all.held[lang].includes(group);
  const rows = <T extends Pair | Source>(whole: readonly T[], some: readonly T[]) => [
    ...some.filter((row) => !isHeld(row)),
    ...whole.filter(isHeld),
  ];
  return {
    ...part,
    pairs: rows(all.pairs, part.pairs),
    sources: rows(all.sources, part.sources),
  };
}

/**
 * `data` with the documents that other adapters read, except those that they hold out: what is measured
 * stays its own. Their files are named from its folder. Errors: those of `readData`.
 */
export async function withSourcesOf(
  data: AdapterData,
  adaptersDir: string,
  names: readonly string[],
): Promise<AdapterData> {
  const others = await Promise.all(
    names.map(async (name) => {
      const { sources, held, files } = await readData(join(adaptersDir, name, 'data'), {
        only: ['sources'],
      });
      return {
        sources: sources.filter(({ lang, group }) => !held[lang].includes(group)),
        files: files.map((file) => `../../${name}/data/${file}`),
      };
    }),
  );
  return {
    ...data,
    sources: [...data.sources, ...others.flatMap(({ sources }) => sources)],
    files: [...data.files, ...others.flatMap(({ files }) => files)],
  };
}

/** The general questions of `rehearsal.*.jsonl` in `folder`. Errors: `adapter.invalid`. */
export async function readRehearsal(folder: string): Promise<Plain[]> {
  const names = (await readdir(folder)).filter((name) => /^rehearsal\..*\.jsonl$/u.test(name));
  const texts = await Promise.all(
    names
      .toSorted()
      .map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const),
  );
  return texts.flatMap(([name, text]) => parseLines(Plain, name, text));
}

async function readHeld(folder: string): Promise<Held> {
  const text = await readFile(join(folder, 'held.json'), 'utf8').catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) {
      throw invalid(
        'There is no held.json: nothing would be left to measure on.',
        'Write {"ja": [groups], "en": [groups]} with about a fifth of the groups.',
      );
    }
    throw error;
  });
  return parse(Held, 'held.json', text);
}

/** The rows of a JSONL text, checked. Errors: `adapter.invalid` with `name`, line and field. */
export function parseLines<T>(schema: z.ZodType<T>, name: string, text: string): T[] {
  return text
    .split('\n')
    .flatMap((line, at) =>
      line.trim() === '' ? [] : [parse(schema, `${name}, line ${at + 1}`, line)],
    );
}

function parse<T>(schema: z.ZodType<T>, where: string, text: string): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid(`${where} is not JSON.`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw invalid(`${where}: ${faults.join('; ')}.`);
}

function invalid(message: string, remedy = 'Mend the data, then run this again.'): KakehashiError {
  return new KakehashiError('adapter.invalid', message, { remedy });
}
