/** A piece of text as it stands on a page: points, origin at the lower left. */
export type TextItem = {
  text: string;
  x: number;
  y: number;
  width: number;
  /** Size of the letters. */
  size: number;
  vertical: boolean;
  /** The page description ends a line here. */
  endsLine: boolean;
};

/** Pieces on one line; `cells` are parted by gaps that no space explains. */
export type TextLine = {
  page: number;
  x: number;
  y: number;
  size: number;
  vertical: boolean;
  cells: { text: string; x: number }[];
};

/** Share of the letter size by which a baseline may differ within one line. */
const SAME_LINE = 0.5;
/** Gap, in letter sizes, that is a space, and one that parts two cells. */
const SPACE_GAP = 0.22;
const CELL_GAP = 1.6;

/**
 * Lines of a page in the order of its description, which is reading order in nearly all files and
 * keeps columns apart, where sorting by height would weave them.
 */
export function linesOf(items: readonly TextItem[], page: number): TextLine[] {
  const lines: TextLine[] = [];
  let line: TextItem[] = [];
  const flush = () => {
    const made = toLine(line, page);
    if (made !== null) lines.push(made);
    line = [];
  };
  for (const item of items) {
    const last = line.at(-1);
    if (last !== undefined && !continues(last, item)) flush();
    if (item.text !== '') line.push(item);
    if (item.endsLine) flush();
  }
  flush();
  return lines;
}

function continues(last: TextItem, next: TextItem): boolean {
  if (last.vertical !== next.vertical) return false;
  const size = Math.max(last.size, next.size, 1);
  if (next.vertical) return Math.abs(next.x - last.x) < SAME_LINE * size && next.y <= last.y + size;
  return Math.abs(next.y - last.y) < SAME_LINE * size && next.x >= last.x - size;
}

function toLine(items: readonly TextItem[], page: number): TextLine | null {
  const [first] = items;
  if (first === undefined || items.every(({ text }) => text.trim() === '')) return null;
  const cells: TextLine['cells'] = [];
  let end = Number.NaN;
  for (const item of items) {
    const gap = item.vertical ? 0 : item.x - end;
    const cell = cells.at(-1);
    if (cell === undefined || gap > CELL_GAP * item.size) {
      cells.push({ text: item.text, x: item.x });
    } else {
      const spaced = gap > SPACE_GAP * item.size && !/\s$/u.test(cell.text);
      cell.text += spaced ? ` ${item.text}` : item.text;
    }
    end = item.x + item.width;
  }
  const kept = cells
    .map((cell) => ({ ...cell, text: cell.text.replace(/\s+/gu, ' ').trim() }))
    .filter(({ text }) => text !== '');
  const size = Math.max(...items.filter(({ text }) => text.trim() !== '').map((one) => one.size));
  return { page, x: first.x, y: first.y, size, vertical: first.vertical, cells: kept };
}
