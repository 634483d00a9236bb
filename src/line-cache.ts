import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';

export type LineCache<T> = {
  get(key: string): T | undefined;
  /** Appends it to the file, and gives it back. */
  put(line: T): Promise<T>;
};

/**
 * What long work came to, a JSON line each, so that a killed run goes on. A line that a kill left in
 * half, or that an older version wrote in another shape, counts as not there.
 */
export async function openLineCache<T extends { key: string }>(
  file: string,
  schema: z.ZodType<T>,
): Promise<LineCache<T>> {
  await mkdir(dirname(file), { recursive: true });
  const text = await readFile(file, 'utf8').catch(() => '');
  const known = new Map<string, T>();
  for (const line of text.split('\n')) {
    const parsed = schema.safeParse(parseJson(line));
    if (parsed.success) known.set(parsed.data.key, parsed.data);
  }
  return {
    get: (key) => known.get(key),
    async put(line) {
      await appendFile(file, `${JSON.stringify(line)}\n`);
      return line;
    },
  };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
