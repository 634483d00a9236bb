import type { Database } from 'libsql';
import { StoredDocument } from '../passage.js';

/** Texts of document revisions, for citations to open at their place. */
export type Documents = {
  /** The named revision, or the one stored last; null when there is none. */
  get(corpus: string, id: string, revision: string | null): StoredDocument | null;
  /** Source of the revision stored last of each document of a corpus, by document id. */
  sources(corpus: string): ReadonlyMap<string, string>;
  /** Stores revisions, all or none; one that is there gets the rest brought up to date. */
  save(documents: readonly StoredDocument[]): void;
};

type Row = { body: string };

export function createDocuments(db: Database): Documents {
  const named = db.prepare(
    'SELECT body FROM documents WHERE corpus = ? AND id = ? AND revision = ?',
  );
  const newest = db.prepare(
    'SELECT body FROM documents WHERE corpus = ? AND id = ? ORDER BY stored_at DESC, rowid DESC LIMIT 1',
  );
  const sources = db.prepare(
    'SELECT id, source FROM documents WHERE corpus = ? ORDER BY stored_at, rowid',
  );
  const put = db.prepare(
    `INSERT INTO documents (corpus, id, revision, stored_at, source, body) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET stored_at = excluded.stored_at, source = excluded.source,
       body = excluded.body`,
  );
  const putAll = db.transaction((documents: readonly StoredDocument[]) => {
    const at = new Date().toISOString();
    for (const document of documents) {
      const { corpus, id, revision, source } = document;
      put.run(corpus, id, revision, at, source, JSON.stringify(document));
    }
  });
  return {
    get(corpus, id, revision) {
      const row = revision === null ? newest.get(corpus, id) : named.get(corpus, id, revision);
      return row === undefined ? null : StoredDocument.parse(JSON.parse((row as Row).body));
    },
    sources(corpus) {
      const rows = sources.all(corpus) as { id: string; source: string }[];
      return new Map(rows.map(({ id, source }) => [id, source]));
    },
    save(documents) {
      if (documents.length > 0) putAll.immediate(documents);
    },
  };
}
