import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { indexed, MAINTAINER, openTestStore, temporaryFolder } from './fixtures.js';

const filter = { readableBy: MAINTAINER };

/** A folder whose index says that it was written with rows of another schema. */
async function indexOfSchema(change: (schema: number) => number): Promise<string> {
  const dir = await temporaryFolder();
  const store = await openTestStore({ dir });
  await using writer = await store.writer('hr');
  await writer.apply({ upsert: [indexed({ text: 'before' })], deleteDocuments: [] });
  await writer.publish();
  const file = join(dir, 'hr', 'published.json');
  const pointer = JSON.parse(await readFile(file, 'utf8')) as { schema: number };
  await writeFile(file, JSON.stringify({ ...pointer, schema: change(pointer.schema) }));
  return dir;
}

describe('an index of another schema', () => {
  it('counts as none when it is older, and the next run makes it anew', async () => {
    const store = await openTestStore({ dir: await indexOfSchema((schema) => schema - 1) });
    const reader = store.reader('hr');
    await expect(reader.count(filter)).rejects.toMatchObject({ code: 'store.not_published' });
    await using writer = await store.writer('hr');
    await writer.apply({ upsert: [indexed({ text: 'after' })], deleteDocuments: [] });
    await writer.publish();
    const texts = (await reader.passagesOf('leave.md', filter)).map(({ text }) => text);
    expect(texts).toEqual(['after']);
  });

  it('is left alone when it is newer', async () => {
    const store = await openTestStore({ dir: await indexOfSchema((schema) => schema + 1) });
    const newer = { code: 'data.newer_schema' };
    await expect(store.reader('hr').count(filter)).rejects.toMatchObject(newer);
  });
});
