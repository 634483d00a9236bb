/** `MIGRATIONS[i]` leads from schema i to i + 1. Append only. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE documents (
    corpus TEXT NOT NULL,
    id TEXT NOT NULL,
    revision TEXT NOT NULL,
    title TEXT NOT NULL,
    language TEXT NOT NULL,
    access TEXT NOT NULL,
    updated TEXT,
    superseded_by TEXT,
    url TEXT,
    source TEXT NOT NULL,
    text TEXT NOT NULL,
    saved INTEGER NOT NULL,
    PRIMARY KEY (corpus, id, revision)
  );
  CREATE INDEX documents_newest ON documents (corpus, id, saved);

  CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    principal TEXT NOT NULL,
    created TEXT NOT NULL,
    changed TEXT NOT NULL
  );
  CREATE INDEX conversations_changed ON conversations (changed);
  CREATE TABLE turns (
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    question TEXT NOT NULL,
    answer TEXT NOT NULL,
    answer_id TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (conversation, position)
  );

  CREATE TABLE decisions (
    id TEXT PRIMARY KEY,
    at TEXT NOT NULL,
    principal TEXT NOT NULL,
    conversation TEXT NOT NULL,
    outcome TEXT NOT NULL,
    arm TEXT NOT NULL,
    adapter TEXT,
    confidence REAL NOT NULL,
    details TEXT NOT NULL,
    question TEXT,
    answer TEXT
  );
  CREATE INDEX decisions_at ON decisions (at);

  CREATE TABLE feedback (
    answer_id TEXT PRIMARY KEY REFERENCES decisions (id) ON DELETE CASCADE,
    at TEXT NOT NULL,
    helpful INTEGER NOT NULL,
    comment TEXT
  );

  CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    corpus TEXT NOT NULL,
    started TEXT NOT NULL,
    finished TEXT,
    status TEXT NOT NULL,
    reason TEXT,
    counts TEXT NOT NULL
  );
  CREATE INDEX runs_corpus ON runs (corpus, id);
  `,
  `
  CREATE TABLE adapter_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    name TEXT NOT NULL,
    action TEXT NOT NULL,
    sha256 TEXT,
    share INTEGER,
    reason TEXT,
    principal TEXT NOT NULL
  );
  CREATE INDEX adapter_events_name ON adapter_events (name, id);
  `,
  `
  CREATE TABLE erasures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    corpus TEXT NOT NULL,
    document TEXT NOT NULL
  );
  CREATE INDEX erasures_document ON erasures (corpus, document);
  `,
  `
  CREATE TABLE files (
    corpus TEXT NOT NULL,
    path TEXT NOT NULL,
    mark TEXT NOT NULL,
    documents TEXT NOT NULL,
    personal TEXT NOT NULL,
    PRIMARY KEY (corpus, path)
  );
  CREATE TABLE originals (
    corpus TEXT NOT NULL,
    id TEXT NOT NULL,
    revision TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (corpus, id, revision)
  );
  ALTER TABLE runs ADD COLUMN failures TEXT NOT NULL DEFAULT '[]';
  `,
];
