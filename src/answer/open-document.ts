import { KakehashiError } from '../errors.js';
import type { DocumentResponse } from '../schemas.js';
import type { Passage, Principal, StoredDocument } from '../store/passage.js';

export type OpenDocumentNeeds = {
  /** The named revision, or the newest. */
  stored: (corpus: string, id: string, revision: string | null) => StoredDocument | null;
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
    text: document.text,
    passages: passages
      .filter((passage) => passage.revision === document.revision)
      .map(({ id, section, start, end }) => ({ id, section, start, end })),
  };
}

function mayRead(principal: Principal, document: StoredDocument): boolean {
  return principal.readsAll || document.access.some((tag) => principal.access.includes(tag));
}
