import type { Database } from 'libsql';
import { KakehashiError } from '../../errors.js';

/** One step per schema version, never changed once released. Times are ISO 8601 in UTC. */
const STEPS: readonly string[] = [
  `
  CREATE TABLE documents (
    corpus TEXT NOT NULL, id TEXT NOT NULL, revision TEXT NOT NULL,
    stored_at TEXT NOT NULL, source TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (corpus, id, revision)
  ) STRICT;
  CREATE TABLE conversations (
    id TEXT PRIMARY KEY, principal TEXT NOT NULL, started_at TEXT NOT NULL
  ) STRICT;
  CREATE TABLE turns (
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    number INTEGER NOT NULL, at TEXT NOT NULL, answer_id TEXT NOT NULL,
    question TEXT NOT NULL, answer TEXT NOT NULL,
    PRIMARY KEY (conversation, number)
  ) STRICT;
  CREATE TABLE decisions (
    id TEXT PRIMARY KEY, at TEXT NOT NULL, principal TEXT NOT NULL, outcome TEXT NOT NULL,
    arm TEXT NOT NULL, adapter TEXT, language TEXT NOT NULL, confidence REAL NOT NULL,
    evidence TEXT NOT NULL, considered TEXT NOT NULL, versions TEXT NOT NULL,
    usage TEXT NOT NULL, timings TEXT NOT NULL, question TEXT, answer TEXT
  ) STRICT;
  CREATE INDEX decisions_at ON decisions (at);
  CREATE TABLE feedback (
    answer_id TEXT NOT NULL REFERENCES decisions (id) ON DELETE CASCADE,
    principal TEXT NOT NULL, at TEXT NOT NULL, helpful INTEGER NOT NULL, comment TEXT,
    PRIMARY KEY (answer_id, principal)
  ) STRICT;
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY, corpus TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT,
    status TEXT NOT NULL, version INTEGER, added INTEGER, changed INTEGER, removed INTEGER,
    failed INTEGER, reason TEXT
  ) STRICT;
  `,
];

/** Brings the schema to the newest version, each step whole or not at all. */
export function migrate(db: Database): void {
  const apply = db.transaction(() => {
    const version = schemaVersion(db);
    if (version > STEPS.length) {
      throw new KakehashiError(
        'data.newer_schema',
        `The data folder is of a newer version (schema ${version}, this one knows ${STEPS.length}).`,
        { remedy: 'Install the newer version again, or use another data folder.' },
      );
    }
    for (const step of STEPS.slice(version)) db.exec(step);
    db.pragma(`user_version = ${STEPS.length}`);
  });
  apply.immediate();
}

function schemaVersion(db: Database): number {
  const row = db.prepare('SELECT user_version AS version FROM pragma_user_version').get();
  return Number((row as { version: number }).version);
}
