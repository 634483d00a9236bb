export type Span = { start: number; end: number };

const OPENERS = '（「『【〔［〈《([“';
const CLOSERS = '）」』】〕］〉》)]”';
const CLOSING = new Set([...CLOSERS.split(''), "'", '"', '’']);
/** A bracket that is not closed this soon is a slip of the author's, not a bracket. */
const BRACKET_REACH = 300;

/** Words whose full stop ends no sentence. */
const ABBREVIATIONS = new Set(
  (
    'mr mrs ms dr prof rev gen col sgt capt st jr sr vs e.g i.e cf al approx dept est ext fig figs ' +
    'inc ltd co corp no nos p pp par para sec vol ver eq ref refs u.s u.k art cl ch ed eds min max ' +
    'jan feb mar apr jun jul aug sept sep oct nov dec mon tue tues wed thu thur thurs fri sat sun ave blvd rd tel ' +
    'incl excl resp hon gov viz ca'
  ).split(' '),
);

/** What may follow 」 in the same sentence: 「はい。」と答える, 「A。」「B。」の順. */
const CONTINUES = /[とのはをがにでもへやなか、，「『（。]/u;
const WIDE = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}「『（【■●・]/u;

/**
 * Sentences of a text in order, trimmed, covering every character that is not white space.
 * A line break always ends a sentence: wrapped lines are joined before.
 */
export function sentenceSpans(text: string): Span[] {
  const spans: Span[] = [];
  let lineStart = 0;
  for (const line of text.split('\n')) {
    for (const span of lineSentences(line)) {
      spans.push({ start: lineStart + span.start, end: lineStart + span.end });
    }
    lineStart += line.length + 1;
  }
  return spans;
}

function lineSentences(line: string): Span[] {
  const spans: Span[] = [];
  const isInside = bracketed(line);
  let start = 0;
  for (let at = 0; at < line.length; at++) {
    const end = isInside[at] === 1 ? null : sentenceEnd(line, at);
    if (end === null) continue;
    pushTrimmed(spans, line, start, end);
    start = end;
    at = end - 1;
  }
  pushTrimmed(spans, line, start, line.length);
  return spans;
}

/** Where the sentence ends that the character at `at` may close, or null. */
function sentenceEnd(line: string, at: number): number | null {
  const mark = line[at] ?? '';
  if ('。｡！？'.includes(mark)) {
    let end = at + 1;
    while (end < line.length && '。｡！？!?'.includes(line[end] ?? '')) end++;
    while (end < line.length && CLOSING.has(line[end] ?? '')) end++;
    return end;
  }
  if (CLOSERS.includes(mark) && '。｡！？'.includes(line[at - 1] ?? ' ')) {
    const next = line.slice(at + 1).trimStart()[0];
    return next === undefined || CONTINUES.test(next) || CLOSING.has(next) ? null : at + 1;
  }
  if (mark !== '.' && mark !== '!' && mark !== '?') return null;
  let end = at + 1;
  while (end < line.length && '.!?'.includes(line[end] ?? '')) end++;
  while (end < line.length && CLOSING.has(line[end] ?? '')) end++;
  const rest = line.slice(end, end + 40);
  if (rest.trim() === '') return end;
  if (mark !== '.' && WIDE.test(rest[0] ?? '')) return end;
  if (!/^\s+[\p{Lu}\p{Lo}\p{N}"'“‘([*$#@-]/u.test(rest)) return null;
  return mark === '.' && end === at + 1 && isAbbreviation(line, at) ? null : end;
}

function isAbbreviation(line: string, stop: number): boolean {
  const word = /[\p{L}\p{N}.]*$/u.exec(line.slice(Math.max(0, stop - 24), stop))?.[0] ?? '';
  // A numbered line ("3. Apply …") and an initial ("J. Sato") go on.
  const opensLine = line.slice(0, stop).trim() === word;
  if (opensLine && /^(\p{N}+|\p{L})$/u.test(word)) return true;
  return /^\p{Lu}$/u.test(word) || ABBREVIATIONS.has(word.toLowerCase());
}

/** 1 for each character inside a closed pair of brackets, its closing bracket not counted. */
function bracketed(line: string): Uint8Array {
  const inside = new Uint8Array(line.length);
  const open: { closer: string; at: number }[] = [];
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? '';
    const kind = OPENERS.indexOf(character);
    if (kind >= 0) {
      open.push({ closer: CLOSERS[kind] ?? '', at });
      if (open.length > 64) open.shift();
      continue;
    }
    if (!CLOSERS.includes(character)) continue;
    const match = open.findLastIndex((bracket) => bracket.closer === character);
    if (match < 0) continue;
    const from = open[match]?.at ?? at;
    open.length = match;
    if (at - from <= BRACKET_REACH) inside.fill(1, from, at);
  }
  return inside;
}

/** Adds `[start, end)` of `text` without the white space at its ends, if anything is left. */
export function pushTrimmed(spans: Span[], text: string, start: number, end: number): void {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  if (to > from) spans.push({ start: from, end: to });
}

function isBlank(code: number): boolean {
  return code === 32 || code === 10 || code === 9 || code === 0x3000 || code === 13;
}
