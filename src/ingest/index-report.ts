import type { PersonalCounts } from './protect.js';

export type FailedSource = {
  /** File, and the place in it for a file of several documents: `faq.jsonl, line 12`. */
  source: string;
  reason: string;
  /** Whether an earlier version of it stays in the index. */
  keptEarlier: boolean;
};

export type IndexReport = {
  corpus: string;
  /** Ids of documents, sorted. */
  added: string[];
  changed: string[];
  removed: string[];
  unchanged: number;
  /** Of the unchanged, those whose file is another than before: a link or a comment changed. */
  touched: string[];
  failed: FailedSource[];
  /** Pairs of documents that say nearly the same, of those added and changed. Only noted. */
  alike: [string, string][];
  /** Personal data in the documents read, covered or allowed as the corpus says. */
  personal: PersonalCounts;
  /** Passages of the added and changed documents. */
  passages: number;
  embeddedPassages: number;
  /** Passages of changed documents whose embedding was taken over. */
  reusedPassages: number;
  /** The version now published; null for a dry run. */
  version: number | null;
  dryRun: boolean;
  timingsMs: {
    read: number;
    chunk: number;
    embed: number;
    write: number;
    publish: number;
    total: number;
  };
};

export type IndexProgress = {
  phase: 'read' | 'publish' | 'done';
  files: number;
  filesDone: number;
  /** Documents looked at so far. */
  documents: number;
  /** Passages written so far, embedded or taken over. */
  passages: number;
  embeddedPassages: number;
  /** Of the embedding model, over this run; 0 before the first batch. */
  tokensPerSecond: number;
  /** By the share of bytes read; null while unknown. */
  etaMs: number | null;
};
