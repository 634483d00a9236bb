import { connect, Index } from '@lancedb/lancedb';
import { expect, it } from 'vitest';
import { passageSchema, toRow } from '../../src/store/passage-rows.js';
import { createSlots } from '../../src/store/slots.js';
import { createQueries } from '../../src/store/snapshot.js';
import { DIMENSIONS, indexed, temporaryFolder, vectorFor } from './fixtures.js';

it('finds the few passages that a reader may read in all partitions of the vector index', async () => {
  const connection = await connect(await temporaryFolder());
  const rows = Array.from({ length: 2_000 }, (_, i) => {
    const access = [i % 40 === 0 ? 'group:hr' : 'group:everyone'];
    return toRow(indexed({ documentId: `d${i}.md`, text: `text ${i}`, access }), {
      dimensions: DIMENSIONS,
      tokensVersion: '1',
    });
  });
  const table = await connection.createTable('passages', rows, {
    schema: passageSchema(DIMENSIONS),
  });
  const config = Index.ivfRq({ distanceType: 'cosine', numPartitions: 100 });
  await table.createIndex('embedding', { config });
  const { dense } = createQueries(table, { timeoutMs: 10_000, slots: createSlots(1, 1) });
  const readableBy = { access: ['group:hr'], readsAll: false };
  const found = await dense(vectorFor('text 1'), { filter: { readableBy }, limit: 50 });
  expect(found).toHaveLength(50);
  connection.close();
});
