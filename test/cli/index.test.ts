import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { indexAll } from '../../src/cli/index.js';
import { loadConfig } from '../../src/config.js';
import { loadCorpus } from '../../src/ingest/corpus.js';
import type { Knowledge } from '../../src/knowledge.js';
import { createCountingEmbedder } from '../ingest/memory-index.js';
import { openIndex } from '../ingest/real-index.js';

const options = { full: false, dryRun: false, accept: false, json: false };

test('a refused run names what could not be read, in the terminal and in its record', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cli-index-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const documents = join(folder, 'corpora', 'docs', 'documents');
  await mkdir(documents, { recursive: true });
  const config = loadConfig({ environment: {}, directory: folder });
  const corpus = await loadCorpus(join(folder, 'corpora', 'docs'));
  await using index = openIndex(folder);
  // The originals are kept of other formats, and only forgotten of published versions.
  const knowledge = {
    passages: index.store,
    records: index.records,
    originals: { prune: () => Promise.resolve() },
    embedder: createCountingEmbedder(),
  } as unknown as Knowledge;
  const run = () =>
    indexAll(config, knowledge, [corpus], { ...options, signal: new AbortController().signal });
  const writeAll = async (text: (at: number) => string) => {
    for (let at = 0; at < 12; at++) await writeFile(join(documents, `d${at}.md`), text(at));
  };

  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  onTestFinished(() => stderr.mockRestore());
  await writeAll((at) => `# D\n\nText ${at}.\n`);
  await run();
  await writeAll(() => '---\ntitle: "open\n---\ntext');
  await expect(run()).rejects.toThrow('12 documents could not be read (100 %)');

  const told = stderr.mock.calls.map(([text]) => String(text)).join('');
  expect(told.match(/- d\d+\.md: The front matter/gu)).toHaveLength(10);
  expect(told).toContain('… and 2 more: kakehashi runs docs');
  const [last] = index.records.runs.list({ corpus: 'docs', limit: 1 });
  expect(last).toMatchObject({
    status: 'failed',
    counts: { added: 0, changed: 0, removed: 0, unchanged: 0, failed: 12 },
    failures: { length: 12 },
  });
});
