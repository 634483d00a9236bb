import type { Citation, NearestDocument } from '../../schemas.js';
import type { Turn } from './turns.js';

/** A place in a document that the page can open. */
export type Place = {
  corpus: string;
  id: string;
  revision: string | null;
  title: string;
  /** Page of the original, from 1, where it has pages. */
  page: number | null;
  start: number;
  end: number;
  /** Exact words at the place; '' when a whole passage is meant. */
  quote: string;
};

/** One numbered source with the quotes taken from it. */
export type Source = {
  marker: number;
  title: string;
  section: string;
  page: number | null;
  citations: Citation[];
};

/** Citations by marker, in the order of their numbers. */
export function groupSources(citations: readonly Citation[]): Source[] {
  const sources = new Map<number, Source>();
  for (const citation of citations) {
    const { marker, title, section, page } = citation;
    const source = sources.get(marker) ?? { marker, title, section, page, citations: [] };
    source.citations.push(citation);
    sources.set(marker, source);
  }
  return [...sources.values()].sort((a, b) => a.marker - b.marker);
}

export function placeOfCitation(citation: Citation): Place {
  const { corpus, document_id: id, revision, title, page, start, end, quote } = citation;
  return { corpus, id, revision, title, page, start, end, quote };
}

export function placeOfNearest(document: NearestDocument): Place {
  const { corpus, document_id: id, revision, title, start, end } = document;
  return { corpus, id, revision, title, page: null, start, end, quote: '' };
}

/** The first passage of each document, in the order given. */
export function firstOfEachDocument<T extends NearestDocument>(passages: readonly T[]): T[] {
  const keys = passages.map(({ corpus, document_id }) => `${corpus}/${document_id}`);
  return passages.filter((_, index) => keys.indexOf(keys[index] ?? '') === index);
}

/** Numbers that lead somewhere: cited ones, or while the answer streams, those of the passages. */
export function knownMarkers(turn: Turn): Set<number> {
  const citations = turn.citations.map((citation) => citation.marker);
  if (turn.status === 'done') return new Set(citations);
  return new Set([...citations, ...turn.passages.map((passage) => passage.marker)]);
}

/** What a marker opens: its verified quote, else any quote, else the whole passage. */
export function placeOfMarker(turn: Turn, marker: number): Place | null {
  const cited = turn.citations.filter((citation) => citation.marker === marker);
  const citation = cited.find((candidate) => candidate.verified) ?? cited[0];
  if (citation) return placeOfCitation(citation);
  const passage = turn.passages.find((candidate) => candidate.marker === marker);
  return passage ? placeOfNearest(passage) : null;
}

/** An abstention's text without the line of nearest documents, which the page shows as links. */
export function withoutNearestLine(text: string, nearest: readonly NearestDocument[]): string {
  if (nearest.length === 0) return text;
  const names = (line: string): boolean =>
    nearest.every((document) => line.includes(document.title));
  return text
    .split('\n')
    .filter((line, index) => index === 0 || !names(line))
    .join('\n');
}
