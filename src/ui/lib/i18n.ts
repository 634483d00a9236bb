import { en } from './words-en.js';
import { ja } from './words-ja.js';

export const LANGUAGES = ['ja', 'en'] as const;
export type PageLanguage = (typeof LANGUAGES)[number];

export type WordKey = keyof typeof ja;
export type Translate = (
  key: WordKey,
  values?: Readonly<Record<string, string | number>>,
) => string;

export const WORDS: Record<PageLanguage, Record<WordKey, string>> = { ja, en };

/** A translator for one language; `{name}` in a text is filled from `values`. */
export function createTranslate(language: PageLanguage): Translate {
  return (key, values = {}) =>
    WORDS[language][key].replace(/\{(\w+)\}/gu, (whole, name: string) =>
      String(values[name] ?? whole),
    );
}

/** The remembered language, else the first of the reader's languages the page speaks, else English. */
export function resolveLanguage(
  remembered: string | null,
  preferred: readonly string[],
): PageLanguage {
  for (const candidate of [remembered ?? '', ...preferred]) {
    const language = LANGUAGES.find((known) => known === candidate.slice(0, 2).toLowerCase());
    if (language !== undefined) return language;
  }
  return 'en';
}

/** A key built at run time (`problem.` + code), or null when there is no such text. */
export function findWordKey(key: string): WordKey | null {
  return key in ja ? (key as WordKey) : null;
}
