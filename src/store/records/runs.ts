import type { Database } from 'libsql';

export type RunOutcome = {
  status: 'done' | 'failed' | 'cancelled';
  version?: number | null;
  added?: number;
  changed?: number;
  removed?: number;
  failed?: number;
  /** Error code. */
  reason?: string;
};

export type Run = RunOutcome & {
  id: number;
  corpus: string;
  startedAt: string;
  finishedAt: string | null;
};

/** Index runs, newest last. A run that a kill cut off stays without an end. */
export type Runs = {
  start(corpus: string): number;
  finish(id: number, outcome: RunOutcome): void;
  /** Newest first. */
  list(limit: number): Run[];
};

export function createRuns(db: Database): Runs {
  const start = db.prepare(
    "INSERT INTO runs (corpus, started_at, status) VALUES (?, ?, 'running')",
  );
  const finish = db.prepare(
    `UPDATE runs SET finished_at = ?, status = ?, version = ?, added = ?, changed = ?, removed = ?,
       failed = ?, reason = ? WHERE id = ?`,
  );
  const list = db.prepare(
    `SELECT id, corpus, started_at AS startedAt, finished_at AS finishedAt, status, version, added,
       changed, removed, failed, reason FROM runs ORDER BY id DESC LIMIT ?`,
  );
  return {
    start: (corpus) => Number(start.run(corpus, new Date().toISOString()).lastInsertRowid),
    finish(id, outcome) {
      finish.run(
        new Date().toISOString(),
        outcome.status,
        outcome.version ?? null,
        outcome.added ?? null,
        outcome.changed ?? null,
        outcome.removed ?? null,
        outcome.failed ?? null,
        outcome.reason ?? null,
        id,
      );
    },
    list: (limit) => list.all(limit) as Run[],
  };
}
