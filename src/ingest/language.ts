import type { Passage } from '../store/passage.js';

export type Language = Passage['language'];

const JAPANESE = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/gu;
const LATIN = /\p{Script=Latin}/gu;

/**
 * Language of a document that does not state it: the share of kana and kanji among its letters.
 * A Japanese manual about software is easily half Latin by characters, an English page that
 * quotes a Japanese form has under a tenth of Japanese ones; 0.2 lies between.
 */
export function detectLanguage(text: string): Language {
  const sample = text.slice(0, 20_000);
  const japanese = sample.match(JAPANESE)?.length ?? 0;
  const latin = sample.match(LATIN)?.length ?? 0;
  return japanese > 0 && japanese / (japanese + latin) >= 0.2 ? 'ja' : 'en';
}

/** `ja`, `ja-JP`, `Japanese`, `en_US` … as a language, or null for one that is not served. */
export function parseLanguage(tag: string): Language | null {
  const lower = tag.trim().toLowerCase();
  if (/^(ja|jpn|japanese|日本語)([-_]|$)/u.test(lower)) return 'ja';
  if (/^(en|eng|english|英語)([-_]|$)/u.test(lower)) return 'en';
  return null;
}
