import { type Language, WITHHOLD_WORD } from './prompt.js';

/** In capitals and no part of a longer word. */
const WITHHOLD_OPENING = new RegExp(`^${WITHHOLD_WORD}(?![\\p{L}\\p{N}])`, 'u');

/**
 * Ways in which a model without a reading adapter says that the passages do not tell. Each names what
 * fails to tell and a verb or noun of telling: "documents do not need approval" is an answer.
 */
const PHRASES: Record<Language, readonly RegExp[]> = {
  ja: [
    /^(申し訳[^。]*[。、])?[^。]{0,40}(資料|文書|提供された情報)(に|には|では|からは|の中に|内に)[^。]{0,24}(記載されていません|書かれていません|含まれていません|見つかりません|(記載|記述|情報|説明|答え|回答)(が|は)?(ありません|ございません))/u,
    /^(わかりません|分かりません|不明です|(未知|[Uu]nknown)([\s、。]|です))/u,
  ],
  en: [
    /^(i'?m sorry[^.]*\.?\s*)?(the )?(passages?|documents?|provided information|information provided)\b[^.]{0,60}\b(do(es)? not|don'?t|doesn'?t) (\w+ly )?(say|state|mention|contain|provide|specify|include|tell|answer|hold|give|describe|indicate|have (any )?(information|answer|mention|details))\b/iu,
    /^(i'?m sorry[^.]*\.?\s*)?(the )?(passages?|documents?|provided information|information provided)\b[^.]{0,60}\b((holds?|contains?) no|ha(ve|s) no (information|answer|mention|details))\b/iu,
    /^(i don't know|i do not know|unknown([.,:;!]|\s+the\b)|not (stated|specified|mentioned))/iu,
  ],
};

/** The whole answer: while it comes, "Unknown senders must be reported" is still open. */
const ONE_WORD = /^(unknown|未知|不明)$/iu;

/** Whether an answer from passages says that they do not tell. */
export function isWithheld(text: string, language: Language): boolean {
  return opensWithheld(text, language) || ONE_WORD.test(text.trim());
}

/** Whether an answer that may go on says already that the passages do not tell. */
export function opensWithheld(text: string, language: Language): boolean {
  const opening = text.trim();
  return WITHHOLD_OPENING.test(opening) || PHRASES[language].some((phrase) => phrase.test(opening));
}

/** Whether `text` may still become the withholding word, so that nothing is shown yet. */
export function mayBecomeWithheld(text: string): boolean {
  return WITHHOLD_WORD.startsWith(text.trimStart().toUpperCase());
}

/**
 * Kept from opening with the withholding word, the reading adapter opens one answer in seven with a
 * bare "YES" (13 of 89 held-out cases) before the sentence proper.
 */
export function withoutStrayOpening(text: string): string {
  return text.replace(/^\s*YES[\s:,.]+(?=\S)/u, '');
}
