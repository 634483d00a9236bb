import type { Table } from '@lancedb/lancedb';
import { makeArrowTable } from '@lancedb/lancedb';
import { KakehashiError } from '../errors.js';
import type { Outline } from './diff-versions.js';
import { isIn } from './filter.js';
import { embeddedHash, type IndexedPassage, passageSchema, toRow } from './passage-rows.js';

/** A document as the table holds it now, published or not. */
export type IndexedDocument = {
  revision: string;
  passages: number;
  /** False when its words were cut by another tokeniser or ICU: send it again. */
  upToDate: boolean;
};

export type ApplyRequest = {
  /** All passages of each document sent; those of it that are not sent are removed. */
  upsert: readonly IndexedPassage[];
  deleteDocuments: readonly string[];
};

export type ApplyResult = { inserted: number; updated: number; deleted: number };

/** Documents by id. */
export async function documentsOf(
  table: Table,
  tokensVersion: string,
): Promise<Map<string, IndexedDocument>> {
  const found = new Map<string, IndexedDocument>();
  const query = table.query().select(['document_id', 'revision', 'tokens_version']);
  for await (const batch of query) {
    const ids = batch.getChild('document_id');
    const revisions = batch.getChild('revision');
    const tokens = batch.getChild('tokens_version');
    for (let i = 0; i < batch.numRows; i++) {
      const id = String(ids?.get(i));
      const before = found.get(id);
      found.set(id, {
        revision: String(revisions?.get(i)),
        passages: (before?.passages ?? 0) + 1,
        upToDate: (before?.upToDate ?? true) && tokens?.get(i) === tokensVersion,
      });
    }
  }
  return found;
}

/** Ids of passages by document and section. */
export async function outlineOf(table: Table): Promise<Outline> {
  const outline = new Map<string, Map<string, Set<string>>>();
  for await (const batch of table.query().select(['id', 'document_id', 'section'])) {
    const [ids, documents, sections] = ['id', 'document_id', 'section'].map((name) =>
      batch.getChild(name),
    );
    for (let i = 0; i < batch.numRows; i++) {
      const document = String(documents?.get(i));
      const section = String(sections?.get(i));
      const bySection = outline.get(document) ?? new Map<string, Set<string>>();
      const known = bySection.get(section) ?? new Set<string>();
      known.add(String(ids?.get(i)));
      outline.set(document, bySection.set(section, known));
    }
  }
  return outline;
}

const HASHES_PER_QUERY = 1_000;

/** Vectors in the table made from any of `embeddedTexts`, by text. */
export async function vectorsOf(
  table: Table,
  embeddedTexts: readonly string[],
): Promise<Map<string, Float32Array>> {
  const textOf = new Map(embeddedTexts.map((text) => [embeddedHash(text), text]));
  const hashes = [...textOf.keys()];
  const found = new Map<string, Float32Array>();
  for (let from = 0; from < hashes.length; from += HASHES_PER_QUERY) {
    const rows = (await table
      .query()
      .where(isIn('embedded_hash', hashes.slice(from, from + HASHES_PER_QUERY)))
      .select(['embedded_hash', 'embedding'])
      .limit(-1)
      .toArray()) as { embedded_hash: string; embedding: Iterable<number> }[];
    for (const row of rows) {
      const text = textOf.get(row.embedded_hash);
      if (text !== undefined) found.set(text, Float32Array.from(row.embedding));
    }
  }
  return found;
}

/**
 * Writes documents in one commit. A passage that is there already, unchanged, is not written
 * again: rewritten rows leave the vector index.
 */
export async function applyTo(
  table: Table,
  request: ApplyRequest,
  options: { dimensions: number; tokensVersion: string },
): Promise<ApplyResult> {
  const rows = uniqueRows(request.upsert.map((indexed) => toRow(indexed, options)));
  const touched = new Set(request.deleteDocuments);
  for (const { passage } of request.upsert) touched.add(passage.documentId);
  if (touched.size === 0) return { inserted: 0, updated: 0, deleted: 0 };
  const data = makeArrowTable(rows, { schema: passageSchema(options.dimensions) });
  const result = await table
    .mergeInsert('id')
    .whenMatchedUpdateAll({ where: 'target.row_hash != source.row_hash' })
    .whenNotMatchedInsertAll()
    .whenNotMatchedBySourceDelete({ where: isIn('document_id', [...touched]) })
    .execute(data);
  return {
    inserted: result.numInsertedRows,
    updated: result.numUpdatedRows,
    deleted: result.numDeletedRows,
  };
}

/** A new key that stands twice in one batch would be inserted twice. */
function uniqueRows(rows: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  const byId = new Map<unknown, Record<string, unknown>>();
  for (const row of rows) {
    const same = byId.get(row['id']);
    if (same !== undefined && same['row_hash'] !== row['row_hash']) {
      throw new KakehashiError('store.invalid_row', 'Two different passages have the same id.', {
        detail: { id: String(row['id']) },
      });
    }
    byId.set(row['id'], row);
  }
  return [...byId.values()];
}
