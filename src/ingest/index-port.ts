import type { StoredDocument } from '../store/passage.js';
import type { Originals } from '../store/originals.js';
import type { FileRecords } from '../store/record-files.js';
import type { PassageWriter } from '../store/writer.js';

/** What a run needs of the passage store. The caller opens and releases it. */
export type IndexWriter = Pick<
  PassageWriter,
  'documents' | 'live' | 'vectors' | 'apply' | 'publish'
>;

/** What a run needs to know of the files of earlier ones. */
export type KnownFiles = FileRecords;

export type KeepsOriginals = Pick<Originals, 'keep'>;

/** What a run needs of the document texts. */
export type DocumentTexts = {
  /** Source of the newest revision of each stored document of a corpus, by document id. */
  sources(corpus: string): ReadonlyMap<string, string> | Promise<ReadonlyMap<string, string>>;
  /** Stores revisions; one that is there already gets its `source` and `url` brought up to date. */
  save(documents: readonly StoredDocument[]): void | Promise<void>;
};
