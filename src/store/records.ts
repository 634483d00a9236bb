import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { openDatabase } from './database.js';
import { type AdapterRecords, adapterRecords } from './record-adapters.js';
import { type ConversationRecords, conversationRecords } from './record-conversations.js';
import {
  type DecisionRecords,
  decisionRecords,
  type FeedbackRecords,
  feedbackRecords,
} from './record-decisions.js';
import { type OriginalRecords, originalRecords } from './originals.js';
import { type DocumentRecords, documentRecords } from './record-documents.js';
import { type FileRecords, fileRecords } from './record-files.js';
import { type QuoteRecords, quoteRecords } from './record-quotes.js';
import { type RunRecords, runRecords } from './record-runs.js';
import { MIGRATIONS } from './records-schema.js';

export type Records = {
  documents: DocumentRecords;
  files: FileRecords;
  originals: OriginalRecords;
  quotes: QuoteRecords;
  conversations: ConversationRecords;
  decisions: DecisionRecords;
  feedback: FeedbackRecords;
  runs: RunRecords;
  adapters: AdapterRecords;
  /** Writes the file anew, so that no byte of what was deleted is left in it. */
  compact(): void;
  close(): void;
};

/**
 * Opens the SQLite file of everything but passages, and brings it to the newest schema. Errors of
 * opening and of every call: `data.newer_schema`, `store.locked`, `disk.full`,
 * `store.invalid_row`.
 */
export function openRecords(file: string, options: { now?: () => Date } = {}): Records {
  const now = options.now ?? (() => new Date());
  mkdirSync(dirname(file), { recursive: true });
  const database = openDatabase(file, MIGRATIONS);
  return {
    documents: documentRecords(database, now),
    files: fileRecords(database),
    originals: originalRecords(database),
    quotes: quoteRecords(database),
    conversations: conversationRecords(database, now),
    decisions: decisionRecords(database, now),
    feedback: feedbackRecords(database, now),
    runs: runRecords(database, now),
    adapters: adapterRecords(database, now),
    compact: () => {
      database.run('VACUUM');
    },
    close: () => database.close(),
  };
}
