import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { indexEach, type OnEnd } from '../../src/cli/index.js';
import { loadConfig } from '../../src/config.js';
import { isKakehashiError, KakehashiError } from '../../src/errors.js';
import { type Corpus, loadCorpus } from '../../src/ingest/corpus.js';
import type { Knowledge } from '../../src/knowledge.js';
import { createCountingEmbedder } from '../ingest/memory-index.js';
import { openIndex } from '../ingest/real-index.js';

const { signal } = new AbortController();
const options = { full: false, dryRun: false, accept: false, json: false, signal };

test('goes on to the next corpus when one cannot be brought up to date', async () => {
  const ended: [string, string | undefined][] = [];
  const locked = new KakehashiError('store.locked', 'Somebody else writes.');
  await endOf(locked, (corpus, result) => {
    ended.push([corpus, isKakehashiError(result) ? result.code : undefined]);
  });
  expect(ended).toEqual([
    ['manuals', 'store.locked'],
    ['rules', 'store.locked'],
  ]);
});

test('ends with a fault of its own', async () => {
  const ended: string[] = [];
  const run = endOf(new TypeError('a fault'), (corpus) => ended.push(corpus));
  await expect(run).rejects.toThrow('a fault');
  expect(ended).toEqual([]);
});

/** A run over two corpora in an index in which none can be written. */
async function endOf(throws: Error, onEnd: OnEnd): Promise<void> {
  const writer = () => Promise.reject(throws);
  const knowledge = { passages: { writer } } as unknown as Knowledge;
  const corpora = ['manuals', 'rules'].map((name) => ({ name }) as Corpus);
  await indexEach(loadConfig({ environment: {} }), knowledge, corpora, { ...options, onEnd });
}

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
  const results: Parameters<OnEnd>[1][] = [];
  const onEnd: OnEnd = (_, result) => results.push(result);
  const run = () => indexEach(config, knowledge, [corpus], { ...options, onEnd });
  const writeAll = async (text: (at: number) => string) => {
    for (let at = 0; at < 12; at++) await writeFile(join(documents, `d${at}.md`), text(at));
  };

  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  onTestFinished(() => stderr.mockRestore());
  await writeAll((at) => `# D\n\nText ${at}.\n`);
  await run();
  await writeAll(() => '---\ntitle: "open\n---\ntext');
  await run();
  expect(results[1]).toMatchObject({
    code: 'gate.refused',
    message: expect.stringContaining('12 documents could not be read (100 %)') as string,
  });

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
