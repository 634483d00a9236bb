import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '@lancedb/lancedb';
import { describe, expect, it } from 'vitest';
import { neverPublished, pruneCutoff } from '../../src/store/prune.js';
import { indexed, MAINTAINER, openTestStore, temporaryFolder } from './fixtures.js';

const filter = { readableBy: MAINTAINER };
const DAY_MS = 86_400_000;

describe('what may be pruned', () => {
  it('is older than the oldest kept version and than a day', () => {
    const at = (day: number) => new Date(Date.UTC(2026, 0, day));
    const versions = [1, 2, 3].map((version) => ({ version, timestamp: at(version) }));
    expect(pruneCutoff(versions, [2, 3], at(9))?.getTime()).toBe(at(2).getTime() - 1_000);
    expect(pruneCutoff(versions, [3], at(3))).toEqual(at(2));
    expect(pruneCutoff(versions, [7], at(9))).toBeNull();
  });

  it('is each version since the oldest kept one that was not published, but the newest', () => {
    expect(neverPublished([1, 2, 3, 4, 5, 6, 7], [3, 5])).toEqual([4, 6]);
    expect(neverPublished([3, 4], [4])).toEqual([]);
  });
});

describe('after a run', () => {
  const TEXTS = ['one', 'two', 'three', 'four'];
  /** Days from now; a day later nobody holds an earlier version any more. */
  let day = 0;
  const now = () => new Date(Date.now() + day * DAY_MS);

  async function publishEach(dir: string) {
    const store = await openTestStore({ dir, now });
    for (const text of TEXTS) {
      day += 2;
      await using writer = await store.writer('hr');
      for (const documentId of ['a.md', 'b.md', 'c.md']) {
        await writer.apply({ upsert: [indexed({ documentId, text })], deleteDocuments: [] });
      }
      await writer.publish();
    }
    return store;
  }

  async function stored(dir: string): Promise<{ versions: number[]; files: string[] }> {
    const connection = await connect(join(dir, 'hr'));
    const [name = ''] = await connection.tableNames();
    const table = await connection.openTable(name);
    const versions = (await table.listVersions()).map(({ version }) => version);
    connection.close();
    return { versions, files: await readdir(join(dir, 'hr', `${name}.lance`, 'data')) };
  }

  it('only what was published is left, and every version reads as it was', async () => {
    const dir = await temporaryFolder();
    const store = await publishEach(dir);
    const published = (await store.versions('hr')).map(({ tableVersion }) => tableVersion);
    const { versions } = await stored(dir);
    const oldest = Math.min(...published);
    expect(versions.filter((version) => version >= oldest)).toEqual(published.toReversed());
    for (const [at, text] of TEXTS.entries()) {
      await using reader = await store.readerAt('hr', at + 1);
      const found = await reader.keyword([text], { filter, limit: 5 });
      expect(found.map(({ passage }) => passage.text)).toEqual([text, text, text]);
    }
  });

  it('nothing is left of what one wrote that was cut off before', async () => {
    const dir = await temporaryFolder();
    const store = await publishEach(dir);
    const before = await stored(dir);
    {
      await using killed = await store.writer('hr');
      const upsert = [indexed({ documentId: 'd.md', text: 'five' })];
      await killed.apply({ upsert, deleteDocuments: [] });
    }
    const left = (await stored(dir)).files.filter((file) => !before.files.includes(file));
    expect(left).not.toEqual([]);
    await using writer = await store.writer('hr');
    await writer.apply({ upsert: [], deleteDocuments: ['d.md'] });
    await writer.publish();
    const after = await stored(dir);
    expect(after.files.filter((file) => left.includes(file))).toEqual([]);
    expect(after.versions).toHaveLength(before.versions.length + 1);
  });
});
