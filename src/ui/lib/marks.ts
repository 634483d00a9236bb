export type Span = { start: number; end: number };

/**
 * Marks for the ends of a span inside markdown. Two punctuation characters of the Ol Chiki script:
 * next to punctuation `*` keeps opening and closing emphasis (CommonMark, flanking rules), which
 * beside a letter or a private-use character it would not.
 */
const OPEN = '\u1C7E';
const CLOSE = '\u1C7F';
const EITHER = /[\u1C7E\u1C7F]/u;

/** What stands before the words of a line and must stay first: list marks, headings, quotes, cells. */
const LINE_LEAD = /^(?:[ \t]*(?:[-*+]|\d{1,9}[.)]|#{1,6}|>|\|)(?=[ \t]))*[ \t]*/u;

/** Writes the span marks into `markdown` without breaking its blocks. Spans are in order. */
export function insertSpanMarks(markdown: string, spans: readonly Span[]): string {
  const clean = markdown.replace(/[\u1C7E\u1C7F]/gu, '\uFFFD');
  let result = '';
  let last = 0;
  for (const span of spans) {
    const start = Math.max(last, skipLead(clean, span.start));
    const end = Math.min(clean.length, span.end);
    if (end <= start) continue;
    result += clean.slice(last, start) + OPEN + clean.slice(start, end) + CLOSE;
    last = end;
  }
  return result + clean.slice(last);
}

function skipLead(text: string, at: number): number {
  const line = text.lastIndexOf('\n', at - 1) + 1;
  const lineEnd = text.indexOf('\n', at);
  const lead = LINE_LEAD.exec(text.slice(line, lineEnd === -1 ? text.length : lineEnd));
  return Math.max(at, line + (lead?.[0].length ?? 0));
}

/** Cuts rendered text at span marks; `inside` says whether the text begins inside a span. */
export function splitAtSpanMarks(
  text: string,
  inside: boolean,
): { pieces: { text: string; inside: boolean }[]; inside: boolean } {
  const pieces: { text: string; inside: boolean }[] = [];
  let rest = text;
  let open = inside;
  for (;;) {
    const mark = EITHER.exec(rest);
    const piece = mark === null ? rest : rest.slice(0, mark.index);
    if (piece !== '') pieces.push({ text: piece, inside: open });
    if (mark === null) return { pieces, inside: open };
    open = mark[0] === OPEN;
    rest = rest.slice(mark.index + 1);
  }
}

export function withoutSpanMarks(text: string): string {
  return text.replace(/[\u1C7E\u1C7F]/gu, '');
}

const MARKER = /[[［【](\d{1,2})[\]］】]/gu;

export type MarkedPiece = { text: string } | { marker: number };

/** Cuts text at the markers `[n]` that name a known source; other brackets stay text. */
export function splitMarkers(text: string, known: ReadonlySet<number>): MarkedPiece[] {
  const pieces: MarkedPiece[] = [];
  let last = 0;
  for (const match of text.matchAll(MARKER)) {
    const marker = Number(match[1]);
    if (!known.has(marker)) continue;
    // The space before a marker would let it wrap to the next line alone.
    const before = text.slice(last, match.index).replace(/ $/u, '');
    if (before !== '') pieces.push({ text: before });
    pieces.push({ marker });
    last = match.index + match[0].length;
  }
  if (last < text.length) pieces.push({ text: text.slice(last) });
  return pieces;
}

/** While an answer streams, the beginning of a marker waits until the marker is whole. */
export function holdBackPartialMarker(text: string): string {
  return text.replace(/[[［【]\d{0,2}$/u, '');
}
