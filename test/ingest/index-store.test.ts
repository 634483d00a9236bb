import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { IndexRunOptions } from '../../src/ingest/index-run.js';
import { createCountingEmbedder } from './memory-index.js';
import { openIndex } from './real-index.js';

/** The run on the real store and the real records. */
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'index-store-'));
  await mkdir(join(folder, 'docs'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const many = (count: number): string =>
  Array.from({ length: count }, (_, at) => `## Part ${at}\n\nThe text number ${at}.\n`).join('\n');

async function index(options: Partial<IndexRunOptions> = {}) {
  await using opened = openIndex(folder);
  return await opened.run(join(folder, 'docs'), options);
}

async function publishedVersion(): Promise<number | undefined> {
  await using opened = openIndex(folder);
  return (await opened.store.reader('docs').published())?.version;
}

test('a cancelled run leaves the published version, the next one goes on and publishes', async () => {
  await writeFile(join(folder, 'docs', 'a.md'), many(3));
  expect(await index()).toMatchObject({ added: ['a.md'], passages: 3, version: 1 });
  await writeFile(join(folder, 'docs', 'b.md'), many(600));
  await writeFile(join(folder, 'docs', 'c.md'), many(40).replaceAll('text', 'words'));
  const cancel = new AbortController();
  const cancelled = index({
    signal: cancel.signal,
    onProgress: ({ embeddedPassages }) => {
      if (embeddedPassages > 610) cancel.abort();
    },
  });
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
  expect(await publishedVersion()).toBe(1);
  const embedder = createCountingEmbedder();
  const report = await index({ embedder });
  expect(report).toMatchObject({ version: 2, failed: [] });
  // The 600 passages of b.md were written before the cancel.
  expect(embedder.embedded.length).toBeLessThanOrEqual(40);
  expect(await index()).toMatchObject({
    added: [],
    changed: [],
    unchanged: 3,
    embeddedPassages: 0,
  });
}, 120_000);

test('stored texts hold the published passages at their places', async () => {
  await writeFile(join(folder, 'docs', 'a.md'), many(20));
  await index();
  await using opened = openIndex(folder);
  const document = opened.records.documents.get('docs', 'a.md', null);
  const rows = await opened.store
    .reader('docs')
    .passagesOf('a.md', { readableBy: { access: [], readsAll: true } });
  expect(rows).toHaveLength(20);
  for (const passage of rows) {
    expect(document?.text.slice(passage.start, passage.end)).toBe(passage.text);
    expect(passage.revision).toBe(document?.revision);
  }
});

test('an empty corpus can be indexed', async () => {
  expect(await index()).toMatchObject({ added: [], passages: 0 });
});
