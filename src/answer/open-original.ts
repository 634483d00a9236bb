import { KakehashiError } from '../errors.js';
import type { Principal, StoredDocument } from '../store/passage.js';
import { mediaTypeOf } from '../media-types.js';
import { type DocumentAddress, openRevision, type OpenRevisionNeeds } from './open-revision.js';

export type Original = {
  /** Place on disk. */
  file: string;
  mediaType: string;
  /** The last name of where it came from. */
  name: string;
};

export type OriginalNeeds = OpenRevisionNeeds & {
  /** Place of the file that a revision was read from. */
  find: (revision: { corpus: string; id: string; revision: string }) => string | null;
};

/** Null for a document whose file was not kept. */
export function originalOf(document: StoredDocument, find: OriginalNeeds['find']): Original | null {
  const mediaType = mediaTypeOf(document.source);
  const file = mediaType === null ? null : find(document);
  if (mediaType === null || file === null) return null;
  return { file, mediaType, name: document.source.split('/').at(-1) ?? document.source };
}

/**
 * The file that a revision was read from. Errors: `document.not_found`, the same for a document that
 * the caller may not read, one that is not there, and one without a file.
 */
export async function openOriginal(
  needs: OriginalNeeds,
  request: DocumentAddress,
  principal: Principal,
): Promise<Original> {
  const opened = await openRevision(needs, request, principal);
  const original = opened && originalOf(opened.document, needs.find);
  if (original !== null) return original;
  throw new KakehashiError('document.not_found', 'There is no such file.', {
    remedy: 'Its text may be there all the same: open the document.',
  });
}
