import { join } from 'node:path';
import { connect, Index, makeArrowTable, type Table } from '@lancedb/lancedb';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type IndexedPassage, passageSchema, toRow } from '../../src/store/passage-rows.js';
import { recallOf, requireRecall } from '../../src/store/publish-checks.js';
import { indexed, openTestStore, temporaryFolder, vectorFor } from './fixtures.js';

/** Many, so that no part of an index holds all that is near. */
const DIMENSIONS = 128;

function manyDimensions(text: string): Float32Array {
  const parts = Array.from({ length: DIMENSIONS / 16 }, (_, at) => vectorFor(`${text}, ${at}`, 16));
  const values = parts.flatMap((part) => [...part]);
  return Float32Array.from(values, (value) => value / Math.sqrt(parts.length));
}

const PASSAGES: readonly IndexedPassage[] = Array.from({ length: 1000 }, (_, at) => ({
  ...indexed({ text: `text ${at}`, documentId: `d${at}.md` }),
  embedding: manyDimensions(`text ${at}`),
}));

async function tableOfPassages(): Promise<Table> {
  const connection = await connect(await temporaryFolder());
  onTestFinished(() => connection.close());
  const rows = PASSAGES.map((each) => toRow(each, { dimensions: DIMENSIONS, tokensVersion: '1' }));
  const schema = passageSchema(DIMENSIONS);
  return await connection.createTable('passages', makeArrowTable(rows, { schema }));
}

/** So many parts that the thirty that a search looks into hold a tenth of the passages. */
async function spoilVectorIndex(dir: string): Promise<void> {
  const connection = await connect(join(dir, 'hr'));
  const table = await connection.openTable((await connection.tableNames())[0] ?? '');
  const config = Index.ivfRq({ distanceType: 'cosine', numPartitions: 300 });
  await table.createIndex('embedding', { config, replace: true });
  connection.close();
}

describe('the recall of the vector index', () => {
  it('keeps a version back in which a search misses what is near, until that is accepted', async () => {
    const dir = await temporaryFolder();
    const store = await openTestStore({ dir, dimensions: DIMENSIONS, vectorIndexFromRows: 1 });
    {
      await using writer = await store.writer('hr');
      await writer.apply({ upsert: PASSAGES, deleteDocuments: [] });
    }
    await spoilVectorIndex(dir);
    await using writer = await store.writer('hr');
    await expect(writer.publish(() => Promise.resolve())).rejects.toMatchObject({
      code: 'gate.refused',
      message: expect.stringMatching(/vector index finds \d\d? % of the nearest/u) as string,
      remedy: expect.stringContaining('--accept') as string,
    });
    expect((await writer.publish()).rows).toBe(1000);
  });

  it('is enough when a search finds what an exact one does', async () => {
    const table = await tableOfPassages();
    await table.createIndex('embedding', { config: Index.ivfRq({ distanceType: 'cosine' }) });
    await expect(requireRecall(table)).resolves.toBeUndefined();
  });

  it('is not asked for without a vector index', async () => {
    const table = await tableOfPassages();
    await expect(requireRecall(table)).resolves.toBeUndefined();
  });
});

describe('recallOf', () => {
  it('counts what is as near as the farthest of the nearest', () => {
    expect(recallOf([0, 0.05, 0.3, 0.4], [0, 0.05, 0.1, 0.2])).toBe(0.5);
    expect(recallOf([0, 0.05], [0, 0.05, 0.1, 0.2])).toBe(0.5);
  });

  it('does not depend on which of many like texts were found', () => {
    expect(recallOf([0, 0.0255, 0.0256], [0, 0.0253, 0.0254])).toBe(1);
    expect(recallOf([0, 0.005, 0.006], [0, 0.003, 0.004])).toBe(1);
  });
});
