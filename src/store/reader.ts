import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection, Table } from '@lancedb/lancedb';
import { isSystemError, KakehashiError } from '../errors.js';
import { storing } from './lance-errors.js';
import { currentOf, type Publication, PUBLISHED_FILE, readPublications } from './publications.js';
import { createQueries, type PassageQueries, type PassageSnapshot } from './snapshot.js';
import type { SnapshotLimits } from './snapshot.js';

/**
 * Reads the published version of one corpus and follows its pointer. A query made on the reader
 * itself takes a snapshot for that query alone.
 */
export type PassageReader = PassageQueries & {
  corpus: string;
  /** The current version, or null before the first. */
  published(): Promise<Publication | null>;
  /** Errors: `store.not_published`, `store.version_missing`. */
  snapshot(): Promise<PassageSnapshot>;
};

type Pinned = { stamp: string; publication: Publication; table: Table; users: number };

export type ReaderOptions = {
  corpus: string;
  /** Folder of the corpus. */
  folder: string;
  /** Of the embedding model that queries are embedded with. */
  modelSha256: string;
  connection: () => Promise<Connection>;
  limits: SnapshotLimits;
};

export function openReader(options: ReaderOptions): PassageReader & AsyncDisposable {
  let pinned: Pinned | null = null;
  let following: Promise<Pinned> | null = null;
  let closed = false;

  /** The handle on what the pointer names; the one before is closed when its last query ends. */
  async function follow(): Promise<Pinned> {
    const stamp = await stampOf(options.folder);
    if (stamp === null) throw notPublished(options.corpus);
    if (pinned?.stamp === stamp) return pinned;
    const publications = await readPublications(options.folder);
    const publication = publications && currentOf(publications);
    if (!publication) throw notPublished(options.corpus);
    const table = await openPinned(await options.connection(), publication);
    const old = pinned;
    pinned = { stamp, publication, table, users: 0 };
    if (old?.users === 0) old.table.close();
    return pinned;
  }

  async function lease(): Promise<Pinned> {
    if (closed) throw notPublished(options.corpus);
    following ??= follow().finally(() => {
      following = null;
    });
    const leased = await following;
    leased.users++;
    return leased;
  }

  function giveBack(leased: Pinned): void {
    leased.users--;
    if (leased.users === 0 && (leased !== pinned || closed)) leased.table.close();
  }

  async function snapshot(): Promise<PassageSnapshot> {
    const leased = await lease();
    let held = true;
    return {
      publication: leased.publication,
      denseUsable: leased.publication.embeddingModel.sha256 === options.modelSha256,
      ...createQueries(leased.table, options.limits),
      [Symbol.asyncDispose]: () => {
        if (held) giveBack(leased);
        held = false;
        return Promise.resolve();
      },
    };
  }

  async function once<T>(work: (queries: PassageQueries) => Promise<T>): Promise<T> {
    await using taken = await snapshot();
    return await work(taken);
  }

  return {
    corpus: options.corpus,
    async published() {
      const publications = await readPublications(options.folder);
      return (publications && currentOf(publications)) ?? null;
    },
    snapshot,
    dense: (vector, query) => once((queries) => queries.dense(vector, query)),
    keyword: (tokens, query) => once((queries) => queries.keyword(tokens, query)),
    passagesOf: (id, filter) => once((queries) => queries.passagesOf(id, filter)),
    get: (ids, filter) => once((queries) => queries.get(ids, filter)),
    count: (filter) => once((queries) => queries.count(filter)),
    [Symbol.asyncDispose]: () => {
      closed = true;
      if (pinned?.users === 0) pinned.table.close();
      return Promise.resolve();
    },
  };
}

/** A reader of one version that follows nothing. */
export function pinnedReader(
  corpus: string,
  {
    publication,
    table,
    limits,
    modelSha256,
  }: { publication: Publication; table: Table; limits: SnapshotLimits; modelSha256: string },
): PassageReader & AsyncDisposable {
  const queries = createQueries(table, limits);
  const dispose = () => Promise.resolve();
  const denseUsable = publication.embeddingModel.sha256 === modelSha256;
  return {
    ...queries,
    corpus,
    published: () => Promise.resolve(publication),
    snapshot: () =>
      Promise.resolve({ publication, denseUsable, ...queries, [Symbol.asyncDispose]: dispose }),
    [Symbol.asyncDispose]: () => {
      table.close();
      return Promise.resolve();
    },
  };
}

/** Changes with every replacement of the pointer file: a rename brings a new inode. */
async function stampOf(folder: string): Promise<string | null> {
  try {
    const { ino, mtimeNs, size } = await stat(join(folder, PUBLISHED_FILE), { bigint: true });
    return `${ino}/${mtimeNs}/${size}`;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
}

/** A read-only handle on exactly this version; it never sees a later commit. */
export async function openPinned(
  connection: Connection,
  publication: Pick<Publication, 'table' | 'tableVersion'>,
): Promise<Table> {
  return await storing(() =>
    connection.openTable(publication.table, [], { version: publication.tableVersion }),
  );
}

function notPublished(corpus: string): KakehashiError {
  return new KakehashiError('store.not_published', `The corpus "${corpus}" is not indexed yet.`, {
    remedy: `Run \`kakehashi index --corpus ${corpus}\`.`,
    detail: { corpus },
  });
}
