import { type Language, WITHHOLD_WORD } from './prompt.js';

/** Ways in which a model without a reading adapter says that the passages do not tell. */
const PHRASES: Record<Language, RegExp> = {
  ja: /^(申し訳[^。]*[。、])?[^。]{0,40}(資料|文書|情報)(に|には|では|からは|の中に|内に)[^。]{0,24}(ありません|ございません|記載されていません|書かれていません|含まれていません|見つかりません)|^(わかりません|分かりません|不明です|未知)/u,
  en: /^(i'?m sorry[^.]*\.?\s*)?(the )?(passages?|documents?|provided information|information provided)\b[^.]{0,60}\b(do(es)? not|don'?t|doesn'?t|no)\b|^(i don'?t know|i do not know|unknown|not (stated|specified|mentioned))/iu,
};

/** Whether an answer from passages says that they do not tell. */
export function isWithheld(text: string, language: Language): boolean {
  const opening = text.trim();
  return opening.toUpperCase().startsWith(WITHHOLD_WORD) || PHRASES[language].test(opening);
}

/** Whether `text` may still become the withholding word, so that nothing is shown yet. */
export function mayBecomeWithheld(text: string): boolean {
  const opening = text.trimStart();
  return WITHHOLD_WORD.startsWith(opening.slice(0, WITHHOLD_WORD.length).toUpperCase());
}

/**
 * Kept from opening with the withholding word, the reading adapter opens one answer in seven with a
 * bare "YES" (13 of 89 held-out cases) before the sentence proper.
 */
export function withoutStrayOpening(text: string): string {
  return text.replace(/^\s*YES[\s:,.]+(?=\S)/u, '');
}
