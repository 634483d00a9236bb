import { isCardNumber, isIndividualNumber } from '../personal-data.js';
import type { Hit } from '../retrieval/search.js';
import type { Language } from './prompt.js';

/** A link up to the first character that is not ASCII or ends it in Markdown and prose. */
const LINK =
  /\b((?:https?|ftp|javascript|data):\/{0,2})(?=[^\s)\]」』、。<>"`*])([!#-(+-;=?-\\^_a-~]*)/giu;
/** What a page may take for the host of a link, in whatever script. */
const HOST = /^[a-z]+:\/{0,2}[^\s)\]」』、。<>"/?#\\]*/iu;

/**
 * What may leave: links only when a passage holds them, no images, no card numbers or individual
 * numbers that no passage holds. Deterministic filters on the output are the one defence against
 * injected instructions that adaptive attacks did not break (arXiv 2604.23887).
 */
export function guardText(text: string, passages: readonly Hit[]): string {
  const known = passages.map((passage) => passage.text).join('\n');
  return text
    .replace(/!\[[^\]]*\]\([^)]*\)/gu, '')
    .replace(/\[([^\]]+)\](\([^)\s]*\))/gu, (link, label: string, target: string) => {
      // A space makes a marker of what Markdown takes for a link.
      if (/^\d{1,2}$/u.test(label)) return `[${label}] ${target}`;
      return known.includes(link) ? link : label;
    })
    .replace(LINK, (url: string, scheme: string, rest: string, at: number, whole: string) => {
      const place = rest.replace(/[.,:;!?'_~(|]+$/u, '');
      const core = scheme + place;
      // "https://known.exampleの.evil.com" and "https://known.example*.evil.com" lead to evil.com.
      const beyond = HOST.exec(whole.slice(at))?.[0].slice(core.length) ?? '';
      const leadsOn = place === '' || /[.．｡@]\p{L}/u.test(beyond);
      return known.includes(leadsOn ? core + beyond : core) ? url : `…${url.slice(core.length)}`;
    })
    .replace(/(?<![\d-])\d(?:[ -]?\d){11,18}(?![\d-])/gu, (digits) =>
      !known.includes(digits) && isPersonalNumber(digits.replace(/\D/gu, '')) ? '●●●●' : digits,
    );
}

/** A repetition stop leaves a broken tail: keeps whole sentences and says each once. */
export function trimRepetition(
  text: string,
  sentences: (text: string) => { start: number; end: number }[],
): string {
  const seen = new Set<string>();
  const kept: string[] = [];
  for (const { start, end } of sentences(text)) {
    const sentence = text.slice(start, end).trim();
    if (seen.has(sentence)) continue;
    seen.add(sentence);
    kept.push(sentence);
  }
  const whole = kept.filter((sentence) => /[.!?。！？\]］]$/u.test(sentence));
  const separator = /[。！？]/u.test(text) ? '' : ' ';
  return (whole.length > 0 ? whole : kept).join(separator);
}

const DISCLAIMERS: Record<'legal' | 'medical', Record<Language, string>> = {
  legal: {
    ja: 'この回答は文書の内容を案内するもので、法的助言ではありません。判断の前に担当部署へご確認ください。',
    en: 'This answer points to what the documents say; it is not legal advice. Check with the responsible department before you decide.',
  },
  medical: {
    ja: 'この回答は文書の内容を案内するもので、医学的助言ではありません。',
    en: 'This answer points to what the documents say; it is not medical advice.',
  },
};

/** The disclaimer of the strictest passage used, or null. */
export function disclaimerFor(passages: readonly Hit[], language: Language): string | null {
  for (const kind of ['medical', 'legal'] as const) {
    if (passages.some((passage) => passage.disclaimer === kind)) return DISCLAIMERS[kind][language];
  }
  return null;
}

function isPersonalNumber(digits: string): boolean {
  return isIndividualNumber(digits) || isCardNumber(digits);
}
