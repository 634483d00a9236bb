import { KakehashiError } from '../errors.js';
import type { Principal, StoredDocument } from '../store/passage.js';
import { mediaTypeOf } from '../media-types.js';
import { mayRead } from './may-read.js';

export type Original = {
  /** Place on disk. */
  file: string;
  mediaType: string;
  /** The last name of where it came from. */
  name: string;
};

export type OpenOriginalNeeds = {
  stored: (corpus: string, id: string, revision: string | null) => StoredDocument | null;
  /** Place of the file that a revision was read from. */
  find: (revision: { corpus: string; id: string; revision: string }) => string | null;
};

/** Null for a document whose file was not kept. */
export function originalOf(
  document: StoredDocument,
  find: OpenOriginalNeeds['find'],
): Original | null {
  const mediaType = mediaTypeOf(document.source);
  const file = mediaType === null ? null : find(document);
  if (mediaType === null || file === null) return null;
  return { file, mediaType, name: document.source.split('/').at(-1) ?? document.source };
}

/**
 * The file that a revision was read from. Errors: `document.not_found`, the same for a document that
 * the caller may not read, one that is not there, and one without a file.
 */
export function openOriginal(
  { stored, find }: OpenOriginalNeeds,
  request: { corpus: string; id: string; revision: string | null },
  principal: Principal,
): Original {
  const document = stored(request.corpus, request.id, request.revision);
  const original =
    document === null || !mayRead(principal, document) ? null : originalOf(document, find);
  if (original !== null) return original;
  throw new KakehashiError('document.not_found', 'There is no such file.', {
    remedy: 'Its text may be there all the same: open the document.',
  });
}
