type Place = {
  corpus: string;
  documentId: string;
  title: string;
  section: string;
  revision: string;
  start: number;
  end: number;
};

/** Where a passage stands, as responses name it: characters from 0 in the text of its revision. */
export function placeOf({ corpus, documentId, title, section, revision, start, end }: Place) {
  return { corpus, document_id: documentId, title, section, revision, start, end };
}
