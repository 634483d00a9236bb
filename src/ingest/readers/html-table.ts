import type { Block } from '../block.js';
import { type DomElement, isElement, tagName } from './html-dom.js';

export type TableOptions = {
  cellText: (cell: DomElement) => string;
  isHidden: (row: DomElement) => boolean;
};

/** Wider tables and longer spans than this are damage, not layout. */
const MAX_COLUMNS = 200;
const MAX_SPAN = 1000;

/**
 * A table as a grid: a cell that spans rows or columns is repeated in each, so that every row can
 * be read alone. A caption comes before it as a paragraph. Null for a table that only arranges the
 * page (`role=presentation`, one column, tables or headings inside).
 */
export function tableBlock(
  table: DomElement,
  { cellText, isHidden }: TableOptions,
): Block[] | null {
  const role = table.getAttribute('role');
  if (role === 'presentation' || role === 'none') return null;
  if (table.querySelector('table, h1, h2, h3, h4, pre') !== null) return null;
  const rows = ownRows(table).filter((row) => !isHidden(row));
  const grid: string[][] = [];
  const kinds: { isHeader: boolean }[] = [];
  const pending: { text: string; rowsLeft: number }[] = [];
  for (const row of rows) {
    const cells: string[] = [];
    const take = (): void => {
      let carried = pending[cells.length];
      while (carried !== undefined && carried.rowsLeft > 0) {
        carried.rowsLeft--;
        cells.push(carried.text);
        carried = pending[cells.length];
      }
    };
    let isHeader = true;
    for (const cell of row.childNodes) {
      if (!isElement(cell) || !['td', 'th'].includes(tagName(cell))) continue;
      take();
      if (tagName(cell) === 'td') isHeader = false;
      const text = cellText(cell);
      const rowsLeft = span(cell, 'rowspan') - 1;
      for (
        let columns = span(cell, 'colspan');
        columns > 0 && cells.length < MAX_COLUMNS;
        columns--
      ) {
        pending[cells.length] = { text, rowsLeft };
        cells.push(text);
      }
    }
    take();
    if (cells.length === 0) continue;
    grid.push(cells);
    const inHead = row.parentElement !== null && tagName(row.parentElement) === 'thead';
    kinds.push({ isHeader: isHeader || inHead });
  }
  if (Math.max(0, ...grid.map((cells) => cells.length)) < 2) return null;
  const found = kinds.findIndex((kind) => !kind.isHeader);
  const headerRows = found < 0 ? Math.min(1, grid.length) : found;
  const header = (grid[0] ?? []).map((_cell, column) =>
    [...new Set(grid.slice(0, headerRows).map((cells) => (cells[column] ?? '').trim()))]
      .filter((text) => text !== '')
      .join(' '),
  );
  const blocks: Block[] = [];
  const caption = table.querySelector('caption');
  if (caption !== null && !isHidden(caption))
    blocks.push({ kind: 'paragraph', text: cellText(caption) });
  blocks.push({
    kind: 'table',
    header: headerRows === 0 ? [] : header,
    rows: grid.slice(headerRows),
  });
  return blocks;
}

function ownRows(table: DomElement): DomElement[] {
  const rows: DomElement[] = [];
  for (const child of table.childNodes) {
    if (!isElement(child)) continue;
    const name = tagName(child);
    if (name === 'tr') rows.push(child);
    else if (['thead', 'tbody', 'tfoot'].includes(name)) {
      for (const row of child.childNodes)
        if (isElement(row) && tagName(row) === 'tr') rows.push(row);
    }
  }
  return rows;
}

function span(cell: DomElement, name: string): number {
  const value = Number.parseInt(cell.getAttribute(name) ?? '1', 10);
  return Number.isFinite(value) ? Math.min(MAX_SPAN, Math.max(1, value)) : 1;
}
