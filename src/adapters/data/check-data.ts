import { KakehashiError } from '../../errors.js';
import { findPersonalData, PERSONAL_WORDS } from '../../personal-data.js';
import type { AdapterData } from './read-data.js';

export type DataReport = {
  /** `train en answer` → how many. */
  counts: Record<string, number>;
  /** Characters of prompt and answer together, by the same keys. */
  characters: Record<string, { median: number; longest: number }>;
  /** Training questions left out because a held one is nearly the same. */
  nearHeld: string[];
};

/** Share of common four-letter pieces from which two questions count as the same (Jaccard). */
const NEAR = 0.7;
const PIECE = 4;

/** Refuses data with personal numbers or addresses. Errors: `adapter.invalid` naming the rows. */
export function refusePersonalData({ pairs, sources, plain }: AdapterData): void {
  const rows = [
    ...pairs.map(({ id, question, answer, passages = [] }) => ({
      id,
      text: [question, answer, ...passages.map(({ text }) => text)].join('\n'),
    })),
    ...sources.map(({ id, text, qa }) => ({
      id,
      text: [text, ...qa.map(({ question, answer }) => `${question}\n${answer}`)].join('\n'),
    })),
    ...plain.map(({ id, question, answer }) => ({ id, text: `${question}\n${answer}` })),
  ];
  const found = rows.flatMap(({ id, text }) =>
    personalDataIn(text).map((what) => `${id}: ${what}`),
  );
  if (found.length === 0) return;
  throw new KakehashiError(
    'adapter.invalid',
    `The data holds personal data in ${found.length} places: ${found.slice(0, 5).join('; ')}.`,
    { remedy: 'Replace it by made-up values; what an adapter has learned cannot be taken back.' },
  );
}

/**
 * What of it a text holds, in words. It must never be learned: an adapter says again what it was
 * trained on, to anybody.
 */
export function personalDataIn(text: string): string[] {
  return [...new Set(findPersonalData(text).map(({ kind }) => PERSONAL_WORDS[kind]))];
}

/**
 * The data without training rows whose question is nearly a held one, and their ids: such a row would
 * let the adapter be measured on what it learned.
 */
export function withoutLeaks(data: AdapterData): { data: AdapterData; removed: string[] } {
  const removed: string[] = [];
  const isHeld = ({ lang, group }: { lang: 'ja' | 'en'; group: string }) =>
    data.held[lang].includes(group);
  const held = [
    ...data.pairs.filter(isHeld).map(({ question }) => pieces(question)),
    ...data.sources.filter(isHeld).flatMap(({ qa }) => qa.map(({ question }) => pieces(question))),
  ];
  const leaks = (question: string) => {
    const own = pieces(question);
    return held.some((other) => overlap(own, other) >= NEAR);
  };
  const pairs = data.pairs.filter((pair) => {
    if (isHeld(pair) || !leaks(pair.question)) return true;
    removed.push(pair.id);
    return false;
  });
  const sources = data.sources.map((source) => {
    if (isHeld(source)) return source;
    const qa = source.qa.filter(({ question }) => !leaks(question));
    if (qa.length < source.qa.length) removed.push(source.id);
    return { ...source, qa };
  });
  return { data: { ...data, pairs, sources }, removed };
}

function pieces(text: string): Set<string> {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}]/gu, '');
  const found = new Set<string>();
  for (let at = 0; at === 0 || at + PIECE <= plain.length; at++) {
    found.add(plain.slice(at, at + PIECE));
  }
  return found;
}

function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const piece of a) if (b.has(piece)) shared++;
  return shared / (a.size + b.size - shared);
}
