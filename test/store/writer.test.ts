import { describe, expect, it } from 'vitest';
import { versionBefore } from '../../src/store/publications.js';
import type { PassageWriter } from '../../src/store/writer.js';
import { indexed, MAINTAINER, openTestStore, temporaryFolder, vectorFor } from './fixtures.js';

const filter = { readableBy: MAINTAINER };

describe('an incremental run', () => {
  it('removes the passages that a changed document no longer has, and touches no other', async () => {
    const store = await openTestStore();
    await using writer = await store.writer('hr');
    const kept = indexed({ documentId: 'b.md', text: 'other document' });
    await writer.apply({
      upsert: [indexed({ text: 'stays' }), indexed({ text: 'vanishes' }), kept],
      deleteDocuments: [],
    });
    const changed = await writer.apply({
      upsert: [indexed({ text: 'stays' }), indexed({ text: 'is new' })],
      deleteDocuments: [],
    });
    expect(changed).toEqual({ inserted: 1, updated: 0, deleted: 1 });
    await writer.publish();
    const reader = store.reader('hr');
    const texts = (await reader.passagesOf('leave.md', filter)).map(({ text }) => text);
    expect(texts.sort()).toEqual(['is new', 'stays']);
    expect(await reader.passagesOf('b.md', filter)).toEqual([kept.passage]);

    const removed = await writer.apply({ upsert: [], deleteDocuments: ['leave.md', 'unknown'] });
    expect(removed).toEqual({ inserted: 0, updated: 0, deleted: 2 });
    expect((await writer.publish()).rows).toBe(1);
  });

  it('writes a passage again when anything of it changed', async () => {
    const store = await openTestStore();
    await using writer = await store.writer('hr');
    const row = indexed();
    await writer.apply({ upsert: [row], deleteDocuments: [] });
    const same = await writer.apply({ upsert: [indexed()], deleteDocuments: [] });
    expect(same.updated).toBe(0);
    for (const changed of [
      { ...row, passage: { ...row.passage, access: ['group:hr'] } },
      { ...row, tokens: ['other'] },
      { ...row, embedding: vectorFor('other') },
    ]) {
      const result = await writer.apply({ upsert: [changed], deleteDocuments: [] });
      expect(result).toEqual({ inserted: 0, updated: 1, deleted: 0 });
    }
  });

  it('gives back the vectors of texts that were embedded before', async () => {
    const store = await openTestStore();
    await using writer = await store.writer('hr');
    const row = indexed();
    await writer.apply({ upsert: [row], deleteDocuments: [] });
    const vectors = await writer.vectors([row.embeddedText, 'never seen']);
    expect([...vectors.keys()]).toEqual([row.embeddedText]);
    expect(vectors.get(row.embeddedText)).toEqual(row.embedding);
  });

  it('goes on where a run stopped that never published', async () => {
    const dir = await temporaryFolder();
    {
      const store = await openTestStore({ dir });
      await using writer = await store.writer('hr');
      await writer.apply({ upsert: [indexed()], deleteDocuments: [] });
    }
    const store = await openTestStore({ dir });
    await using writer = await store.writer('hr');
    expect([...(await writer.documents())]).toEqual([
      ['leave.md', { revision: '0123456789abcdef', passages: 1, upToDate: true }],
    ]);
    expect((await writer.publish()).rows).toBe(1);
  });

  it('tells what readers see from what was written since', async () => {
    const store = await openTestStore();
    await using writer = await store.writer('hr');
    const passages = async () => {
      const [live, written] = [await writer.live(), await writer.documents()];
      return [live, written].map((documents) => documents.get('leave.md')?.passages);
    };
    const [first, second] = [indexed({ text: 'first' }), indexed({ text: 'second' })];
    await writer.apply({ upsert: [first, second], deleteDocuments: [] });
    expect(await passages()).toEqual([undefined, 2]);
    await writer.publish();
    await writer.apply({ upsert: [first], deleteDocuments: [] });
    expect(await passages()).toEqual([2, 1]);
  });

  it('asks for documents again whose words another tokeniser cut', async () => {
    const dir = await temporaryFolder();
    for (const [tokensVersion, upToDate] of [
      ['1', undefined],
      ['2', false],
    ] as const) {
      const store = await openTestStore({ dir, tokensVersion });
      await using writer = await store.writer('hr');
      expect((await writer.documents()).get('leave.md')?.upToDate).toBe(upToDate);
      await writer.apply({ upsert: [indexed()], deleteDocuments: [] });
      expect((await writer.documents()).get('leave.md')?.upToDate).toBe(true);
      expect(await writer.publish()).toMatchObject({ tokensVersion, icu: process.versions['icu'] });
    }
  });

  it('publishes an empty corpus when its last document goes', async () => {
    const store = await openTestStore();
    await using writer = await store.writer('hr');
    await writer.apply({ upsert: [indexed()], deleteDocuments: [] });
    await writer.publish();
    await writer.apply({ upsert: [], deleteDocuments: ['leave.md'] });
    expect((await writer.publish()).rows).toBe(0);
    const reader = store.reader('hr');
    expect(await reader.keyword(['paid'], { filter, limit: 5 })).toEqual([]);
    expect(await reader.dense(vectorFor('x'), { filter, limit: 5 })).toEqual([]);
  });

  it('makes no new version when nothing changed, also after the table was pruned', async () => {
    const store = await openTestStore();
    await using writer = await store.writer('hr');
    await writer.apply({ upsert: [indexed()], deleteDocuments: [] });
    const first = await writer.publish();
    await writer.apply({ upsert: [], deleteDocuments: [] });
    expect(await writer.publish()).toEqual(first);
  });

  it('makes no new version after one that changed something, which adds to the indices', async () => {
    const now = () => new Date(Date.now() + 2 * 86_400_000);
    const store = await openTestStore({ now, vectorIndexFromRows: 1 });
    await using writer = await store.writer('hr');
    for (let night = 1; night <= 4; night++) {
      const row = indexed({ documentId: `${night}.md`, text: `text of night ${night}` });
      await writer.apply({ upsert: [row], deleteDocuments: [] });
      const published = await writer.publish();
      expect(published.version).toBe(night);
      expect(await writer.publish()).toEqual(published);
    }
  });
});

