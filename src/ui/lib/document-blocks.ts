import type { Span } from './marks.js';

/** A piece of the document text to show, as offsets of it; `marked` inside the quoted span. */
export type Slice = Span & { marked: boolean };

export type DocumentBlock =
  | { kind: 'heading'; level: number; slices: Slice[] }
  | { kind: 'item'; depth: number; marker: string; slices: Slice[] }
  | { kind: 'table'; rows: Slice[][][] }
  | { kind: 'text'; slices: Slice[] };

const HEADING = /^(#{1,6})[ \t]+/u;
const ITEM = /^([ \t]*)([-*+•・]|\d{1,3}[.)]|[(（]\d{1,3}[)）]|[①-⑳])[ \t]+/u;
const ROW = /^\|.*\|[ \t]*$/u;
const RULE_ROW = /^\|(?:[ \t]*:?-{2,}:?[ \t]*\|)+[ \t]*$/u;

/**
 * Lays a document text out for reading. Every slice is an exact range of `text`: nothing is
 * rewritten, only line ends, heading marks, list marks and cell borders are left out, so the span
 * of a quote is marked where it truly stands.
 */
export function layOutDocument(text: string, span: Span | null): DocumentBlock[] {
  const blocks: DocumentBlock[] = [];
  const cut = (start: number, end: number): Slice[] => cutAtSpan(start, end, span);
  let open: { start: number; end: number; item: boolean } | null = null;

  for (const { start, end } of linesOf(text)) {
    const line = text.slice(start, end);
    if (line.trim() === '') {
      open = null;
      continue;
    }
    const heading = HEADING.exec(line);
    const item = ITEM.exec(line);
    const previous = blocks.at(-1);
    if (heading) {
      const level = heading[1]?.length ?? 1;
      blocks.push({ kind: 'heading', level, slices: cut(start + heading[0].length, end) });
      open = null;
    } else if (ROW.test(line)) {
      open = null;
      if (RULE_ROW.test(line)) continue;
      const row = cellsOf(line).map((cell) => cut(start + cell.start, start + cell.end));
      if (previous?.kind === 'table' && !isBlankBefore(text, start)) previous.rows.push(row);
      else blocks.push({ kind: 'table', rows: [row] });
    } else if (item) {
      open = { start: start + item[0].length, end, item: true };
      const depth = Math.min(4, Math.floor((item[1]?.length ?? 0) / 2));
      const slices = cut(open.start, end);
      blocks.push({ kind: 'item', depth, marker: item[2] ?? '-', slices });
    } else if (open !== null && previous && 'slices' in previous) {
      open.end = end;
      previous.slices = cut(open.start, end);
    } else {
      open = { start, end, item: false };
      blocks.push({ kind: 'text', slices: cut(start, end) });
    }
  }
  return blocks;
}

function linesOf(text: string): Span[] {
  const lines: Span[] = [];
  let start = 0;
  for (const match of text.matchAll(/\r\n|[\n\r]/gu)) {
    lines.push({ start, end: match.index });
    start = match.index + match[0].length;
  }
  lines.push({ start, end: text.length });
  return lines;
}

function isBlankBefore(text: string, start: number): boolean {
  return /(?:\r\n|\n|\r)[ \t]*(?:\r\n|\n|\r)$/u.test(text.slice(Math.max(0, start - 40), start));
}

/** Cells between unescaped bars, without the white space around them. */
function cellsOf(line: string): Span[] {
  const bars = [...line.matchAll(/(?<!\\)\|/gu)].map((match) => match.index);
  return bars.slice(1).map((end, index) => {
    let start = (bars[index] ?? 0) + 1;
    let stop = end;
    while (start < stop && /\s/u.test(line[start] ?? '')) start++;
    while (stop > start && /\s/u.test(line[stop - 1] ?? '')) stop--;
    return { start, end: stop };
  });
}

function cutAtSpan(start: number, end: number, span: Span | null): Slice[] {
  if (span === null || span.end <= start || span.start >= end || span.end <= span.start) {
    return start < end ? [{ start, end, marked: false }] : [];
  }
  const from = Math.max(start, span.start);
  const to = Math.min(end, span.end);
  return [
    { start, end: from, marked: false },
    { start: from, end: to, marked: true },
    { start: to, end, marked: false },
  ].filter((slice) => slice.start < slice.end);
}

/**
 * Where a quote stands in a document: at its span, or, when the text is of another revision, at
 * the nearest place with the same words; null when the words are gone.
 */
export function locateQuote(text: string, span: Span, quote: string): Span | null {
  if (quote === '') return span.end <= text.length && span.start < span.end ? span : null;
  if (text.slice(span.start, span.end) === quote) return span;
  let best: number | null = null;
  for (let at = text.indexOf(quote); at !== -1; at = text.indexOf(quote, at + 1)) {
    if (best === null || Math.abs(at - span.start) < Math.abs(best - span.start)) best = at;
  }
  return best === null ? null : { start: best, end: best + quote.length };
}
