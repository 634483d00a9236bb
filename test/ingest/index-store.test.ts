import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadCorpus } from '../../src/ingest/corpus.js';
import { type IndexRunOptions, runIndex } from '../../src/ingest/index-run.js';
import { tokens, TOKENS_VERSION } from '../../src/retrieval/tokens.js';
import { openPassageStore } from '../../src/store/passages.js';
import { openRecords } from '../../src/store/records.js';
import { createCountingEmbedder } from './memory-index.js';

/** The run on the real store and the real records. */
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'index-store-'));
  await mkdir(join(folder, 'docs'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const many = (count: number): string =>
  Array.from({ length: count }, (_, at) => `## Part ${at}\n\nThe text number ${at}.\n`).join('\n');

async function withStore<T>(
  work: (
    store: ReturnType<typeof openPassageStore>,
    records: ReturnType<typeof openRecords>,
  ) => Promise<T>,
): Promise<T> {
  const records = openRecords(join(folder, 'records.db'));
  await using store = openPassageStore({
    dir: join(folder, 'index'),
    embeddingModel: { name: 'fake', sha256: 'f'.repeat(64) },
    dimensions: 8,
    tokensVersion: TOKENS_VERSION,
  });
  try {
    return await work(store, records);
  } finally {
    records.close();
  }
}

async function index(options: Partial<IndexRunOptions> = {}) {
  return await withStore(async (store, records) => {
    await using writer = await store.writer('docs');
    return await runIndex({
      corpus: await loadCorpus(join(folder, 'docs')),
      writer,
      texts: records.documents,
      embedder: createCountingEmbedder(),
      tokenise: tokens,
      ...options,
    });
  });
}

async function publishedVersion(): Promise<number | undefined> {
  return await withStore(async (store) => (await store.reader('docs').published())?.version);
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
  await withStore(async (store, records) => {
    const document = records.documents.get('docs', 'a.md', null);
    const rows = await store
      .reader('docs')
      .passagesOf('a.md', { readableBy: { access: [], readsAll: true } });
    expect(rows).toHaveLength(20);
    for (const passage of rows) {
      expect(document?.text.slice(passage.start, passage.end)).toBe(passage.text);
      expect(passage.revision).toBe(document?.revision);
    }
  });
});

test('an empty corpus can be indexed', async () => {
  expect(await index()).toMatchObject({ added: [], passages: 0 });
});
