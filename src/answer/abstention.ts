import type { Hit } from '../retrieval/search.js';
import type { NearestDocument } from '../schemas.js';
import { placeOf } from './place.js';
import type { Language } from './prompt.js';

export type CorpusCard = {
  name: string;
  title: Record<Language, string>;
  /** Whom to ask when the documents do not tell; null when the corpus names nobody. */
  contact: Record<Language, string> | null;
};

/** How many of the nearest documents an abstention names. */
const NEAREST = 3;

/** The nearest documents the caller may read, best first, one entry per document. */
export function nearestDocuments(hits: readonly Hit[]): NearestDocument[] {
  const seen = new Set<string>();
  const nearest: NearestDocument[] = [];
  for (const hit of hits) {
    const key = `${hit.corpus}/${hit.documentId}`;
    if (seen.has(key) || nearest.length === NEAREST) continue;
    seen.add(key);
    nearest.push(placeOf(hit));
  }
  return nearest;
}

/** Why nothing is answered: the documents do not tell, or no answer could be given at the stated risk. */
export type Silence = 'not_told' | 'risk_not_shown';

const SILENT: Record<
  Silence,
  Record<Language, (of: { query: string; places: readonly string[] }) => string>
> = {
  not_told: {
    ja: ({ query, places }) =>
      `「${query}」の答えは、資料からは確認できませんでした（探した場所: ${places.join('、')}）。`,
    en: ({ query, places }) =>
      `The documents do not tell the answer to “${query}” (searched: ${places.join(', ')}).`,
  },
  risk_not_shown: {
    ja: ({ query, places }) =>
      `「${query}」には答えを示しません。求められた確かさを守れると、今のモデルではまだ確かめられていないためです（探した場所: ${places.join('、')}）。`,
    en: ({ query, places }) =>
      `No answer is given to “${query}”: that so few answers are wrong as was asked for has not been shown of this model yet (searched: ${places.join(', ')}).`,
  },
};

/**
 * Says what was looked for and where, what comes nearest, and whom to ask. The contact is that of
 * the corpus of the nearest document, or of each searched corpus when nothing was found.
 */
export function abstentionText(input: {
  silence: Silence;
  language: Language;
  query: string;
  corpora: readonly CorpusCard[];
  nearest: readonly NearestDocument[];
}): string {
  const { language, nearest } = input;
  const nearestCorpora = new Set(nearest.slice(0, 1).map((document) => document.corpus));
  const contacts = input.corpora
    .filter((corpus) => nearestCorpora.size === 0 || nearestCorpora.has(corpus.name))
    .map((corpus) => corpus.contact?.[language])
    .filter((contact) => contact !== undefined);
  const query = shorten(input.query);
  const places = input.corpora.map((corpus) => corpus.title[language]);
  const titles = nearest.map((document) =>
    document.section === '' ? document.title : `${document.title} › ${document.section}`,
  );
  const first = SILENT[input.silence][language]({ query, places });
  if (language === 'ja') {
    return [
      first,
      ...(titles.length > 0
        ? [`近い資料: ${titles.map((title) => `「${title}」`).join('、')}`]
        : []),
      ...(contacts.length > 0 ? [`お問い合わせ先: ${contacts.join('、')}`] : []),
    ].join('\n');
  }
  return [
    first,
    ...(titles.length > 0
      ? [`Nearest documents: ${titles.map((title) => `“${title}”`).join(', ')}`]
      : []),
    ...(contacts.length > 0 ? [`Whom to ask: ${contacts.join('; ')}`] : []),
  ].join('\n');
}

function shorten(query: string): string {
  const letters = Array.from(query);
  return letters.length > 80 ? `${letters.slice(0, 79).join('')}…` : query;
}
