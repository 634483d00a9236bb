import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KakehashiError } from '../../src/errors.js';
import { UNRESTRICTED } from '../../src/store/filter.js';
import { indexed, openTestStore, passage, temporaryFolder, vectorFor } from './fixtures.js';

/** Files below `folder` that hold these bytes. */
async function filesWith(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const found = await Promise.all(
    files.map(async (file) => ((await readFile(file)).includes(text) ? [file] : [])),
  );
  return found.flat();
}

describe('erase', () => {
  it('leaves no byte of a document in any version, and everything else as it was', async () => {
    const dir = await temporaryFolder();
    const store = await openTestStore({ dir });
    const kept = Array.from({ length: 40 }, (_, at) =>
      passage({ documentId: `kept-${at}.md`, text: `Kept text number ${at} of the handbook.` }),
    );
    const secret = passage({ documentId: 'secret.md', text: 'Zzyzx canary of the secret memo.' });
    const writer = await store.writer('hr');
    await writer.apply({
      upsert: [...kept, secret].map((one) => indexed(one)),
      deleteDocuments: [],
    });
    await writer.publish();
    await writer.apply({ upsert: [], deleteDocuments: ['secret.md'] });
    await writer.publish();
    // Deleted, and still on the disk in two versions.
    expect(await filesWith(dir, 'Zzyzx canary')).not.toEqual([]);

    const published = await writer.erase(['secret.md', 'kept-3.md']);
    await writer.release();
    expect(await filesWith(dir, 'Zzyzx canary')).toEqual([]);
    expect(await filesWith(dir, 'Kept text number 3 of')).toEqual([]);
    expect(published).toMatchObject({ version: 3, rows: 39 });
    expect((await store.versions('hr')).map(({ version }) => version)).toEqual([3]);

    const reader = store.reader('hr');
    expect(await reader.passagesOf('secret.md', UNRESTRICTED)).toEqual([]);
    const [found] = await reader.dense(vectorFor('Kept text number 7 of the handbook.'), {
      filter: UNRESTRICTED,
      limit: 1,
    });
    expect(found?.passage).toEqual(kept[7]);
    expect(found?.similarity).toBeCloseTo(1);
    expect(await reader.keyword(['handbook'], { filter: UNRESTRICTED, limit: 50 })).toHaveLength(
      39,
    );
  });

  it('publishes what people use, not what was written since and refused', async () => {
    const store = await openTestStore();
    await using writer = await store.writer('hr');
    const [good, secret] = [indexed({ text: 'good' }), indexed({ documentId: 'secret.md' })];
    await writer.apply({ upsert: [good, secret], deleteDocuments: [] });
    await writer.publish();
    await writer.apply({ upsert: [indexed({ text: 'garbage' })], deleteDocuments: [] });
    const refuse = () => Promise.reject(new KakehashiError('gate.refused', 'Worse.'));
    await expect(writer.publish(refuse)).rejects.toMatchObject({ code: 'gate.refused' });
    await writer.erase(['secret.md']);
    const left = await store.reader('hr').passagesOf('leave.md', UNRESTRICTED);
    expect(left.map(({ text }) => text)).toEqual(['good']);
  });

  it('leaves no table of a former model, and erases nothing before the new one is published', async () => {
    const dir = await temporaryFolder();
    const before = await openTestStore({ dir });
    const writer = await before.writer('hr');
    await writer.apply({ upsert: [indexed({ text: 'Zzyzx canary' })], deleteDocuments: [] });
    await writer.publish();
    await writer.release();
    const after = await openTestStore({
      dir,
      embeddingModel: { name: 'new', sha256: 'b'.repeat(64) },
    });
    await using next = await after.writer('hr');
    await expect(next.erase(['leave.md'])).rejects.toMatchObject({ code: 'request.invalid' });
    expect(await before.reader('hr').count(UNRESTRICTED)).toBe(1);
    const rows = [indexed({ text: 'Zzyzx canary' }), indexed({ documentId: 'kept.md' })];
    await next.apply({ upsert: rows, deleteDocuments: [] });
    await next.publish();
    expect(await next.erase(['leave.md'])).toMatchObject({ rows: 1 });
    expect(await filesWith(dir, 'Zzyzx canary')).toEqual([]);
  });

  it('can be written to afterwards, and erases the last document of a corpus', async () => {
    const store = await openTestStore();
    const writer = await store.writer('hr');
    await writer.apply({ upsert: [indexed(passage())], deleteDocuments: [] });
    await writer.publish();
    expect(await writer.erase(['leave.md'])).toMatchObject({ rows: 0 });
    await writer.apply({ upsert: [indexed(passage())], deleteDocuments: [] });
    expect(await writer.publish()).toMatchObject({ rows: 1, version: 3 });
    await writer.release();
  });
});
