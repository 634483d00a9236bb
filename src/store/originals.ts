import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Database } from './database.js';

type Revision = { corpus: string; id: string; revision: string };

/** Which file a revision of a document was read from, by checksum. */
export type OriginalRecords = {
  note(revision: Revision, sha256: string): void;
  of(revision: Revision): string | null;
  /** Forgets the files of revisions that are no longer stored; gives the checksums still named. */
  prune(corpus: string): Set<string>;
};

export function originalRecords(database: Database): OriginalRecords {
  return {
    note: ({ corpus, id, revision }, sha256) => {
      database.run(
        `INSERT INTO originals (corpus, id, revision, sha256) VALUES (?, ?, ?, ?)
         ON CONFLICT (corpus, id, revision) DO UPDATE SET sha256 = excluded.sha256`,
        [corpus, id, revision, sha256],
      );
    },
    of: ({ corpus, id, revision }) => {
      const row = database.get(
        'SELECT sha256 FROM originals WHERE corpus = ? AND id = ? AND revision = ?',
        [corpus, id, revision],
      );
      return row === undefined ? null : String(row['sha256']);
    },
    prune: (corpus) =>
      database.transaction(() => {
        database.run(
          `DELETE FROM originals WHERE corpus = ? AND NOT EXISTS (SELECT 1 FROM documents AS d
           WHERE d.corpus = originals.corpus AND d.id = originals.id
           AND d.revision = originals.revision)`,
          [corpus],
        );
        const rows = database.all('SELECT DISTINCT sha256 FROM originals WHERE corpus = ?', [
          corpus,
        ]);
        return new Set(rows.map((row) => String(row['sha256'])));
      }),
  };
}

/**
 * Copies of the files that documents were read from, a folder a corpus, each once under its checksum.
 * Whoever keeps and prunes holds the lease of the corpus.
 */
export type Originals = {
  /** Copies a file and notes what was read from it. It is there as a whole or not at all. */
  keep(revision: Revision, file: string): Promise<void>;
  /** Place of the file that a revision was read from, or null when none was kept. */
  find(revision: Revision): string | null;
  /** Removes the files of revisions that are no longer stored. */
  prune(corpus: string): Promise<void>;
};

export function openOriginals(dir: string, records: OriginalRecords): Originals {
  return {
    async keep(revision, file) {
      const folder = join(dir, revision.corpus);
      await mkdir(folder, { recursive: true });
      const part = join(folder, '.part');
      try {
        await copyFile(file, part);
        const sha256 = await hashOf(part);
        await rename(part, join(folder, sha256));
        records.note(revision, sha256);
      } catch (error) {
        await rm(part, { force: true });
        throw error;
      }
    },
    find(revision) {
      const sha256 = records.of(revision);
      return sha256 === null ? null : join(dir, revision.corpus, sha256);
    },
    async prune(corpus) {
      const used = records.prune(corpus);
      const folder = join(dir, corpus);
      for (const name of await readdir(folder).catch(() => [])) {
        if (!used.has(name)) await rm(join(folder, name), { force: true });
      }
    },
  };
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
