import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadCorpus } from '../../src/ingest/corpus.js';
import type { IndexProgress } from '../../src/ingest/index-report.js';
import { type IndexRunOptions, runIndex } from '../../src/ingest/index-run.js';
import { READERS } from '../../src/ingest/readers/choose.js';
import { renderIndexReport } from '../../src/ingest/report.js';
import { createCountingEmbedder, createMemoryIndex } from './memory-index.js';
import { makePdf } from './readers/make-pdf.js';

let folder = '';
let index = createMemoryIndex();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'index-run-'));
  index = createMemoryIndex();
  await write('corpus.yaml', 'name: t\naccess: ["group:everyone"]\n');
  await write('documents/a.md', '# A\n\n## One\n\nFirst text.\n\n## Two\n\nSecond text.\n');
  await write('documents/b.txt', '規程\n\n有休は12日です。');
  await write(
    'documents/faq.jsonl',
    '{"id":"q1","title":"Q","text":"One."}\n{"id":"q2","title":"Q","text":"Two."}\n',
  );
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(path: string, text: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}

async function run(options: Partial<IndexRunOptions> = {}) {
  const embedder = createCountingEmbedder();
  const report = await runIndex({
    corpus: await loadCorpus(folder),
    writer: index.writer,
    texts: index.texts,
    files: index.files,
    embedder,
    tokenise: (text) => text.toLowerCase().split(/\s+/u),
    ...options,
  });
  return { report, embedded: embedder.embedded };
}

