import { isCardNumber, isIndividualNumber } from '../personal-data.js';
import type { Hit } from '../retrieval/search.js';
import type { Language } from './prompt.js';

/** One thing that must not leave; both patterns are global. */
export type GuardRule = {
  pattern: RegExp;
  /** An end of the text that may yet become a match, or be judged otherwise for what follows. */
  opening: RegExp;
  /** What leaves in place of a match. */
  replace: (match: RegExpExecArray) => string;
};

const SCHEMES = ['http', 'https', 'ftp', 'javascript', 'data'];
const SCHEME = `\\b(?:${SCHEMES.join('|')}):`;
/** "h", "ht", "htt", … */
const SCHEME_BEGINNING = SCHEMES.flatMap((name) =>
  Array.from(name, (_, at) => name.slice(0, at + 1)),
).join('|');
/** What ends a link in Markdown and prose. */
const END = String.raw`\s)\]」』、。<>"`;
/** A link up to its end or the first character that is not ASCII. */
const LINK = new RegExp(
  String.raw`(${SCHEME}\/{0,2})(?=[^${END}*\x60])([!#-(+-;=?-\\^_a-~]*)`,
  'giu',
);
/** What a page may take for the host of a link, in whatever script. */
const HOST = new RegExp(String.raw`^[a-z]+:\/{0,2}[^${END}/?#\\]*`, 'iu');

/**
 * What may leave: links only when a passage holds them, no images, no card numbers or individual
 * numbers that no passage holds. Deterministic filters on the output are the one defence against
 * injected instructions that adaptive attacks did not break (arXiv 2604.23887). In the order in
 * which they apply, each to what the one before lets through.
 */
export function guardRules(passages: readonly Hit[]): GuardRule[] {
  const known = passages.map((passage) => passage.text).join('\n');
  return [
    {
      pattern: /!\[[^\]]*\]\([^)]*\)/gu,
      opening: /!(?:\[(?:[^\]]*(?:\](?:\([^)]*)?)?)?)?$/gu,
      replace: () => '',
    },
    {
      pattern: /\[([^\]]+)\](\([^)\s]*\))/gu,
      opening: /\[(?:[^\]]+(?:\](?:\([^)\s]*)?)?)?$/gu,
      replace([link, label = '', target = '']) {
        // A space makes a marker of what Markdown takes for a link.
        if (/^\d{1,2}$/u.test(label)) return `[${label}] ${target}`;
        return known.includes(link) ? link : label;
      },
    },
    {
      pattern: LINK,
      opening: new RegExp(`(?:\\b(?:${SCHEME_BEGINNING})|${SCHEME}[^${END}]*)$`, 'giu'),
      replace({ 0: url, 1: scheme = '', 2: rest = '', index, input }) {
        const place = rest.replace(/[.,:;!?'_~(|]+$/u, '');
        const core = scheme + place;
        // "https://known.exampleの.evil.com" and "https://known.example*.evil.com" lead to evil.com.
        const beyond = HOST.exec(input.slice(index))?.[0].slice(core.length) ?? '';
        const leadsOn = place === '' || /[.．｡@]\p{L}/u.test(beyond);
        return known.includes(leadsOn ? core + beyond : core) ? url : `…${url.slice(core.length)}`;
      },
    },
    {
      pattern: /(?<![\d-])\d(?:[ -]?\d){11,18}(?![\d-])/gu,
      opening: /\d[\d -]*$/gu,
      replace: ([digits]) =>
        !known.includes(digits) && isPersonalNumber(digits.replace(/\D/gu, '')) ? '●●●●' : digits,
    },
  ];
}

/** `text` as it may leave. */
export function guardText(text: string, passages: readonly Hit[]): string {
  return guardRules(passages).reduce((passed, rule) => applyRule(rule, passed), text);
}

/** `text` from `start` on with the matches replaced that begin there; patterns see what is before. */
export function applyRule({ pattern, replace }: GuardRule, text: string, start = 0): string {
  let passed = '';
  let at = start;
  pattern.lastIndex = start;
  for (const match of text.matchAll(pattern)) {
    passed += text.slice(at, match.index) + replace(match);
    at = match.index + match[0].length;
  }
  return passed + text.slice(at);
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
