import { z } from 'zod';
import type { Database } from './database.js';
import { parseJson } from './record-row.js';

const Document = z.strictObject({
  id: z.string(),
  revision: z.string(),
  /** Stands for its text when documents are compared. */
  sketch: z.array(z.number()).readonly(),
});
const Counts = z.record(z.string(), z.number());

/** A file as it was last read without a fault. */
export type KnownFile = {
  /** Changes with whatever changes its documents. */
  mark: string;
  documents: readonly z.infer<typeof Document>[];
  /** Personal data that was found, by kind. */
  personal: Readonly<Record<string, number>>;
};

/** What files came to, so that one that did not change is not read again. Holds no text. */
export type FileRecords = {
  known(corpus: string): Map<string, KnownFile>;
  save(corpus: string, path: string, file: KnownFile): void;
  /** Forgets the files of a corpus that are not among `paths`. */
  keep(corpus: string, paths: ReadonlySet<string>): void;
};

export function fileRecords(database: Database): FileRecords {
  const forget = (corpus: string, path: string) =>
    database.run('DELETE FROM files WHERE corpus = ? AND path = ?', [corpus, path]);
  return {
    known: (corpus) =>
      new Map(
        database
          .all('SELECT path, mark, documents, personal FROM files WHERE corpus = ?', [corpus])
          .map((row) => [
            String(row['path']),
            {
              mark: String(row['mark']),
              documents: parseJson(z.array(Document), row['documents']),
              personal: parseJson(Counts, row['personal']),
            },
          ]),
      ),
    save: (corpus, path, { mark, documents, personal }) => {
      database.run(
        `INSERT INTO files (corpus, path, mark, documents, personal) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (corpus, path) DO UPDATE
         SET mark = excluded.mark, documents = excluded.documents, personal = excluded.personal`,
        [corpus, path, mark, JSON.stringify(documents), JSON.stringify(personal)],
      );
    },
    keep: (corpus, paths) =>
      database.transaction(() => {
        for (const row of database.all('SELECT path FROM files WHERE corpus = ?', [corpus])) {
          if (!paths.has(String(row['path']))) forget(corpus, String(row['path']));
        }
      }),
  };
}
