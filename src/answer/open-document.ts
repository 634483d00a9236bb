import { KakehashiError } from '../errors.js';
import type { DocumentResponse } from '../schemas.js';
import type { Principal } from '../store/passage.js';
import { type Original, type OriginalNeeds, originalOf } from './open-original.js';
import { type DocumentAddress, openRevision } from './open-revision.js';

/**
 * The original text of a document with the places of its passages. What the caller may not read
 * is not there for them: the same `document.not_found` as for an id that never was.
 */
export async function openDocument(
  needs: OriginalNeeds,
  request: DocumentAddress,
  principal: Principal,
): Promise<DocumentResponse> {
  const opened = await openRevision(needs, request, principal);
  if (opened === null) {
    throw new KakehashiError('document.not_found', 'There is no such document.', {
      remedy: 'It may have been removed or replaced; ask again to get current citations.',
    });
  }
  const { document, passages } = opened;
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
