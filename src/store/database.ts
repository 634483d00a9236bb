import Libsql from 'libsql';
import { KakehashiError } from '../errors.js';

export type SqlValue = string | number | null;
export type Row = Record<string, unknown>;

/**
 * One connection to one SQLite file. Calls are synchronous: a read takes microseconds, a write
 * some milliseconds for the disk. Errors: `store.locked` when another process keeps writing for
 * five seconds, `disk.full`, `store.invalid_row` for a damaged file.
 */
export type Database = {
  run(sql: string, values?: readonly SqlValue[]): { changes: number };
  get(sql: string, values?: readonly SqlValue[]): Row | undefined;
  all(sql: string, values?: readonly SqlValue[]): Row[];
  /** All of `work` or nothing; it must not be async. */
  transaction<T>(work: () => T): T;
  close(): void;
};

const BUSY_TIMEOUT_MS = 5_000;

/**
 * Opens `file` and brings it to the newest schema. `migrations[i]` leads from schema i to i + 1;
 * one that was released is never changed. Errors: `data.newer_schema`.
 */
export function openDatabase(file: string, migrations: readonly string[]): Database {
  const connection = wrapErrors(() => new Libsql(file));
  try {
    return wrapErrors(() => prepareDatabase(connection, migrations));
  } catch (error) {
    connection.close();
    throw error;
  }
}

function prepareDatabase(connection: Libsql.Database, migrations: readonly string[]): Database {
  connection.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  // SQLite 3.45.1, which libsql 0.5.29 holds, may damage a file when it resets the write-ahead
  // log; a rollback journal has no such log.
  connection.prepare('PRAGMA journal_mode = TRUNCATE').get();
  connection.exec('PRAGMA synchronous = FULL');
  connection.exec('PRAGMA foreign_keys = ON');
  // What is deleted is overwritten, also in pages that stay in use.
  connection.exec('PRAGMA secure_delete = ON');
  const database = wrapConnection(connection);
  database.transaction(() => migrate(connection, migrations));
  return database;
}

function migrate(connection: Libsql.Database, migrations: readonly string[]): void {
  const row = connection.prepare('PRAGMA user_version').get() as { user_version: number };
  const present = row.user_version;
  if (present > migrations.length) {
    throw new KakehashiError('data.newer_schema', 'The records were written by a newer version.', {
      remedy: 'Start the newer version again, or restore the backup made before it.',
      detail: { found: present, known: migrations.length },
    });
  }
  for (const migration of migrations.slice(present)) connection.exec(migration);
  if (present < migrations.length) connection.exec(`PRAGMA user_version = ${migrations.length}`);
}

function wrapConnection(connection: Libsql.Database): Database {
  const statements = new Map<string, Libsql.Statement>();
  const prepared = (sql: string) => {
    const known = statements.get(sql);
    if (known) return known;
    const statement = connection.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  // Values go as one array: libsql takes a single null argument for a set of named values.
  return {
    run: (sql, values = []) => wrapErrors(() => prepared(sql).run([...values])),
    get: (sql, values = []) => wrapErrors(() => prepared(sql).get([...values]) as Row | undefined),
    all: (sql, values = []) => wrapErrors(() => prepared(sql).all([...values]) as Row[]),
    transaction: (work) => wrapErrors(() => inTransaction(connection, work)),
    close: () => connection.close(),
  };
}

function inTransaction<T>(connection: Libsql.Database, work: () => T): T {
  connection.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    connection.exec('COMMIT');
    return result;
  } catch (error) {
    // On a full disk SQLite rolls back by itself; a second one would fail and hide the cause, which is
    // what libsql's own transactions do.
    if (connection.inTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

/** SQLite's messages name tables and values; they go no further than `cause`. */
function wrapErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
      throw new KakehashiError('store.locked', 'Another process is writing the records.', {
        remedy: 'Try again in a moment.',
        cause: error,
      });
    }
    if (code.startsWith('SQLITE_FULL')) {
      throw new KakehashiError('disk.full', 'The disk is full.', {
        remedy: 'Free space on the disk of the data folder.',
        cause: error,
      });
    }
    if (code.startsWith('SQLITE_NOTADB') || code.startsWith('SQLITE_CORRUPT')) {
      throw new KakehashiError('store.invalid_row', 'The records file is damaged.', {
        remedy: 'Restore it from a backup.',
        cause: error,
      });
    }
    throw error;
  }
}
