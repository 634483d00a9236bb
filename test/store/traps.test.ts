import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@lancedb/lancedb';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { IndexedPassage } from '../../src/store/passage-rows.js';
import {
  indexed,
  MAINTAINER,
  MODEL,
  openTestStore,
  temporaryFolder,
  vectorFor,
} from './fixtures.js';

const filter = { readableBy: MAINTAINER };
const DAY_MS = 86_400_000;

const many = (count: number, text: string): IndexedPassage[] =>
  Array.from({ length: count }, (_, i) =>
    indexed({ documentId: `d${i}.md`, id: `d${i}.md#0`, text: `${text} ${i}` }),
  );

async function indexTypes(dir: string): Promise<string[]> {
  const connection = await connect(join(dir, 'hr'));
  const [name] = await connection.tableNames();
  const table = await connection.openTable(name ?? '');
  const indices = await table.listIndices();
  for (const index of indices) expect(index.numUnindexedRows).toBe(0);
  connection.close();
  return indices.map(({ columns, indexType }) => `${columns[0]} ${indexType}`).sort();
}

const SMALL_TABLE = [
  'access LabelList',
  'document_id BTree',
  'embedded_hash BTree',
  'id BTree',
  'language Bitmap',
  'tokens FTS',
];

describe('the indices after publishing', () => {
  it('hold no vector index below the limit, and everything covers every row', async () => {
    const dir = await temporaryFolder();
    const store = await openTestStore({ dir });
    await using writer = await store.writer('hr');
    for (let round = 0; round < 3; round++) {
      await writer.apply({ upsert: many(10, `round ${round}`), deleteDocuments: [] });
      await writer.publish();
      expect(await indexTypes(dir)).toEqual(SMALL_TABLE);
    }
  });

  it('hold the vector index again when all its rows were replaced', async () => {
    const dir = await temporaryFolder();
    const store = await openTestStore({ dir, vectorIndexFromRows: 50 });
    await using writer = await store.writer('hr');
    await writer.apply({ upsert: many(60, 'old'), deleteDocuments: [] });
    await writer.publish();
    expect(await indexTypes(dir)).toContain('embedding IvfRq');
    await writer.apply({ upsert: many(60, 'new'), deleteDocuments: [] });
    await writer.publish();
    expect(await indexTypes(dir)).toContain('embedding IvfRq');
    const reader = store.reader('hr');
    const [hit] = await reader.dense(vectorFor('new 42'), { filter, limit: 1 });
    expect(hit?.passage.text).toBe('new 42');
  });

  it('compare by cosine with and without a vector index', async () => {
    for (const vectorIndexFromRows of [1, 1000]) {
      const store = await openTestStore({ vectorIndexFromRows });
      await using writer = await store.writer('hr');
      await writer.apply({ upsert: many(20, 'text'), deleteDocuments: [] });
      await writer.publish();
      const long = vectorFor('text 7').map((value) => value * 9);
      const [hit] = await store.reader('hr').dense(long, { filter, limit: 1 });
      expect(hit?.passage.text).toBe('text 7');
      expect(hit?.similarity).toBeCloseTo(1, 3);
    }
  });

  it('find words of more than 40 bytes', async () => {
    const store = await openTestStore();
    await using writer = await store.writer('hr');
    const text = 'コンピュータネットワーキングサービスセンター';
    await writer.apply({ upsert: [indexed({ text })], deleteDocuments: [] });
    await writer.publish();
    expect(await store.reader('hr').keyword([text], { filter, limit: 5 })).toHaveLength(1);
  });
});

describe('rows', () => {
  it.each([
    ['short', (vector: Float32Array) => vector.slice(0, 4)],
    ['long', (vector: Float32Array) => Float32Array.from([...vector, 1])],
    ['not a number', (vector: Float32Array) => vector.fill(Number.NaN)],
  ])('with a vector that is %s are refused before LanceDB sees them', async (_name, spoil) => {
    const store = await openTestStore();
    await using writer = await store.writer('hr');
    const row = indexed();
    const upsert = [{ ...row, embedding: spoil(row.embedding) }];
    await expect(writer.apply({ upsert, deleteDocuments: [] })).rejects.toMatchObject({
      code: 'store.invalid_row',
      detail: { fields: 'embedding' },
    });
    expect((await writer.documents()).size).toBe(0);
  });

  it('with places that no text has are refused', async () => {
    const store = await openTestStore();
    await using writer = await store.writer('hr');
    for (const broken of [{ end: 0 }, { position: 7.9 }, { page: 0 }]) {
      const upsert = [{ ...indexed(), passage: { ...indexed().passage, ...broken } }];
      await expect(writer.apply({ upsert, deleteDocuments: [] })).rejects.toMatchObject({
        code: 'store.invalid_row',
      });
    }
  });

  it('are stored once when a batch holds them twice, and refused when they differ', async () => {
    const store = await openTestStore();
    await using writer = await store.writer('hr');
    await writer.apply({ upsert: [indexed(), indexed()], deleteDocuments: [] });
    expect((await writer.publish()).rows).toBe(1);
    const other = indexed({ id: indexed().passage.id, text: 'Something else.' });
    await expect(
      writer.apply({ upsert: [indexed(), other], deleteDocuments: [] }),
    ).rejects.toMatchObject({ code: 'store.invalid_row' });
  });

  it('of a document are all given, not the first ten', async () => {
    const store = await openTestStore();
    await using writer = await store.writer('hr');
    const upsert = Array.from({ length: 25 }, (_, position) =>
      indexed({ text: `part ${position}`, position: 24 - position }),
    );
    await writer.apply({ upsert, deleteDocuments: [] });
    await writer.publish();
    const reader = store.reader('hr');
    const passages = await reader.passagesOf('leave.md', filter);
    expect(passages.map(({ position }) => position)).toEqual(
      Array.from({ length: 25 }, (_, i) => i),
    );
    const ids = passages.map(({ id }) => id);
    expect((await reader.get([...ids, 'none'], filter)).map(({ id }) => id)).toEqual(ids);
    expect(await reader.dense(vectorFor('x'), { filter, limit: 3 })).toHaveLength(3);
  });
});

