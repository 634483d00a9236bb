import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createFakeEmbedder } from '../../src/engine/fake.js';
import { createSearch } from '../../src/retrieval/create-search.js';
import { openIndex } from './real-index.js';

const QUERIES = ['green lantern', 'edition', '有休の日数', 'part 3'];
const MAINTAINER = { id: 'local', access: [], readsAll: true };

test('after a rollback searches answer byte for byte as before', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rollback-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const docs = await mkdtemp(join(folder, 'docs-'));
  const embedder = createFakeEmbedder();
  await using index = openIndex(folder, { dimensions: 64 });
  const { store } = index;

  async function publish(edition: string): Promise<void> {
    const parts = Array.from({ length: 40 }, (_, i) => `## Part ${i}\n\nThe ${edition} ${i}.\n`);
    await writeFile(join(docs, 'parts.md'), parts.join('\n'));
    await writeFile(join(docs, 'lantern.md'), `# Lantern\n\nThe lantern is ${edition}.\n`);
    await writeFile(join(docs, 'leave.md'), '# 規程\n\n有休は12日です。\n');
    await index.run(docs, { embedder });
  }

  async function answers(): Promise<string> {
    const search = createSearch({
      corpora: () => [store.reader('docs')],
      embedQuery: (texts, options) => embedder.embed(texts, 'query', options),
      clock: () => 0,
    });
    const all = [];
    for (const query of QUERIES) {
      all.push(
        await search({ query, corpora: null, language: null, principal: MAINTAINER, limit: 20 }),
      );
    }
    return JSON.stringify(all);
  }

  await publish('green');
  const before = await answers();
  await publish('red edition');
  const after = await answers();
  expect(after).not.toBe(before);
  await store.rollback('docs', 1);
  expect(await answers()).toBe(before);
  await store.rollback('docs', 2);
  expect(await answers()).toBe(after);
}, 60_000);
