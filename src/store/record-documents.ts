import { z } from 'zod';
import type { Database, Row } from './database.js';
import { AccessTag, StoredDocument } from './passage.js';
import { parseJson, parseRow } from './record-row.js';

/** Texts of document revisions, kept so that a citation opens at its place. */
export type DocumentRecords = {
  save(documents: readonly StoredDocument[]): void;
  /** The named revision, or the one saved last. */
  get(corpus: string, id: string, revision: string | null): StoredDocument | null;
  /** Ids of a corpus with the revision saved last, sorted by id. */
  list(corpus: string): { id: string; revision: string; title: string; source: string }[];
  /** Source of the revision saved last, by document id. */
  sources(corpus: string): Map<string, string>;
  /** Deletes all revisions of a corpus but those in `inUse`; returns how many. */
  prune(corpus: string, inUse: ReadonlyMap<string, ReadonlySet<string>>): number;
  /** Deletes all revisions of one document and keeps that it was erased; returns how many. */
  erase(corpus: string, id: string): number;
  /** Whether it was ever erased: what learned from it knew it all the same. */
  wasErased(corpus: string, id: string): boolean;
  /** Id of the newest erasure, 0 before the first: cheap enough to ask several times a second. */
  newestErasure(): number;
};

const COLUMNS =
  'corpus, id, revision, title, language, access, updated, superseded_by, url, source, text';
/** One row per document: that saved last. */
const NEWEST = `SELECT id, revision, title, source FROM documents AS d
  WHERE corpus = ? AND saved = (SELECT max(saved) FROM documents WHERE corpus = d.corpus AND id = d.id)
  ORDER BY id`;

export function documentRecords(database: Database, now: () => Date): DocumentRecords {
  /** A document may return to an earlier text, which is then its newest again. */
  function save(documents: readonly StoredDocument[]): void {
    database.transaction(() => {
      const last = database.get('SELECT coalesce(max(saved), 0) AS last FROM documents');
      let saved = Number(last?.['last'] ?? 0);
      for (const document of documents) {
        const d = StoredDocument.parse(document);
        saved++;
        database.run(
          `INSERT INTO documents (${COLUMNS}, saved) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (corpus, id, revision) DO UPDATE
           SET source = excluded.source, url = excluded.url, saved = excluded.saved`,
          [
            d.corpus,
            d.id,
            d.revision,
            d.title,
            d.language,
            JSON.stringify(d.access),
            d.updated,
            d.supersededBy,
            d.url,
            d.source,
            d.text,
            saved,
          ],
        );
      }
    });
  }

  const newest = (corpus: string) =>
    database.all(NEWEST, [corpus]).map((row) => ({
      id: String(row['id']),
      revision: String(row['revision']),
      title: String(row['title']),
      source: String(row['source']),
    }));

  return {
    save,
    get(corpus, id, revision) {
      const row = database.get(
        `SELECT ${COLUMNS} FROM documents WHERE corpus = ? AND id = ?
         AND revision = coalesce(?, revision) ORDER BY saved DESC LIMIT 1`,
        [corpus, id, revision],
      );
      return row ? toDocument(row) : null;
    },
    list: newest,
    sources: (corpus) => new Map(newest(corpus).map(({ id, source }) => [id, source])),
    prune: (corpus, inUse) =>
      database.transaction(() => {
        let removed = 0;
        const rows = database.all('SELECT id, revision FROM documents WHERE corpus = ?', [corpus]);
        for (const { id, revision } of rows) {
          if (inUse.get(String(id))?.has(String(revision))) continue;
          removed += database.run(
            'DELETE FROM documents WHERE corpus = ? AND id = ? AND revision = ?',
            [corpus, String(id), String(revision)],
          ).changes;
        }
        return removed;
      }),
    erase: (corpus, id) =>
      database.transaction(() => {
        database.run('INSERT INTO erasures (at, corpus, document) VALUES (?, ?, ?)', [
          now().toISOString(),
          corpus,
          id,
        ]);
        return database.run('DELETE FROM documents WHERE corpus = ? AND id = ?', [corpus, id])
          .changes;
      }),
    wasErased: (corpus, id) =>
      database.get('SELECT 1 FROM erasures WHERE corpus = ? AND document = ?', [corpus, id]) !==
      undefined,
    newestErasure: () =>
      Number(database.get('SELECT MAX(id) AS newest FROM erasures', [])?.['newest'] ?? 0),
  };
}

function toDocument(row: Row): StoredDocument {
  return parseRow(StoredDocument, {
    corpus: row['corpus'],
    id: row['id'],
    revision: row['revision'],
    title: row['title'],
    language: row['language'],
    access: parseJson(z.array(AccessTag), row['access']),
    updated: row['updated'],
    supersededBy: row['superseded_by'],
    url: row['url'],
    source: row['source'],
    text: row['text'],
  });
}
