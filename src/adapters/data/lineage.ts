import { KakehashiError } from '../../errors.js';
import type { LineageDocument, Passport } from '../passport.js';
import type { AdapterData } from './read-data.js';
import type { DocumentRef } from './shapes.js';

/** What is known of a document: its newest revision and who may read that. */
export type FindDocument = (
  corpus: string,
  id: string,
) => { revision: string; access: readonly string[] } | null;

/** The documents that the data says it was taken from, once each, sorted. */
export function documentsOf({ pairs, sources }: AdapterData): DocumentRef[] {
  const refs = [
    ...pairs.flatMap(({ documents = [] }) => documents),
    ...pairs.flatMap(({ passages = [] }) => passages.flatMap(({ document }) => document ?? [])),
    ...sources.flatMap(({ document }) => document ?? []),
  ];
  const byName = new Map(refs.map((ref) => [`${ref.corpus}/${ref.id}`, ref]));
  return [...byName.keys()].toSorted().flatMap((name) => byName.get(name) ?? []);
}

/**
 * The documents with revision and rights as they stand now. Errors: `adapter.invalid` for one that
 * the index does not hold, as nobody could tell who may know what is learned from it.
 */
export function traceDocuments(data: AdapterData, find: FindDocument): LineageDocument[] {
  return documentsOf(data).map(({ corpus, id }) => {
    const document = find(corpus, id);
    if (document === null) {
      throw new KakehashiError(
        'adapter.invalid',
        `The data names document "${id}" of corpus "${corpus}", which is not in the index.`,
        {
          remedy: 'Index the corpus first, or take what was made of that document out of the data.',
        },
      );
    }
    return { corpus, id, revision: document.revision, access: [...document.access] };
  });
}

type Learned = Pick<Passport, 'access' | 'lineage'>;

/** What was learned before stays in a file that is trained further, and so do its rights. */
export function withOrigin(own: Learned, origin: Learned | null): Learned {
  const lineage = [...own.lineage, ...(origin?.lineage ?? [])];
  return {
    access: [...new Set([...own.access, ...(origin?.access ?? [])])],
    // Also one document twice, when its revision or its rights have changed since.
    lineage: [...new Map(lineage.map((one) => [JSON.stringify(one), one])).values()],
  };
}