describe('runIndex', () => {
  test('indexes a folder, and finds nothing to do the second time', async () => {
    const first = await run();
    expect(first.report).toMatchObject({
      added: ['a.md', 'b.txt', 'q1', 'q2'],
      changed: [],
      removed: [],
      failed: [],
      passages: 5,
      embeddedPassages: 5,
      version: 1,
    });
    for (const { passage } of index.published()) {
      const document = index.stored().find((stored) => stored.id === passage.documentId);
      expect(document?.text.slice(passage.start, passage.end)).toBe(passage.text);
      expect(passage.access).toEqual(['group:everyone']);
    }
    const second = await run();
    expect(second.report).toMatchObject({
      added: [],
      changed: [],
      unchanged: 4,
      embeddedPassages: 0,
      passages: 0,
    });
    expect(second.embedded).toEqual([]);
  });

  test('does not read a file again that is as it was, and reports what it held all the same', async () => {
    await write('documents/b.txt', '規程\n\n連絡先は 090-1234-5678 です。');
    let reads = 0;
    const counted = READERS.map((reader) => ({
      ...reader,
      read: (...given: Parameters<typeof reader.read>) => {
        reads++;
        return reader.read(...given);
      },
    }));
    const first = await run({ readers: counted });
    expect(reads).toBe(3);
    const second = await run({ readers: counted });
    expect(reads).toBe(3);
    expect(second.report).toMatchObject({ unchanged: 4, personal: first.report.personal });
    expect(first.report.personal.phone).toBe(1);
    await write('documents/b.txt', '規程\n\n連絡先は  090-1234-5678 です。');
    const third = await run({ readers: counted });
    expect(reads).toBe(4);
    expect(third.report).toMatchObject({ changed: [], touched: ['b.txt'], unchanged: 4 });
    await run({ readers: counted, full: true });
    expect(reads).toBe(7);
  });

  test('keeps the files that people want to see as they are, once for each revision', async () => {
    await write('documents/fan.pdf', makePdf([['Change the fan every two years.']]));
    const kept: string[] = [];
    const originals = {
      keep: (document: { id: string; revision: string }) => {
        kept.push(document.id);
        return Promise.resolve();
      },
    };
    // The child that reads them is built; here they are read in place.
    const readers = READERS.map((reader) => ({ ...reader, isolated: false }));
    await run({ originals, readers });
    await run({ originals, readers });
    await write('documents/fan.pdf', makePdf([['Change the fan every year.']]));
    await run({ originals, readers, dryRun: true });
    expect(kept).toEqual(['fan.pdf']);
    await run({ originals, readers });
    expect(kept).toEqual(['fan.pdf', 'fan.pdf']);
    // What is covered in the text stands in the file; and some want no copies.
    await write('documents/fan.pdf', makePdf([['Card 4111 1111 1111 1111 pays the fan.']]));
    await run({ originals, readers });
    await write('corpus.yaml', 'name: t\naccess: ["group:everyone"]\noriginals: false\n');
    await write('documents/fan.pdf', makePdf([['Change the fan.']]));
    expect((await run({ originals, readers })).report.changed).toEqual(['fan.pdf']);
    expect(kept).toEqual(['fan.pdf', 'fan.pdf']);
  });

  test('reads a file again when its rights changed, or when the index lost what came of it', async () => {
    await run();
    await write('corpus.yaml', 'name: t\naccess: ["group:hr"]\n');
    expect((await run()).report.changed).toEqual(['a.md', 'b.txt', 'q1', 'q2']);
    await index.writer.apply({ upsert: [], deleteDocuments: ['b.txt'] });
    expect((await run()).report).toMatchObject({ added: ['b.txt'], unchanged: 3 });
    await write('documents/b.txt.meta.yaml', 'title: Leave\n');
    expect((await run()).report.changed).toEqual(['b.txt']);
  });

  test('embeds only what changed in a changed document, and keeps the ids of the rest', async () => {
    await run();
    const before = index.published().map(({ passage }) => passage.id);
    await write(
      'documents/a.md',
      '# A\n\n## One\n\nFirst text, longer now.\n\n## Two\n\nSecond text.\n',
    );
    const { report, embedded } = await run();
    expect(report).toMatchObject({
      changed: ['a.md'],
      unchanged: 3,
      embeddedPassages: 1,
      reusedPassages: 1,
    });
    expect(embedded).toEqual(['A › One\nFirst text, longer now.']);
    const after = index.published().map(({ passage }) => passage.id);
    expect(after.filter((id) => before.includes(id))).toHaveLength(4);
    expect(index.stored().filter((document) => document.id === 'a.md')).toHaveLength(2);
  });

  test('publishes nothing when most documents vanished, until that is accepted', async () => {
    for (let at = 0; at < 10; at++) await write(`documents/more-${at}.txt`, `Text number ${at}.`);
    await run();
    for (let at = 0; at < 8; at++) await rm(join(folder, `documents/more-${at}.txt`));
    const limits = { removedShare: 0.3, failedShare: 0.2, shrunkShare: 0.3 };
    await expect(run({ limits })).rejects.toMatchObject({ code: 'gate.refused' });
    await expect(run({ limits })).rejects.toThrow(/8 of 14 documents vanished \(57 %\)/u);
    expect(index.published().some(({ passage }) => passage.documentId === 'more-0.txt')).toBe(true);
    expect((await run()).report).toMatchObject({ version: 2, removed: { length: 8 } });
  });

  test('publishes although pictures that never were documents lie in the folder', async () => {
    await run();
    for (let at = 0; at < 8; at++) await write(`documents/picture-${at}.png`, 'no text');
    await write('documents/a.md', '# A\n\n## One\n\nAnother text.\n');
    const limits = { removedShare: 0.3, failedShare: 0.2, shrunkShare: 0.3 };
    const { report } = await run({ limits });
    expect(report).toMatchObject({ version: 2, changed: ['a.md'], failed: { length: 8 } });
  });

  test('publishes nothing when most documents lost most of their passages, also the next night', async () => {
    const parts = (count: number) =>
      Array.from({ length: count }, (_, at) => `## Part ${at}\n\nText of part ${at}.\n`).join('\n');
    for (let at = 0; at < 8; at++) await write(`documents/manual-${at}.md`, parts(10));
    await run();
    for (let at = 0; at < 8; at++) await write(`documents/manual-${at}.md`, parts(1));
    const limits = { removedShare: 0.3, failedShare: 0.2, shrunkShare: 0.3 };
    for (const _night of [1, 2]) {
      const refused = run({ limits });
      await expect(refused).rejects.toThrow(
        /8 of 12 documents shrank .*\(67 %\), such as manual-0\.md; the passages fell from 85 to 13/u,
      );
      await expect(refused).rejects.toMatchObject({
        code: 'gate.refused',
        remedy: expect.stringContaining('--accept') as string,
      });
    }
    expect(index.published()).toHaveLength(85);
    expect((await run()).report).toMatchObject({ version: 2, changed: [] });
  });

  test('keeps a document with an individual number out, covers a card and counts a phone', async () => {
    await write('documents/secret.md', '# Staff\n\nマイナンバー: 1234 5678 9018\n');
    await write(
      'documents/pay.md',
      '# Pay\n\nCard 4111-1111-1111-1111 is the test card.\n\nCall 090-1234-5678.\n',
    );
    const { report } = await run();
    expect(report.failed).toEqual([
      {
        source: 'secret.md',
        reason: expect.stringMatching(/individual number.*line 3.*personal_data/u) as string,
        keptEarlier: false,
      },
    ]);
    expect(JSON.stringify([report, index.stored(), index.published()])).not.toContain('5678 9018');
    const pay = index.stored().find(({ id }) => id === 'pay.md');
    expect(pay?.text).toContain(`Card ${'█'.repeat(19)} is the test card.`);
    expect(pay?.text).toContain('090-1234-5678');
    const passage = index.published().find((one) => one.passage.documentId === 'pay.md')?.passage;
    expect(pay?.text.slice(passage?.start, passage?.end)).toBe(passage?.text);
    expect(report.personal).toMatchObject({ card: 1, phone: 1, individual_number: 0 });
    expect(renderIndexReport(report)).toContain('Personal data: 1 card, 1 phone.');
  });

  test('does about personal data what the corpus says', async () => {
    await write('documents/staff.md', '# Staff of 090-1234-5678\n\nhanako@maker.co.jp\n');
    await write(
      'corpus.yaml',
      'name: t\npersonal_data: { phone: redact, email: redact, own_domains: [maker.co.jp] }\n',
    );
    await run();
    const staff = index.stored().find(({ id }) => id === 'staff.md');
    expect(staff?.title).toBe(`Staff of ${'█'.repeat(13)}`);
    expect(staff?.text).toContain('hanako@maker.co.jp');
    expect(JSON.stringify([index.stored(), index.published()])).not.toContain('1234-5678');
  });

  test('changed rights re-write a document without embedding it', async () => {
    await run();
    await write(
      'corpus.yaml',
      'name: t\naccess: ["group:everyone"]\nrules: [{ match: "*.txt", access: ["group:hr"] }]\n',
    );
    const { report } = await run();
    expect(report).toMatchObject({ changed: ['b.txt'], embeddedPassages: 0, reusedPassages: 1 });
    expect(
      index.published().find(({ passage }) => passage.documentId === 'b.txt')?.passage.access,
    ).toEqual(['group:hr']);
  });

  test('takes out what vanished, and follows a document with an id that moved', async () => {
    await run();
    await rm(join(folder, 'documents/b.txt'));
    await rename(join(folder, 'documents/faq.jsonl'), join(folder, 'documents/faq-2.jsonl'));
    const { report } = await run();
    expect(report).toMatchObject({ removed: ['b.txt'], unchanged: 3, embeddedPassages: 0 });
    expect(index.published().some(({ passage }) => passage.documentId === 'b.txt')).toBe(false);
    expect((await index.texts.sources('t')).get('q1')).toBe('faq-2.jsonl');
  });

  test('reports failures by source, goes on, and keeps the last good version', async () => {
    await run();
    await write('documents/a.md', '---\ntitle: "open\n---\ntext');
    await write('documents/b.txt', Uint8Array.from([0x63, 0x61, 0x66, 0xe9, 0x20, 0x61, 0x21]));
    await write(
      'documents/faq.jsonl',
      '{"id":"q1","title":"Q","text":"One."}\n{"id":"q2", oops\n{"id":"q3","text":"Three."}\n',
    );
    await write('documents/empty.md', '');
    await write('documents/tool.exe', 'MZ');
    const { report } = await run();
    expect(report).toMatchObject({ added: ['q3'], removed: [], unchanged: 1 });
    expect(report.failed.map(({ source, keptEarlier }) => [source, keptEarlier])).toEqual([
      ['a.md', true],
      ['b.txt', true],
      ['empty.md', false],
      ['faq.jsonl, line 2', true],
      ['tool.exe', false],
    ]);
    expect(new Set(index.published().map(({ passage }) => passage.documentId))).toEqual(
      new Set(['a.md', 'b.txt', 'q1', 'q2', 'q3']),
    );
    const shown = renderIndexReport(report);
    expect(shown).toContain('a.md: The front matter');
    expect(shown).toContain('Its earlier version stays');
  });

  test('an unreadable folder keeps its documents', async () => {
    await write('documents/hr/x.md', 'Text.');
    await run();
    await rm(join(folder, 'documents/hr'), { recursive: true });
    const listed = await run({ corpus: await loadCorpus(folder), dryRun: true });
    expect(listed.report.removed).toEqual(['hr/x.md']);
    await write('documents/hr/x.md', 'Text.');
    await chmod(join(folder, 'documents/hr'), 0o000);
    const { report } = await run({ dryRun: true });
    await chmod(join(folder, 'documents/hr'), 0o755);
    // Root reads everything: then the folder is simply read.
    expect(report.removed).toEqual([]);
  });

  test('withdraws a document whose rights became unreadable', async () => {
    await run();
    await write('documents/a.md', '---\naccess: [hr]\n---\n# A\n\ntext');
    const { report } = await run();
    expect(report.removed).toEqual(['a.md']);
    expect(report.failed).toMatchObject([{ source: 'a.md', keptEarlier: false }]);
  });

  test.each([
    [
      'broken front matter that speaks of access',
      'a.md',
      '---\ntitle: "x\naccess: [group:hr]\n---\nx',
    ],
    ['front matter without an end', 'a.md', '---\naccess: [group:hr]\n\ntext'],
    ['front matter of a text', 'b.txt', '---\naccess: [hr]\n---\n規程'],
    ['a broken sidecar', 'b.txt.meta.yaml', 'id: two\naccess: [group:hr'],
    ['personal data that is kept out', 'b.txt', '規程\n\nマイナンバー: 1234 5678 9018'],
  ])('withdraws a document with an id of its own for %s', async (_, path, text) => {
    await write('documents/a.md', '---\nid: one\n---\n# A\n\ntext');
    await write('documents/b.txt', '規程');
    await write('documents/b.txt.meta.yaml', 'id: two\n');
    await run();
    await write(`documents/${path}`, text);
    const { report } = await run();
    expect(report.removed).toEqual([path.startsWith('a') ? 'one' : 'two']);
    expect(report.failed).toMatchObject([{ keptEarlier: false }]);
  });

  test('withdraws a line whose access cannot be read, and keeps one that is merely broken', async () => {
    await run();
    const rights = '{"id":"q1","text":"One.","access":7}';
    await write('documents/faq.jsonl', `${rights}\n{"id":"q2","text":"Two."}\n`);
    expect((await run()).report.removed).toEqual(['q1']);
    await write('documents/faq.jsonl', '{"id":"q2","access":["group:hr"],\n');
    expect((await run()).report.removed).toEqual(['q2']);
    await write('documents/faq.jsonl', '{"id":"q2","text":"Two."}\n');
    await run();
    await write('documents/faq.jsonl', '{"id":"q2",\n');
    expect((await run()).report).toMatchObject({ removed: [], failed: [{ keptEarlier: true }] });
  });

  test('withdraws what personal data keeps out from now on', async () => {
    await write('documents/b.txt', '規程\n\nhanako@maker.co.jp');
    await run();
    await write('corpus.yaml', 'name: t\npersonal_data: { email: block }\n');
    expect((await run()).report.removed).toEqual(['b.txt']);
  });

  test('publishes no document whose sidecar could not be fetched', async () => {
    await run();
    const unread = [{ path: 'a.md.meta.yaml', reason: 'The object answers 503.' }];
    const { report } = await run({ unread });
    expect(report).toMatchObject({ removed: ['a.md'], unchanged: 3 });
    expect(report.failed.map(({ source }) => source)).toEqual(['a.md.meta.yaml', 'a.md']);
    expect((await run()).report.added).toEqual(['a.md']);
  });

  test('refuses the second of two documents with one id, naming the first', async () => {
    await write('documents/z.md', '---\nid: q1\n---\nOther.');
    const { report } = await run();
    expect(report.failed).toMatchObject([
      { source: 'z.md', reason: expect.stringContaining('faq.jsonl') },
    ]);
    expect(index.published().filter(({ passage }) => passage.documentId === 'q1')).toHaveLength(1);
  });

  test('an empty folder does not empty the index', async () => {
    await run();
    for (const name of ['a.md', 'b.txt', 'faq.jsonl']) await rm(join(folder, 'documents', name));
    await expect(run()).rejects.toMatchObject({ code: 'ingest.read_failed' });
    expect(index.published()).toHaveLength(5);
  });

  test('a dry run compares and writes nothing', async () => {
    const { report, embedded } = await run({ dryRun: true });
    expect(report).toMatchObject({
      added: ['a.md', 'b.txt', 'q1', 'q2'],
      version: null,
      dryRun: true,
    });
    expect([embedded, index.stored(), index.published()]).toEqual([[], [], []]);
    expect(renderIndexReport(report)).toContain('nothing was written');
  });

  test('a full run embeds everything anew', async () => {
    await run();
    expect((await run({ full: true })).report).toMatchObject({
      embeddedPassages: 5,
      reusedPassages: 0,
    });
  });

  test('gives progress with a rate and a time left', async () => {
    const events: IndexProgress[] = [];
    let now = 0;
    await run({ onProgress: (event) => events.push(event), clock: () => (now += 10) });
    expect(events.at(-1)).toMatchObject({
      phase: 'done',
      files: 3,
      filesDone: 3,
      documents: 4,
      passages: 5,
      embeddedPassages: 5,
      etaMs: 0,
    });
    expect(events.at(-1)?.tokensPerSecond).toBeGreaterThan(0);
    expect(events.some((event) => event.etaMs !== null && event.etaMs > 0)).toBe(true);
  });
});

