import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCorpus } from '../../src/ingest/corpus.js';
import { runIndex } from '../../src/ingest/index-run.js';
import { createCountingEmbedder, createMemoryIndex } from './memory-index.js';

const data = process.env['KAKEHASHI_EVAL_DATA'] ?? '';
const corpora = join(data, 'corpora');
const isThere = data !== '' && existsSync(join(corpora, '18f-handbook-diff.json'));

type Difference = Record<'added' | 'removed' | 'modified', string[]> & { unchanged: number };

// Skipped without KAKEHASHI_EVAL_DATA: two editions of a public employer's handbook, half a year apart.
describe.skipIf(!isThere)('a new edition of a handbook', () => {
  it('changes what changed, and embeds no text that was there before', {
    timeout: 300_000,
  }, async () => {
    const difference = JSON.parse(
      await readFile(join(corpora, '18f-handbook-diff.json'), 'utf8'),
    ) as Difference;
    const index = createMemoryIndex();
    const run = async (folder: string) => {
      const embedder = createCountingEmbedder();
      const corpus = await loadCorpus(join(corpora, folder), { name: 'handbook' });
      const { writer, texts, files } = index;
      const tokenise = (text: string) => text.split(' ');
      const report = await runIndex({ corpus, writer, texts, files, embedder, tokenise });
      return { report, embedded: embedder.embedded };
    };
    const older = await run('18f-handbook-older');
    const newer = await run('18f-handbook');
    const { added, removed, changed, touched, unchanged } = newer.report;
    // Pages that only lead elsewhere hold no text, and are no documents.
    const empty = (paths: readonly string[], { report }: typeof older) =>
      paths.filter((path) => report.failed.some(({ source }) => source === path));
    const without = (paths: readonly string[], others: readonly string[]) =>
      paths.filter((path) => !others.includes(path)).toSorted();
    const emptied = empty(difference.modified, newer);
    const filled = without(empty(difference.modified, older), emptied);
    expect(added).toEqual(
      [...without(difference.added, empty(difference.added, newer)), ...filled].toSorted(),
    );
    expect(removed).toEqual(without(difference.removed, empty(difference.removed, older)));
    // Of some pages only a link or the front matter changed: nothing of their text.
    expect([...changed, ...touched].toSorted()).toEqual(
      without(difference.modified, [...emptied, ...filled]),
    );
    const elsewhere = newer.report.failed.filter(
      ({ source }) => ![...difference.added, ...difference.modified].includes(source),
    );
    expect(unchanged - touched.length).toBe(difference.unchanged - elsewhere.length);
    const before = new Set(older.embedded);
    expect(newer.embedded.filter((text) => before.has(text))).toEqual([]);
    // Most passages of changed pages are as they were.
    expect(newer.embedded.length).toBeLessThan(newer.report.passages);
    const third = await run('18f-handbook');
    expect(third.embedded).toEqual([]);
    expect(third.report).toMatchObject({ added: [], changed: [], removed: [], touched: [] });
  });
});
