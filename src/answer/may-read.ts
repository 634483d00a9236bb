import type { Principal, StoredDocument } from '../store/passage.js';

/** Whether somebody holds one of the tags of a document. */
export function mayRead(
  { readsAll, access }: Principal,
  document: Pick<StoredDocument, 'access'>,
): boolean {
  return readsAll || document.access.some((tag) => access.includes(tag));
}