describe('a run that is cut off', () => {
  const many = Array.from({ length: 60 }, (_, at) => `## Part ${at}\n\nText number ${at}.\n`).join(
    '\n',
  );

  test.each([0, 16, 32, 48])(
    'by a failing embedder after %i texts leaves the published version',
    async (failAfter) => {
      await run();
      const before = index.published();
      await write('documents/many.md', many);
      const error = new Error('the engine died');
      await expect(run({ embedder: createCountingEmbedder({ failAfter, error }) })).rejects.toBe(
        error,
      );
      expect(index.published()).toEqual(before);
      expect(index.version()).toBe(1);
      expect((await run()).report).toMatchObject({ added: ['many.md'], version: 2 });
    },
  );

  test('by a cancel stops between batches', async () => {
    await write('documents/many.md', many);
    const cancel = new AbortController();
    const embedder = createCountingEmbedder();
    const cancelled = run({
      embedder,
      signal: cancel.signal,
      onProgress: ({ embeddedPassages }) => {
        if (embeddedPassages > 0) cancel.abort();
      },
    });
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    expect(index.published()).toEqual([]);
    expect(embedder.embedded.length).toBeLessThan(64);
  });

  test('after writing goes on from what was written', async () => {
    const embedder = createCountingEmbedder();
    const publish = index.writer.publish;
    index.writer.publish = () => Promise.reject(new Error('killed'));
    await expect(run({ embedder })).rejects.toThrow('killed');
    index.writer.publish = publish;
    const { report } = await run();
    expect(report).toMatchObject({ embeddedPassages: 0, version: 1 });
    expect(index.published()).toHaveLength(5);
  });
});