describe('old versions', () => {
  it('stay readable as long as they are kept, and go afterwards', async () => {
    const clock = { now: new Date() };
    const dir = await temporaryFolder();
    const store = await openTestStore({ dir, now: () => clock.now });
    await using writer = await store.writer('hr');
    for (let version = 1; version <= 7; version++) {
      await writer.apply({ upsert: many(5, `version ${version}`), deleteDocuments: [] });
      await writer.publish();
      clock.now = new Date(clock.now.getTime() + 2 * DAY_MS);
      // LanceDB stamps versions itself; only what is a second older than the oldest kept one goes.
      if (version === 2) await sleep(1_500);
    }
    // Pruning made no version of its own: there is still nothing to publish.
    expect((await writer.publish()).version).toBe(7);
    await writer.release();
    const kept = await store.versions('hr');
    expect(kept.map(({ version }) => version)).toEqual([7, 6, 5, 4, 3]);
    for (const { version } of kept) {
      await store.rollback('hr', version);
      const [passage] = await store.reader('hr').passagesOf('d3.md', filter);
      expect(passage?.text).toBe(`version ${version} 3`);
    }
    await expect(store.rollback('hr', 2)).rejects.toMatchObject({ code: 'store.version_missing' });
    const connection = await connect(join(dir, 'hr'));
    const table = await connection.openTable((await connection.tableNames())[0] ?? '');
    const oldest = Math.min(...(await table.listVersions()).map(({ version }) => version));
    expect(oldest).toBeGreaterThan(1);
    expect(oldest).toBeLessThanOrEqual(kept.at(-1)?.tableVersion ?? 0);
    connection.close();
  });

  it('are named missing without a path when their files are gone', async () => {
    const dir = await temporaryFolder();
    const store = await openTestStore({ dir });
    {
      await using writer = await store.writer('hr');
      await writer.apply({ upsert: many(3, 'a'), deleteDocuments: [] });
      await writer.publish();
    }
    const [table] = (await readdir(join(dir, 'hr'))).filter((name) => name.endsWith('.lance'));
    await rm(join(dir, 'hr', table ?? ''), { recursive: true });
    const other = await openTestStore({ dir });
    const error: unknown = await other
      .reader('hr')
      .count(filter)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'store.version_missing' });
    expect(String(error)).not.toContain(dir);
  });
});

it('a folder whose name starts with "db" is a folder, not an address of a cloud', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'db_x'));
  const before = process.cwd();
  onTestFinished(() => process.chdir(before));
  process.chdir(folder);
  const store = await openTestStore({ dir: 'db_x' });
  await using writer = await store.writer('hr');
  await writer.apply({ upsert: many(2, 'a'), deleteDocuments: [] });
  expect((await writer.publish()).rows).toBe(2);
});

it('a model with an odd name gets a table of its own', async () => {
  const dir = await temporaryFolder();
  const odd = { name: 'モデル/../v1 (final)', sha256: 'b'.repeat(64) };
  for (const embeddingModel of [MODEL, odd]) {
    const store = await openTestStore({ dir, embeddingModel });
    await using writer = await store.writer('hr');
    await writer.apply({ upsert: many(2, 'a'), deleteDocuments: [] });
    await writer.publish();
    await using snapshot = await store.reader('hr').snapshot();
    expect(snapshot.denseUsable).toBe(true);
  }
  expect((await readdir(join(dir, 'hr'))).filter((name) => name.endsWith('.lance'))).toHaveLength(
    2,
  );
  const former = await openTestStore({ dir, embeddingModel: MODEL });
  await using snapshot = await former.reader('hr').snapshot();
  expect(snapshot.denseUsable).toBe(false);
  expect(await snapshot.keyword(['a'], { filter, limit: 5 })).toHaveLength(2);
});
