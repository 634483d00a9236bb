import type { Language } from './prompt.js';

export type Turn = { question: string; answer: string };

export type Understanding = {
  /** NFKC, one line, as searched. */
  query: string;
  language: Language;
  followUp: boolean;
  /** This turn joined to the one before it, for a follow-up; both are searched. */
  joinedQuery: string | null;
  /** The turn before, when this one follows it up. */
  previousTurn: Turn | null;
};

export type UnderstandInput = {
  question: string;
  language: 'auto' | Language;
  previousTurn: Turn | null;
  /** Content tokens of a text, as the keyword leg searches them. */
  contentTokens: (text: string) => readonly string[];
};

/** Openings and words that point back at the turn before. */
const POINTS_BACK: Record<Language, RegExp> = {
  ja: /^(では|じゃあ|それ|その|そこ|あと|他|ほか|また|なら|でも|ちなみに|もし)|(それ|その|これ|この|あれ|同じ|さっき|先ほど|上記)|(は|なら|の場合は?)[?？]?$/u,
  en: /^(and|but|so|then|also|what about|how about|what if|why|or)\b|\b(it|its|that|this|those|these|they|them|there|same|one|ones|instead|above)\b/iu,
};

/** A question with more content tokens than this stands for itself (tried on 40 made-up dialogues). */
const SELF_STANDING_TOKENS: Record<Language, number> = { ja: 9, en: 6 };

/** Normalises a question, tells its language, and whether it follows up the turn before. */
export function understand(input: UnderstandInput): Understanding {
  const query = input.question.normalize('NFKC').replace(/\s+/gu, ' ').trim();
  const language = input.language === 'auto' ? detectLanguage(query) : input.language;
  const previous = input.previousTurn;
  const followUp =
    previous !== null &&
    POINTS_BACK[language].test(query) &&
    input.contentTokens(query).length <= SELF_STANDING_TOKENS[language];
  return {
    query,
    language,
    followUp,
    joinedQuery:
      followUp && previous !== null
        ? `${previous.question.normalize('NFKC').trim()} ${query}`
        : null,
    previousTurn: followUp ? previous : null,
  };
}

/**
 * Japanese when a tenth of the letters are kana or kanji: Japanese questions hold Latin product
 * names, English ones hold no kana.
 */
export function detectLanguage(text: string): Language {
  const japanese =
    text.match(/[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}ー]/gu)?.length ?? 0;
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  return japanese > 0 && japanese >= letters * 0.1 ? 'ja' : 'en';
}
