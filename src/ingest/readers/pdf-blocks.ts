import type { Block } from '../block.js';
import { joinWrapped } from '../clean.js';
import type { TextLine } from './pdf-lines.js';

export type PageSize = { page: number; height: number };

/** Letters this much larger than most are a heading's, when the line is short. */
const HEADING_SIZE = 1.15;
const HEADING_CHARACTERS = 90;
/** Distance of two baselines, in letter sizes, from which a new paragraph begins. */
const PARAGRAPH_GAP = 1.9;
/** Lines in this share of the page height, above and below, may be headers and footers. */
const MARGIN = 0.09;
/** Share of the pages on which a line in the margin repeats when it is one: left and right pages differ. */
const REPEATED = 0.4;
const FEW_PAGES = 3;
/** Pages on which words repeat at one height when they are the title of a chapter, above each of its pages. */
const CHAPTER_PAGES = 3;
/** Points by which that height may differ. */
const SAME_HEIGHT = 2;
const TABLE_ROWS = 3;

/**
 * Headings, paragraphs and tables from the lines of all pages, without headers and footers that
 * repeat. A heading is told by its letters, a table by lines of as many cells at the same places.
 */
export function blocksOf(lines: readonly TextLine[], pages: readonly PageSize[]): Block[] {
  const body = withoutRepeated(lines, pages);
  const usual = usualSize(body);
  const sizes = [...new Set(body.map(({ size }) => Math.round(size)))]
    .filter((size) => size >= HEADING_SIZE * usual)
    .toSorted((a, b) => b - a);
  const blocks: Block[] = [];
  for (let at = 0; at < body.length; ) {
    const line = body[at] as TextLine;
    const rows = tableRows(body, at);
    if (rows.length >= TABLE_ROWS) {
      blocks.push(tableOf(rows));
      at += rows.length;
      continue;
    }
    const text = textOf(line);
    const isHeading = line.size >= HEADING_SIZE * usual && text.length <= HEADING_CHARACTERS;
    if (isHeading) {
      const level = Math.min(6, 1 + Math.max(0, sizes.indexOf(Math.round(line.size))));
      blocks.push({ kind: 'heading', level, text, page: line.page });
      at++;
      continue;
    }
    const paragraph = paragraphFrom(body, at, usual);
    blocks.push({ kind: 'paragraph', text: paragraph.text, page: line.page });
    at += paragraph.lines;
  }
  return blocks;
}

function textOf({ cells }: TextLine): string {
  return cells.map(({ text }) => text).join(' ');
}

/** The size in which most letters are set. */
function usualSize(lines: readonly TextLine[]): number {
  const letters = new Map<number, number>();
  for (const line of lines) {
    const size = Math.round(line.size * 2) / 2;
    letters.set(size, (letters.get(size) ?? 0) + textOf(line).length);
  }
  return [...letters].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? 10;
}

function paragraphFrom(
  lines: readonly TextLine[],
  start: number,
  usual: number,
): { text: string; lines: number } {
  const first = lines[start] as TextLine;
  let text = textOf(first);
  let count = 1;
  for (let last = first; ; count++) {
    const next = lines[start + count];
    if (next === undefined || next.page !== last.page || next.vertical !== last.vertical) break;
    const gap = next.vertical ? last.x - next.x : last.y - next.y;
    const isHeading =
      next.size >= HEADING_SIZE * usual && textOf(next).length <= HEADING_CHARACTERS;
    // A line further up begins another column.
    if (gap < 0 || gap > PARAGRAPH_GAP * Math.max(next.size, last.size) || isHeading) break;
    if (tableRows(lines, start + count).length >= TABLE_ROWS) break;
    text = joinWrapped(text, textOf(next));
    last = next;
  }
  return { text, lines: count };
}

/** Lines from `start` on that have as many cells at about the same places. */
function tableRows(lines: readonly TextLine[], start: number): TextLine[] {
  const first = lines[start];
  if (first === undefined || first.vertical || first.cells.length < 2) return [];
  const rows = [first];
  for (let at = start + 1; at < lines.length; at++) {
    const line = lines[at] as TextLine;
    const aligned =
      line.page === first.page &&
      line.cells.length === first.cells.length &&
      line.cells.every(
        ({ x }, column) =>
          Math.abs(x - (first.cells[column]?.x ?? 0)) < 2.5 * Math.max(first.size, line.size),
      );
    if (!aligned) break;
    rows.push(line);
  }
  return rows;
}

function tableOf(rows: readonly TextLine[]): Block {
  const [header, ...body] = rows.map(({ cells }) => cells.map(({ text }) => text));
  return { kind: 'table', header: header ?? [], rows: body, page: rows[0]?.page ?? 1 };
}

/** Running titles and page numbers, which would stand in the middle of sentences. */
function withoutRepeated(lines: readonly TextLine[], pages: readonly PageSize[]): TextLine[] {
  if (pages.length < FEW_PAGES) return [...lines];
  const heights = new Map(pages.map(({ page, height }) => [page, height]));
  const inMargin = ({ page, y, vertical }: TextLine) => {
    const height = heights.get(page) ?? 0;
    return !vertical && (y > height * (1 - MARGIN) || y < height * MARGIN);
  };
  const form = (line: TextLine) => textOf(line).normalize('NFKC').replace(/\d+/gu, '#');
  const found = new Map<string, TextLine[]>();
  for (const line of lines.filter(inMargin)) {
    found.set(form(line), [...(found.get(form(line)) ?? []), line]);
  }
  const pagesOf = (some: readonly TextLine[]) => new Set(some.map(({ page }) => page)).size;
  const isRepeated = (line: TextLine) => {
    const same = found.get(form(line)) ?? [];
    if (pagesOf(same) >= Math.max(2, REPEATED * pages.length)) return true;
    // Figures alone may be rows of a table that goes on.
    const level = same.filter(({ y }) => Math.abs(y - line.y) < SAME_HEIGHT);
    return /\p{L}{2}/u.test(form(line)) && pagesOf(level) >= CHAPTER_PAGES;
  };
  return lines.filter((line) => !inMargin(line) || !isRepeated(line));
}
