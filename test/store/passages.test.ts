import { describe, expect, it } from 'vitest';
import { EVERYONE, indexed, MAINTAINER, openTestStore, vectorFor } from './fixtures.js';

const anyone = { readableBy: EVERYONE };
const maintainer = { readableBy: MAINTAINER };

describe('publishing', () => {
  it('shows readers what was published, and nothing before', async () => {
    const store = await openTestStore();
    const reader = store.reader('hr');
    await expect(reader.count(anyone)).rejects.toMatchObject({ code: 'store.not_published' });

    await using writer = await store.writer('hr');
    const text = 'Travel costs are paid back within ten days.';
    const written = await writer.apply({
      upsert: [indexed(), indexed({ documentId: 'travel.md', text })],
      deleteDocuments: [],
    });
    expect(written).toEqual({ inserted: 2, updated: 0, deleted: 0 });
    await expect(reader.count(anyone)).rejects.toMatchObject({ code: 'store.not_published' });

    const publication = await writer.publish();
    expect(publication).toMatchObject({ version: 1, rows: 2 });
    expect(await store.corpora()).toEqual(['hr']);
    expect(await reader.count(anyone)).toBe(2);
    const [dense] = await reader.dense(vectorFor(text), { filter: anyone, limit: 1 });
    expect(dense?.passage.documentId).toBe('travel.md');
    expect(dense?.similarity).toBeCloseTo(1, 5);
    const [word] = await reader.keyword(['travel'], { filter: anyone, limit: 5 });
    expect(word?.passage.text).toBe(text);
    expect((await writer.publish()).version).toBe(1);
  });

  it('scores alike what reads alike, in an order that does not change from search to search', async () => {
    const store = await openTestStore();
    const reader = store.reader('hr');
    await using writer = await store.writer('hr');
    const ids = ['c.md', 'a.md', 'b.md'];
    const text = 'Travel costs are paid back within ten days.';
    const upsert = ids.map((documentId) => indexed({ documentId, text }));
    await writer.apply({ upsert, deleteDocuments: [] });
    await writer.publish();
    const found = await reader.keyword(['travel', 'costs'], { filter: anyone, limit: 5 });
    expect(found.map(({ passage }) => passage.documentId)).toEqual(ids.toSorted());
    const [score = 0] = found.map((hit) => hit.score);
    expect(score).toBe(Number(score.toPrecision(5)));
    expect(new Set(found.map((hit) => hit.score)).size).toBe(1);
  });

  it('moves a reader to the new version while a snapshot stays on the old one', async () => {
    const store = await openTestStore();
    const reader = store.reader('hr');
    await using writer = await store.writer('hr');
    await writer.apply({ upsert: [indexed()], deleteDocuments: [] });
    await writer.publish();
    await using before = await reader.snapshot();
    await writer.apply({
      upsert: [indexed({ text: 'Paid leave is thirty days.' })],
      deleteDocuments: [],
    });
    await writer.publish();
    expect((await before.passagesOf('leave.md', maintainer)).map(({ text }) => text)).toEqual([
      'Paid leave is twenty days.',
    ]);
    expect((await reader.passagesOf('leave.md', maintainer)).map(({ text }) => text)).toEqual([
      'Paid leave is thirty days.',
    ]);
  });
});
