import type { Embedder } from '../engine/engine.js';
import { throwIfAborted } from '../errors.js';
import type { Passage, StoredDocument } from '../store/passage.js';
import { embeddingText } from './embedding-text.js';
import type { DocumentTexts, IndexWriter } from './index-port.js';

export type PendingDocument = {
  document: StoredDocument;
  passages: { passage: Passage; tokens: number }[];
};

export type EmbeddedBatch = { passages: number; tokens: number; ms: number };

export type WriteNeeds = {
  writer: IndexWriter;
  texts: DocumentTexts;
  embedder: Pick<Embedder, 'embed'>;
  /** Search tokens of a text, the same function that questions go through. */
  tokenise: (text: string) => readonly string[];
  clock: () => number;
  signal?: AbortSignal | undefined;
  /** Called after each batch of embeddings. */
  onEmbedded: (batch: EmbeddedBatch) => void;
  /** Take no vectors over. */
  full: boolean;
};

export type Written = { embedded: number; reused: number; embedMs: number; writeMs: number };

/**
 * Texts per call of the embedder: enough to fill it, little enough that a cancel takes effect
 * within a second or two on a small machine.
 */
const BATCH = 16;

/**
 * Embeds what has no vector yet and writes the documents. Texts go first: a run cut off in between
 * sends the document again, while passages without their text would never be completed.
 */
export async function writeDocuments(
  pending: readonly PendingDocument[],
  needs: WriteNeeds,
): Promise<Written> {
  const { writer, clock, signal } = needs;
  const drafts = pending.flatMap(({ passages }) =>
    passages.map(({ passage, tokens }) => ({ passage, tokens, text: embeddingText(passage) })),
  );
  const lookedUp = clock();
  const texts = [...new Set(drafts.map((draft) => draft.text))];
  const vectors = new Map(needs.full ? [] : await writer.vectors(texts));
  let writeMs = clock() - lookedUp;
  const reused = drafts.filter((draft) => vectors.has(draft.text)).length;

  const tokensOf = new Map(drafts.map((draft) => [draft.text, draft.tokens]));
  const missing = texts.filter((text) => !vectors.has(text));
  let embedMs = 0;
  for (let from = 0; from < missing.length; from += BATCH) {
    throwIfAborted(signal);
    const batch = missing.slice(from, from + BATCH);
    const start = clock();
    const found = await needs.embedder.embed(batch, 'passage', { signal });
    const ms = clock() - start;
    embedMs += ms;
    batch.forEach((text, index) => {
      const vector = found[index];
      if (vector !== undefined) vectors.set(text, vector);
    });
    const tokens = batch.reduce((sum, text) => sum + (tokensOf.get(text) ?? 0), 0);
    needs.onEmbedded({ passages: batch.length, tokens, ms });
  }
  throwIfAborted(signal);

  const upsert = drafts.map(({ passage, text }) => {
    const embedding = vectors.get(text);
    if (embedding === undefined) throw new Error('the embedder gave fewer vectors than texts');
    return { passage, embeddedText: text, tokens: needs.tokenise(text), embedding };
  });
  const written = clock();
  await needs.texts.save(pending.map(({ document }) => document));
  await writer.apply({ upsert, deleteDocuments: [] });
  writeMs += clock() - written;
  return { embedded: drafts.length - reused, reused, embedMs, writeMs };
}
