import type { Connection, Table } from '@lancedb/lancedb';
import { isIn } from './filter.js';
import { passageSchema } from './passage-rows.js';

/**
 * Writes the table anew without some documents. A deletion alone leaves their rows in the data files:
 * LanceDB marks them, and compacts only files of which a tenth is marked. The versions of before are
 * still there until `forgetHistory`.
 */
export async function rewriteWithout(
  connection: Connection,
  table: Table,
  documentIds: readonly string[],
  dimensions: number,
): Promise<Table> {
  const name = table.name;
  const kept = await table
    .query()
    .where(`NOT ${isIn('document_id', documentIds)}`)
    .toArrow();
  table.close();
  return kept.numRows === 0
    ? await connection.createEmptyTable(name, passageSchema(dimensions), { mode: 'overwrite' })
    : await connection.createTable(name, kept, { mode: 'overwrite' });
}

/**
 * Removes every file that the newest version does not need, also unfinished ones: nobody else may be
 * writing. Readers that hold an older version fail.
 */
export async function forgetHistory(table: Table): Promise<void> {
  // The cutoff travels as an age; a version of this very moment counts as older from a margin on.
  await table.optimize({ cleanupOlderThan: new Date(Date.now() + 1000), deleteUnverified: true });
}

/** Removes the tables of former models, which hold the same texts. */
export async function dropOthers(connection: Connection, kept: string): Promise<void> {
  for (const name of await connection.tableNames()) {
    if (name !== kept) await connection.dropTable(name);
  }
}
