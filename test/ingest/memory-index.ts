import { createHash } from 'node:crypto';
import type { DocumentTexts, IndexWriter, KnownFiles } from '../../src/ingest/index-port.js';
import type { StoredDocument } from '../../src/store/passage.js';
import type { IndexedPassage } from '../../src/store/passage-rows.js';
import type { KnownFile } from '../../src/store/record-files.js';
import type { IndexedDocument } from '../../src/store/table-contents.js';

/** The store as a run sees it, in memory: a head that is written and a published copy. */
export function createMemoryIndex() {
  let head = new Map<string, IndexedPassage>();
  let published = new Map<string, IndexedPassage>();
  let version = 0;
  const stored = new Map<string, StoredDocument>();
  const writer: IndexWriter = {
    documents: () => Promise.resolve(documentsOf(head)),
    live: () => Promise.resolve(documentsOf(published)),
    async vectors(texts) {
      const all = new Map([...head.values()].map((row) => [row.embeddedText, row.embedding]));
      return new Map(
        texts.flatMap((text) => (all.has(text) ? [[text, all.get(text) as Float32Array]] : [])),
      );
    },
    async apply({ upsert, deleteDocuments }) {
      const touched = new Set([
        ...deleteDocuments,
        ...upsert.map(({ passage }) => passage.documentId),
      ]);
      head = new Map([...head].filter(([, row]) => !touched.has(row.passage.documentId)));
      for (const row of upsert) head.set(row.passage.id, row);
      return { inserted: upsert.length, updated: 0, deleted: 0 };
    },
    async publish() {
      published = new Map(head);
      version++;
      return {
        version,
        table: 't',
        tableVersion: version,
        rows: head.size,
        at: '2025-01-01T00:00:00.000Z',
        replaced: null,
        tokensVersion: '1',
        icu: '1',
        embeddingModel: { name: 'fake', sha256: '' },
        dimensions: 8,
      };
    },
  };
  const texts: DocumentTexts = {
    sources: () => new Map([...stored.values()].map(({ id, source }) => [id, source])),
    save: (documents) => {
      for (const document of documents) {
        stored.delete(`${document.id}@${document.revision}`);
        stored.set(`${document.id}@${document.revision}`, document);
      }
    },
  };
  const files = new Map<string, KnownFile>();
  const knownFiles: KnownFiles = {
    known: () => new Map(files),
    save: (_, path, file) => void files.set(path, file),
    keep: (_, paths) => {
      for (const path of files.keys()) if (!paths.has(path)) files.delete(path);
    },
  };
  return {
    writer,
    texts,
    files: knownFiles,
    published: () => [...published.values()],
    stored: () => [...stored.values()],
    version: () => version,
  };
}

function documentsOf(rows: ReadonlyMap<string, IndexedPassage>): Map<string, IndexedDocument> {
  const found = new Map<string, IndexedDocument>();
  for (const { passage } of rows.values()) {
    const before = found.get(passage.documentId)?.passages ?? 0;
    found.set(passage.documentId, {
      revision: passage.revision,
      passages: before + 1,
      upToDate: true,
    });
  }
  return found;
}

/** Counts what it is asked; words are tokens. */
export function createCountingEmbedder(options: { failAfter?: number; error?: Error } = {}) {
  const embedded: string[] = [];
  return {
    embedded,
    async embed(texts: readonly string[]) {
      if (embedded.length + texts.length > (options.failAfter ?? Number.POSITIVE_INFINITY))
        throw options.error ?? new Error('failed');
      embedded.push(...texts);
      return texts.map((text) =>
        Float32Array.from(createHash('sha256').update(text).digest().subarray(0, 8)),
      );
    },
    async ready() {
      return { model: { name: 'fake', sha256: '' }, dimensions: 8, maxTokens: 511 };
    },
    async countTokens(texts: readonly string[]) {
      return texts.map((text) => text.split(/\s+/u).length + 2);
    },
  };
}
