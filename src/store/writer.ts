import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection, Table } from '@lancedb/lancedb';
import { KakehashiError } from '../errors.js';
import { bringIndicesUpToDate, type IndexOptions } from './indices.js';
import { dropOthers, forgetHistory, rewriteWithout } from './erase.js';
import { storing } from './lance-errors.js';
import { passageSchema, ROWS_SCHEMA } from './passage-rows.js';
import { KEPT_PUBLICATIONS, prune } from './prune.js';
import { checkBeforePublishing, requireRecall } from './publish-checks.js';
import {
  currentOf,
  type Publication,
  type Publications,
  publicationsWith,
  readPublications,
  syncFolder,
  writePublications,
} from './publications.js';
import { openPinned, type PassageReader, pinnedReader } from './reader.js';
import type { SnapshotLimits } from './snapshot.js';
import {
  type ApplyRequest,
  type ApplyResult,
  applyTo,
  documentsOf,
  type IndexedDocument,
  vectorsOf,
} from './table-contents.js';
import type { WriterLock } from './writer-lock.js';

/**
 * The one writer of a corpus. What it writes is seen by no reader before `publish`; a run that was
 * cut off goes on where it stopped. Dispose it to let others write.
 *
 * Errors of all: `store.locked` when the lease was lost meanwhile, `disk.full`.
 */
export type PassageWriter = AsyncDisposable & {
  /** What the table holds, by document id. */
  documents(): Promise<Map<string, IndexedDocument>>;
  /** What readers are sent to, by document id; nothing before the first publication. */
  live(): Promise<Map<string, IndexedDocument>>;
  /** Vectors of this model already made for any of `embeddedTexts`, by text. */
  vectors(embeddedTexts: readonly string[]): Promise<Map<string, Float32Array>>;
  /** One commit. Send some hundred documents at a time. Errors: `store.invalid_row`. */
  apply(request: ApplyRequest): Promise<ApplyResult>;
  /**
   * Compacts, indexes and checks what was written, then moves the pointer. Without changes since
   * the current publication it returns that one. `check` looks at what would be published and throws
   * to refuse it; without one the recall of the vector index is not asked for either. Errors:
   * `gate.refused`; readers then stay where they are.
   */
  publish(check?: (candidate: PassageReader) => Promise<void>): Promise<Publication>;
  /**
   * Removes documents from every version, bytes included, and publishes what is left of the current one
   * as the only version; what was written and not published goes too. Errors: `request.invalid` when
   * nothing of this embedding model is published. Takes as long as writing the corpus without embedding it; a query that runs
   * meanwhile on an older version fails once.
   */
  erase(documentIds: readonly string[]): Promise<Publication>;
  release(): Promise<void>;
};

export type WriterOptions = {
  corpus: string;
  folder: string;
  connection: Connection;
  lock: WriterLock;
  tableName: string;
  dimensions: number;
  embeddingModel: { name: string; sha256: string };
  tokensVersion: string;
  icu: string;
  indices: IndexOptions;
  limits: SnapshotLimits;
  now: () => Date;
};

/** `lock` is released with the writer, also when opening fails. */
export async function openWriter(options: WriterOptions): Promise<PassageWriter> {
  const { lock, dimensions } = options;
  const tokensVersion = `${options.tokensVersion}/${options.icu}`;
  let table: Table;
  try {
    table = await storing(() => openForWriting(options));
  } catch (error) {
    await lock.release();
    throw error;
  }
  let released = false;

  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    if (released) throw new KakehashiError('internal', 'The writer was released.');
    requireLease(lock);
    return await storing(work);
  }

  async function release(): Promise<void> {
    if (released) return;
    released = true;
    table.close();
    await lock.release();
  }

  return {
    documents: () => guarded(() => documentsOf(table, tokensVersion)),
    live: () => guarded(() => liveDocuments(options, tokensVersion)),
    vectors: (texts) => guarded(() => vectorsOf(table, texts)),
    apply: (request) => guarded(() => applyTo(table, request, { dimensions, tokensVersion })),
    publish: (check) => guarded(() => publish(table, options, check ? { check } : {})),
    erase: (documentIds) =>
      guarded(async () => {
        await returnTo(table, await requirePublished(table, options.folder));
        table = await rewriteWithout(options.connection, table, documentIds, dimensions);
        const published = await publish(table, options, { forget: true });
        await forgetHistory(table);
        await dropOthers(options.connection, table.name);
        return published;
      }),
    release,
    [Symbol.asyncDispose]: release,
  };
}

