import { Index, type Table } from '@lancedb/lancedb';

/**
 * Where exact search gets slow: about 1 ms per 1000 rows of 384 dimensions. Below, an index would
 * cost recall and give nothing.
 */
export const VECTOR_INDEX_FROM_ROWS = 20_000;
/** `optimize` may add one segment a run; more of them make each query slower. */
const MOST_SEGMENTS = 8;

type WantedIndex = { column: string; type: string; config: () => Index };

/**
 * Tokens come ready from the same function on both sides, so the index splits at spaces and does
 * nothing else. Its default drops tokens over 40 bytes, which are 13 kana.
 */
const tokensIndex = () =>
  Index.fts({
    baseTokenizer: 'whitespace',
    maxTokenLength: 400,
    lowercase: false,
    stem: false,
    removeStopWords: false,
    asciiFolding: false,
    withPosition: false,
  });

const SCALAR_AND_TEXT: readonly WantedIndex[] = [
  { column: 'id', type: 'BTree', config: () => Index.btree() },
  { column: 'document_id', type: 'BTree', config: () => Index.btree() },
  { column: 'embedded_hash', type: 'BTree', config: () => Index.btree() },
  { column: 'language', type: 'Bitmap', config: () => Index.bitmap() },
  // Every question asks for the reader's tags: 8 ms instead of 16 for both legs at 100,000 rows.
  { column: 'access', type: 'LabelList', config: () => Index.labelList() },
  { column: 'tokens', type: 'FTS', config: tokensIndex },
];
const VECTOR: WantedIndex = {
  column: 'embedding',
  type: 'IvfRq',
  config: () => Index.ivfRq({ distanceType: 'cosine' }),
};

export type IndexOptions = {
  /** Defaults to 20,000. */
  vectorIndexFromRows: number;
  onNote: (note: string) => void;
};

/**
 * Compacts the table and brings every index to every row. The index set is looked at afresh each
 * time: LanceDB drops a vector index without a word when all its rows were replaced, and never
 * makes it again.
 */
export async function bringIndicesUpToDate(table: Table, options: IndexOptions): Promise<void> {
  await compact(table, options);
  const present = await table.listIndices();
  let rebuilt = false;
  for (const wanted of await wantedIndices(table, options)) {
    const found = present.find(({ columns }) => columns[0] === wanted.column);
    const fresh = found && found.indexType.toLowerCase() === wanted.type.toLowerCase();
    if (fresh && (found.numSegments ?? 1) <= MOST_SEGMENTS) continue;
    await table.createIndex(wanted.column, { config: wanted.config(), replace: true });
    rebuilt = true;
  }
  if (rebuilt) await compact(table, options);
}

/** Names of the columns whose index is missing or does not cover every row. */
export async function uncoveredColumns(table: Table, options: IndexOptions): Promise<string[]> {
  const present = await table.listIndices();
  const uncovered: string[] = [];
  for (const { column } of await wantedIndices(table, options)) {
    const found = present.find(({ columns }) => columns[0] === column);
    const stats = found && (await table.indexStats(found.name));
    if (!stats || stats.numUnindexedRows > 0) uncovered.push(column);
  }
  return uncovered;
}

async function wantedIndices(table: Table, options: IndexOptions): Promise<WantedIndex[]> {
  const rows = await table.countRows();
  const vector = rows >= Math.max(1, options.vectorIndexFromRows) ? [VECTOR] : [];
  return [...SCALAR_AND_TEXT, ...vector];
}

/** One adds what is new to an index, the next joins its parts, and the one after finds nothing to do. */
const MOST_ROUNDS = 4;

/**
 * Compacts until nothing is left to do: what `optimize` still found would be done by the pruning after
 * the publication, as a version that nobody published and that the next run takes for a change.
 */
async function compact(table: Table, options: IndexOptions): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = await table.version();
    await compactOnce(table, options);
    if ((await table.version()) === before) return;
  }
}

/**
 * `optimize` compacts, prunes and indexes in this order and stops at the first error. The epoch as
 * cutoff prunes nothing, so that pruning cannot keep rows from being indexed. A failing full-text
 * index (lance#8310) is rebuilt once.
 */
async function compactOnce(table: Table, options: IndexOptions): Promise<void> {
  try {
    await table.optimize({ cleanupOlderThan: new Date(0) });
  } catch {
    options.onNote('Compacting failed once; the keyword index is rebuilt.');
    await table.createIndex('tokens', { config: tokensIndex(), replace: true });
    await table.optimize({ cleanupOlderThan: new Date(0) });
  }
}