/** A version for each text of one document. */
async function publishAll(writer: PassageWriter, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await writer.apply({ upsert: [indexed({ text })], deleteDocuments: [] });
    await writer.publish();
  }
}

describe('a rollback', () => {
  it('moves readers back, and the next run begins from there', async () => {
    const store = await openTestStore();
    const reader = store.reader('hr');
    {
      await using writer = await store.writer('hr');
      for (const text of ['good', 'bad']) {
        await writer.apply({ upsert: [indexed({ text })], deleteDocuments: [] });
        await writer.publish();
      }
    }
    expect(await store.rollback('hr', 1)).toMatchObject({ version: 1 });
    expect(await reader.published()).toMatchObject({ version: 1 });
    expect((await reader.passagesOf('leave.md', filter)).map(({ text }) => text)).toEqual(['good']);
    expect((await store.versions('hr')).map(({ version, current }) => [version, current])).toEqual([
      [2, false],
      [1, true],
    ]);
    await using writer = await store.writer('hr');
    await writer.apply({ upsert: [indexed({ documentId: 'b.md' })], deleteDocuments: [] });
    expect(await writer.publish()).toMatchObject({ version: 3, rows: 2 });
    expect((await reader.passagesOf('leave.md', filter)).map(({ text }) => text)).toEqual(['good']);
  });

  it('goes back to what people used, not to what they had left', async () => {
    const store = await openTestStore();
    await using writer = await store.writer('hr');
    await publishAll(writer, ['good', 'bad']);
    await writer.release();
    await store.rollback('hr', 1);
    await using next = await store.writer('hr');
    await publishAll(next, ['bad again']);
    expect(versionBefore(await store.versions('hr'), 3)).toBe(1);
  });

  it('keeps what people use, however many versions have come since', async () => {
    const store = await openTestStore();
    await using writer = await store.writer('hr');
    await publishAll(writer, ['1', '2', '3', '4', '5', '6']);
    await writer.release();
    await store.rollback('hr', 2);
    await using next = await store.writer('hr');
    await publishAll(next, ['7']);
    await next.release();
    expect((await store.versions('hr')).map(({ version }) => version)).toEqual([7, 6, 5, 4, 2]);
    await store.rollback('hr', 2);
    const [passage] = await store.reader('hr').passagesOf('leave.md', filter);
    expect(passage?.text).toBe('2');
  });

  it('finds the revisions that kept versions show', async () => {
    const store = await openTestStore();
    await using writer = await store.writer('hr');
    const revisions = ['1111111111111111', '2222222222222222'];
    for (const revision of revisions) {
      await writer.apply({ upsert: [indexed({ revision })], deleteDocuments: [] });
      await writer.publish();
    }
    expect(await store.revisionsInUse('hr')).toEqual(new Map([['leave.md', new Set(revisions)]]));
    expect(await store.revisionsInUse('product')).toEqual(new Map());
  });

  it('refuses what is not there', async () => {
    const store = await openTestStore();
    await expect(store.rollback('hr', 1)).rejects.toMatchObject({ code: 'store.not_published' });
    await expect(store.rollback('../hr', 1)).rejects.toMatchObject({ code: 'corpus.not_found' });
  });
});

describe('a second writer', () => {
  it('is refused with the name of the first, and admitted after it', async () => {
    const dir = await temporaryFolder();
    const store = await openTestStore({ dir });
    const other = await openTestStore({ dir });
    const writer = await store.writer('hr');
    await expect(other.writer('hr')).rejects.toMatchObject({
      code: 'store.locked',
      detail: { pid: process.pid },
    });
    await expect(other.rollback('hr', 1)).rejects.toMatchObject({ code: 'store.locked' });
    await (await other.writer('product')).release();
    await writer.release();
    await writer.release();
    await (await other.writer('hr')).release();
    await expect(writer.publish()).rejects.toThrow(/released/u);
  });
});
