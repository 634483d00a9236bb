import type { Passage, Principal, StoredDocument } from '../store/passage.js';
import { mayRead } from './may-read.js';

export type OpenRevisionNeeds = {
  stored: (corpus: string, id: string, revision: string) => StoredDocument | null;
  /** Passages of the published revision in order, whoever may read them; none: not published. */
  published: (corpus: string, id: string) => Promise<readonly Passage[]>;
};

export type DocumentAddress = {
  corpus: string;
  id: string;
  /** Null stands for the published one. */
  revision: string | null;
};

/**
 * A revision as `principal` may open it, or null. Texts are stored before the gates of a run, so the
 * one saved last need not be published. Rights are part of a revision: while the document is
 * published, an older one opens to those alone who may also read what is published now.
 */
export async function openRevision(
  { stored, published }: OpenRevisionNeeds,
  { corpus, id, revision }: DocumentAddress,
  principal: Principal,
): Promise<{ document: StoredDocument; passages: readonly Passage[] } | null> {
  const passages = await published(corpus, id);
  if (!passages.every((passage) => mayRead(principal, passage))) return null;
  const wanted = revision ?? passages[0]?.revision;
  const document = wanted === undefined ? null : stored(corpus, id, wanted);
  return document !== null && mayRead(principal, document) ? { document, passages } : null;
}
