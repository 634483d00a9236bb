import { z } from 'zod';
import type { Database, Row } from './database.js';
import { parseJson, parseRow } from './record-row.js';

const Counts = z.record(z.string(), z.number());
const Failure = z.strictObject({ source: z.string(), reason: z.string() });

/** Failures that are kept of a run. */
const MOST_FAILURES = 200;

export const IndexRun = z.strictObject({
  id: z.int(),
  corpus: z.string(),
  started: z.string(),
  finished: z.string().nullable(),
  status: z.enum(['running', 'done', 'failed', 'interrupted']),
  /** Error code and sentence of a failure; null otherwise. */
  reason: z.string().nullable(),
  counts: Counts,
  /** Files that could not be read, at most 200. */
  failures: z.array(Failure),
});
export type IndexRun = z.infer<typeof IndexRun>;

export type RunRecords = {
  /**
   * Returns the id of the run. Call it under the writer's lease: a run of the corpus that still
   * counts as running can then only have been killed, and is marked as interrupted.
   */
  start(corpus: string): number;
  finish(
    id: number,
    result: {
      status: 'done' | 'failed';
      reason?: string | null;
      counts?: Readonly<Record<string, number>>;
      failures?: readonly z.infer<typeof Failure>[];
    },
  ): void;
  /** Newest first. */
  list(options: { corpus?: string | null; limit: number }): IndexRun[];
};

export function runRecords(database: Database, now: () => Date): RunRecords {
  return {
    start: (corpus) =>
      database.transaction(() => {
        const at = now().toISOString();
        database.run(
          `UPDATE runs SET status = 'interrupted', finished = ? WHERE corpus = ? AND status = 'running'`,
          [at, corpus],
        );
        const row = database.get(
          `INSERT INTO runs (corpus, started, status, counts) VALUES (?, ?, 'running', '{}')
           RETURNING id`,
          [corpus, at],
        );
        return Number(row?.['id']);
      }),
    finish(id, { status, reason = null, counts = {}, failures = [] }) {
      const kept = failures
        .slice(0, MOST_FAILURES)
        .map(({ source, reason: why }) => ({ source, reason: why }));
      database.run(
        `UPDATE runs SET status = ?, reason = ?, counts = ?, failures = ?, finished = ?
         WHERE id = ?`,
        [
          status,
          reason,
          JSON.stringify(Counts.parse(counts)),
          JSON.stringify(kept),
          now().toISOString(),
          id,
        ],
      );
    },
    list: ({ corpus = null, limit }) =>
      database
        .all('SELECT * FROM runs WHERE (? IS NULL OR corpus = ?) ORDER BY id DESC LIMIT ?', [
          corpus,
          corpus,
          limit,
        ])
        .map(toRun),
  };
}

function toRun(row: Row): IndexRun {
  return parseRow(IndexRun, {
    id: row['id'],
    corpus: row['corpus'],
    started: row['started'],
    finished: row['finished'],
    status: row['status'],
    reason: row['reason'],
    counts: parseJson(Counts, row['counts']),
    failures: parseJson(z.array(Failure), row['failures']),
  });
}
