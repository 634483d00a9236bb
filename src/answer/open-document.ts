import { KakehashiError } from '../errors.js';
import type { DocumentResponse } from '../schemas.js';
import type { Passage, Principal, StoredDocument } from '../store/passage.js';
import { mayRead } from './may-read.js';
import { type OpenOriginalNeeds, type Original, originalOf } from './open-original.js';

export type OpenDocumentNeeds = {
  /** The named revision, or the newest. */
  stored: (corpus: string, id: string, revision: string | null) => StoredDocument | null;
  /** Place of the file that a revision was read from. */
  find: OpenOriginalNeeds['find'];
  /** Passages of the published revision, in order, as far as `principal` may read them. */
  passages: (corpus: string, id: string, principal: Principal) => Promise<readonly Passage[]>;
};

/**
 * The original text of a document with the places of its passages. What the caller may not read
 * is not there for them: the same `document.not_found` as for an id that never was.
 */
export async function openDocument(
  needs: OpenDocumentNeeds,
  request: { corpus: string; id: string; revision: string | null },
  principal: Principal,
): Promise<DocumentResponse> {
  const document = needs.stored(request.corpus, request.id, request.revision);
  if (document === null || !mayRead(principal, document)) {
    throw new KakehashiError('document.not_found', 'There is no such document.', {
      remedy: 'It may have been removed or replaced; ask again to get current citations.',
    });
  }
  const passages = await needs.passages(request.corpus, request.id, principal);
  return {
    corpus: document.corpus,
    id: document.id,
    revision: document.revision,
    title: document.title,
    language: document.language,
    updated: document.updated,
    superseded_by: document.supersededBy,
    url: document.url,
    original: describeOriginal(originalOf(document, needs.find)),
    text: document.text,
    passages: passages
      .filter((passage) => passage.revision === document.revision)
      .map(({ id, section, start, end }) => ({ id, section, start, end })),
  };
}

function describeOriginal(original: Original | null): DocumentResponse['original'] {
  return original && { media_type: original.mediaType, name: original.name };
}
