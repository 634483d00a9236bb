/**
 * Text as it is stored: what a reader sees and nothing else. Characters that print nothing can
 * carry instructions past a human reviewer (zero-width and tag characters, bidi overrides), so
 * they are dropped here, before offsets are taken. Width and case stay: NFKC is for search only.
 */

/**
 * Controls, and what Unicode calls default ignorable: soft hyphen, zero-width and bidi characters,
 * invisible operators, Hangul fillers, byte order mark, tag characters U+E0000-E007F, selectors.
 */
const INVISIBLE = /[\p{Cc}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu;

/** Line feed and tab print something; of selectors the first is kept, see below. */
const KEPT = /[\n\t\p{Variation_Selector}]/u;

/** One selector after a letter chooses its shape (葛󠄀); a row of them spells hidden bytes. */
const EXTRA_SELECTORS = /(\p{Variation_Selector})\p{Variation_Selector}+/gu;

const LINE_ENDS = /\r\n?|[\v\f\u0085\u2028\u2029]/gu;

/** Cleaned text: NFC, `\n` line ends, well-formed UTF-16. Cleaning twice changes nothing more. */
export function cleanText(text: string): string {
  return text
    .replace(LINE_ENDS, '\n')
    .replace(/\u00a0/gu, ' ')
    .replace(INVISIBLE, (character) => (KEPT.test(character) ? character : ''))
    .replace(EXTRA_SELECTORS, '$1')
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .normalize('NFC');
}

/** Cleaned text on one line, runs of white space as one space. */
export function cleanLine(text: string): string {
  return cleanText(text).replace(/\s+/gu, ' ').trim();
}

/** Cleaned paragraph: inner line breaks stay, each line trimmed, blank lines gone. */
export function cleanParagraph(text: string): string {
  return cleanText(text)
    .split('\n')
    .map((line) => line.replace(/[^\S\u3000]+/gu, ' ').trim())
    .filter((line) => line !== '')
    .join('\n');
}

/** Cleaned code: indentation stays, white space at line ends and outer blank lines go. */
export function cleanCode(text: string): string {
  const lines = cleanText(text).split('\n');
  return lines
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd()
    .replace(/^\n+/u, '');
}

/** Stands for a line break of the source file that the reader does not see. */
export const SOFT_BREAK = '\u0001';

/** Text with its soft breaks joined; the ends of hard lines are left alone. */
export function unwrapSoftBreaks(text: string): string {
  return text.split(SOFT_BREAK).reduce((joined, line) => joinWrapped(joined, line));
}

const WIDE = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}\u3000-\u303f\uff00-\uff60]/u;

/**
 * Joins two lines that were wrapped in the source: with a space, except between two Japanese
 * characters, where a space would be read as one that the author wrote.
 */
export function joinWrapped(first: string, second: string): string {
  const left = first.trimEnd();
  const right = second.trimStart();
  const tight = WIDE.test(left.slice(-1)) && WIDE.test(right.slice(0, 1));
  return left === '' || right === '' || tight ? left + right : `${left} ${right}`;
}