/**
 * The table of this model, made when missing. After a rollback the writer begins from the version
 * that people went back to, not from the one they left.
 */
async function openForWriting({
  connection,
  folder,
  tableName,
  dimensions,
}: WriterOptions): Promise<Table> {
  if (!(await connection.tableNames()).includes(tableName)) {
    return await connection.createEmptyTable(tableName, passageSchema(dimensions));
  }
  const table = await connection.openTable(tableName);
  const published = await readPublications(folder);
  const current = published && currentOf(published);
  const rolledBack = published?.publications.some(({ version }) => version > published.current);
  if (current?.table === tableName && rolledBack === true) await returnTo(table, current);
  return table;
}

/** Makes a publication's content the newest of the table, whatever was written since. */
async function returnTo(table: Table, { tableVersion }: Publication): Promise<void> {
  await table.checkout(tableVersion);
  await table.restore();
}

async function requirePublished(table: Table, folder: string): Promise<Publication> {
  const published = await readPublications(folder);
  const current = published && currentOf(published);
  if (current?.table === table.name) return current;
  throw new KakehashiError('request.invalid', 'The index in use is not of this embedding model.', {
    remedy: 'Index the corpus first, then erase again.',
  });
}

async function liveDocuments(
  { folder, connection }: WriterOptions,
  tokensVersion: string,
): Promise<Map<string, IndexedDocument>> {
  const published = await readPublications(folder);
  const current = published && currentOf(published);
  if (!current) return new Map();
  const pinned = await openPinned(connection, current);
  try {
    return await documentsOf(pinned, tokensVersion);
  } finally {
    pinned.close();
  }
}

async function publish(
  table: Table,
  options: WriterOptions,
  {
    forget = false,
    check,
  }: { forget?: boolean; check?: (candidate: PassageReader) => Promise<void> } = {},
): Promise<Publication> {
  const { folder, connection } = options;
  const now = options.now();
  const before = await readPublications(folder);
  const current = (before && currentOf(before)) ?? null;
  if (before && current?.table === table.name && current.tableVersion === (await table.version())) {
    // The run that published it may have been killed before it had tidied up.
    await tidyUp(table, options, before, now);
    return current;
  }
  await bringIndicesUpToDate(table, options.indices);
  const place = { table: table.name, tableVersion: await table.version() };
  const history = before?.publications ?? [];
  const pinned = await openPinned(connection, place);
  let publication: Publication;
  try {
    await checkBeforePublishing(pinned, options.indices);
    publication = {
      version: Math.max(0, ...history.map(({ version }) => version)) + 1,
      ...place,
      rows: await pinned.countRows(),
      at: now.toISOString(),
      replaced: forget ? null : (before?.current ?? null),
      tokensVersion: options.tokensVersion,
      icu: options.icu,
      embeddingModel: options.embeddingModel,
      dimensions: options.dimensions,
    };
    if (check) await requireRecall(pinned);
    await check?.(
      pinnedReader(options.corpus, {
        publication,
        table: pinned,
        limits: options.limits,
        modelSha256: options.embeddingModel.sha256,
      }),
    );
  } finally {
    pinned.close();
  }
  const after: Publications = {
    schema: ROWS_SCHEMA,
    current: publication.version,
    publications: forget ? [publication] : publicationsWith(publication, before, KEPT_PUBLICATIONS),
  };
  await syncTree(join(folder, `${table.name}.lance`));
  requireLease(options.lock);
  await writePublications(folder, after);
  if (!forget) await tidyUp(table, options, after, now);
  return publication;
}

async function tidyUp(
  table: Table,
  { folder, connection, lock, indices }: WriterOptions,
  publications: Publications,
  now: Date,
): Promise<void> {
  try {
    requireLease(lock);
    await prune(folder, connection, table, publications, now);
  } catch {
    indices.onNote('Old versions could not be removed; the next run tries again.');
  }
}

/** LanceDB itself never asks the disk to keep a commit; a pointer must not outlive its files. */
async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else {
      await using file = await open(path, 'r');
      await file.sync();
    }
  }
  await syncFolder(folder);
}

function requireLease(lock: WriterLock): void {
  if (lock.lost.aborted) throw lock.lost.reason;
}
