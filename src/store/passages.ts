import { mkdir, readdir, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { type Connection, connect, Session } from '@lancedb/lancedb';
import { isSystemError, KakehashiError } from '../errors.js';
import { VECTOR_INDEX_FROM_ROWS } from './indices.js';
import { storing } from './lance-errors.js';
import { ROWS_SCHEMA } from './passage-rows.js';
import {
  currentOf,
  type Publication,
  PUBLISHED_FILE,
  readPublications,
  writePublications,
} from './publications.js';
import type { Outline } from './diff-versions.js';
import { openPinned, openReader, type PassageReader, pinnedReader } from './reader.js';
import { createSlots } from './slots.js';
import { documentsOf, outlineOf } from './table-contents.js';
import { openWriter, type PassageWriter } from './writer.js';
import { lockForWriting } from './writer-lock.js';

export type PassageStoreOptions = {
  /** One folder per corpus lies in it. */
  dir: string;
  embeddingModel: { name: string; sha256: string };
  dimensions: number;
  /** Of the tokeniser; published versions state it together with the ICU of this process. */
  tokensVersion: string;
  /** Queries at once. Defaults to twice the cores: more make each slower and none sooner. */
  queriesAtOnce?: number;
  /** Queries that may wait. Defaults to 256. */
  queueLimit?: number;
  /** Time limit of one query. Defaults to 10,000. */
  queryTimeoutMs?: number;
  /** Memory for index parts, all corpora together. Defaults to 512 MB (LanceDB's own: 6 GB). */
  indexCacheBytes?: number;
  /** Defaults to 20,000. */
  vectorIndexFromRows?: number;
  /** How long the lease of a writer lasts after it was killed. Defaults to 10,000. */
  leaseMs?: number;
  /** One sentence on maintenance that a reader of the log should know. */
  onNote?: (note: string) => void;
  now?: () => Date;
};

/**
 * The passages of all corpora: read at a published version, written by one process at a time.
 * Dispose it at the end.
 */
export type PassageStore = AsyncDisposable & {
  /** Names of the corpora that have a published version, sorted. */
  corpora(): Promise<string[]>;
  /** Always the same reader for a corpus; it need not be published yet. */
  reader(corpus: string): PassageReader;
  /** Errors: `store.locked`, `disk.full`. */
  writer(corpus: string, options?: { signal?: AbortSignal | undefined }): Promise<PassageWriter>;
  /** Newest first; at most five. */
  versions(corpus: string): Promise<(Publication & { current: boolean })[]>;
  /**
   * A reader of one kept version, whatever is published meanwhile. Errors: `store.version_missing`,
   * `store.not_published`.
   */
  readerAt(corpus: string, version: number): Promise<PassageReader & AsyncDisposable>;
  /** What a kept version holds. Errors: as `readerAt`. */
  outline(corpus: string, version: number): Promise<Outline>;
  /** Revisions that any kept version shows, by document id; texts of others may go. */
  revisionsInUse(corpus: string): Promise<Map<string, Set<string>>>;
  /**
   * Sends readers to a kept version, in milliseconds. Errors: `store.version_missing`,
   * `store.not_published`, `store.locked`, `disk.full`.
   */
  rollback(corpus: string, version: number): Promise<Publication>;
};

const MEGABYTE = 1 << 20;

export function openPassageStore(options: PassageStoreOptions): PassageStore {
  // A path that starts with "db" would be taken for an address of LanceDB's cloud.
  const dir = resolve(options.dir);
  const session = new Session(
    BigInt(options.indexCacheBytes ?? 512 * MEGABYTE),
    BigInt(128 * MEGABYTE),
  );
  const limits = {
    timeoutMs: options.queryTimeoutMs ?? 10_000,
    slots: createSlots(
      options.queriesAtOnce ?? availableParallelism() * 2,
      options.queueLimit ?? 256,
    ),
  };
  const leaseMs = options.leaseMs ?? 10_000;
  const connections = new Map<string, Promise<Connection>>();
  const readers = new Map<string, PassageReader & AsyncDisposable>();

  function connectionOf(corpus: string): Promise<Connection> {
    const open = connections.get(corpus);
    if (open) return open;
    const opening = storing(() => connect(folderOf(dir, corpus), { session }));
    connections.set(corpus, opening);
    opening.catch(() => connections.delete(corpus));
    return opening;
  }

  return {
    async corpora() {
      const names = await readdir(dir).catch(ifMissing([]));
      const published = await Promise.all(
        names.map((name) =>
          stat(join(dir, name, PUBLISHED_FILE)).then(() => [name], ifMissing([])),
        ),
      );
      return published.flat().sort();
    },
    reader(corpus) {
      const known = readers.get(corpus);
      if (known) return known;
      const reader = openReader({
        corpus,
        folder: folderOf(dir, corpus),
        modelSha256: options.embeddingModel.sha256,
        connection: () => connectionOf(corpus),
        limits,
      });
      readers.set(corpus, reader);
      return reader;
    },
    async writer(corpus, { signal } = {}) {
      const folder = folderOf(dir, corpus);
      const connection = await connectionOf(corpus);
      const lock = await storing(async () => {
        await mkdir(folder, { recursive: true });
        return await lockForWriting(folder, corpus, { leaseMs, signal });
      });
      return await openWriter({
        corpus,
        limits,
        folder,
        connection,
        lock,
        tableName: tableNameOf(options.embeddingModel),
        dimensions: options.dimensions,
        embeddingModel: options.embeddingModel,
        tokensVersion: options.tokensVersion,
        icu: process.versions['icu'] ?? 'none',
        indices: {
          vectorIndexFromRows: options.vectorIndexFromRows ?? VECTOR_INDEX_FROM_ROWS,
          onNote: options.onNote ?? (() => undefined),
        },
        now: options.now ?? (() => new Date()),
      });
    },
    async versions(corpus) {
      const found = await readPublications(folderOf(dir, corpus));
      return (found?.publications ?? []).map((publication) => ({
        ...publication,
        current: publication.version === found?.current,
      }));
    },
    async readerAt(corpus, version) {
      const publication = await keptVersion(folderOf(dir, corpus), corpus, version);
      const table = await openPinned(await connectionOf(corpus), publication);
      return pinnedReader(corpus, {
        publication,
        table,
        limits,
        modelSha256: options.embeddingModel.sha256,
      });
    },
    async outline(corpus, version) {
      const publication = await keptVersion(folderOf(dir, corpus), corpus, version);
      const table = await openPinned(await connectionOf(corpus), publication);
      try {
        return await storing(() => outlineOf(table));
      } finally {
        table.close();
      }
    },
    async revisionsInUse(corpus) {
      const found = await readPublications(folderOf(dir, corpus));
      const inUse = new Map<string, Set<string>>();
      for (const publication of found?.publications ?? []) {
        const table = await openPinned(await connectionOf(corpus), publication);
        for (const [id, { revision }] of await storing(() => documentsOf(table, ''))) {
          inUse.set(id, (inUse.get(id) ?? new Set()).add(revision));
        }
        table.close();
      }
      return inUse;
    },
    async rollback(corpus, version) {
      const folder = folderOf(dir, corpus);
      if ((await stat(folder).catch(ifMissing(null))) === null) throw missing(corpus, version, []);
      const lock = await storing(() => lockForWriting(folder, corpus, { leaseMs }));
      try {
        const target = await keptVersion(folder, corpus, version);
        (await openPinned(await connectionOf(corpus), target)).close();
        const found = await readPublications(folder);
        if (!found) throw missing(corpus, version, []);
        await storing(() => writePublications(folder, { ...found, current: version }));
        return target;
      } finally {
        await lock.release();
      }
    },
    async [Symbol.asyncDispose]() {
      for (const reader of readers.values()) await reader[Symbol.asyncDispose]();
      const open = await Promise.allSettled(connections.values());
      for (const opened of open) if (opened.status === 'fulfilled') opened.value.close();
      connections.clear();
    },
  };
}

async function keptVersion(folder: string, corpus: string, version: number): Promise<Publication> {
  const found = await readPublications(folder);
  if (!found) throw missing(corpus, version, []);
  const target = currentOf({ ...found, current: version });
  if (target) return target;
  throw missing(
    corpus,
    version,
    found.publications.map((publication) => publication.version),
  );
}

/** One table per model: vectors of two models are never compared. */
function tableNameOf(model: { name: string; sha256: string }): string {
  const name = model.name.replace(/[^A-Za-z0-9_.-]+/gu, '-').slice(0, 80);
  return `passages-${ROWS_SCHEMA}-${name}-${model.sha256.slice(0, 12)}`;
}

function folderOf(dir: string, corpus: string): string {
  if (!/^[a-z0-9][a-z0-9_-]{0,62}$/u.test(corpus)) {
    throw new KakehashiError('corpus.not_found', 'This is no name of a corpus.', {
      remedy: 'Use lower-case letters, digits, _ and -, at most 63.',
    });
  }
  return join(dir, corpus);
}

function missing(corpus: string, version: number, kept: readonly number[]): KakehashiError {
  if (kept.length === 0) {
    return new KakehashiError('store.not_published', `The corpus "${corpus}" is not indexed yet.`, {
      remedy: `Run \`kakehashi index --corpus ${corpus}\`.`,
    });
  }
  return new KakehashiError('store.version_missing', `Version ${version} is not kept.`, {
    remedy: `Kept versions: ${kept.join(', ')}.`,
    detail: { corpus, version },
  });
}

/** Errors other than a missing file are thrown on. */
function ifMissing<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) return value;
    throw error;
  };
}
