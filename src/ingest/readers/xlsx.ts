import type { Block } from '../block.js';
import type { Reader } from '../reader.js';
import { officeMeta } from './office-meta.js';
import { childOf, elements, nameOf, parseXml, type XmlElement } from './xml.js';
import { type Unzipped, unzip } from './zip.js';

/** A sheet beyond it is data, not a document. */
const MAX_CELLS = 500_000;

/** Excel files: each sheet a table under its name, cells as they are shown, as far as that is stored. */
export const xlsxReader: Reader = {
  name: 'xlsx',
  extensions: ['.xlsx', '.xlsm'],
  isolated: true,
  async read(bytes) {
    const zip = await unzip(bytes);
    const strings = await sharedStrings(zip);
    const shows = await momentStyles(zip);
    const blocks: Block[] = [];
    let cells = 0;
    for (const { name, path } of await sheetsOf(zip)) {
      const source = await zip.text(path);
      if (source === null) continue;
      const rows = rowsOf(parseXml(source), { strings, shows });
      cells += rows.reduce((sum, row) => sum + row.length, 0);
      if (rows.length === 0 || cells > MAX_CELLS) continue;
      const [header = [], ...body] = rows;
      blocks.push({ kind: 'heading', level: 1, text: name });
      blocks.push({ kind: 'table', header, rows: body });
    }
    const failures =
      cells > MAX_CELLS
        ? [{ place: 'sheets', reason: `Only the first ${MAX_CELLS} cells are read.` }]
        : [];
    return { documents: [{ meta: await officeMeta(zip), blocks }], failures };
  },
};

async function sheetsOf(zip: Unzipped): Promise<{ name: string; path: string }[]> {
  const [workbook, relations] = [
    await zip.text('xl/workbook.xml'),
    await zip.text('xl/_rels/workbook.xml.rels'),
  ];
  if (workbook === null || relations === null) return [];
  const targets = new Map<string, string>();
  for (const relation of elements(parseXml(relations), 'Relationship')) {
    const target = relation.getAttribute('Target') ?? '';
    const path = target.startsWith('/') ? target.slice(1) : `xl/${target}`;
    targets.set(relation.getAttribute('Id') ?? '', path);
  }
  const sheets: { name: string; path: string }[] = [];
  for (const sheet of elements(parseXml(workbook), 'sheet')) {
    const path = targets.get(sheet.getAttribute('r:id') ?? '');
    const isHidden = (sheet.getAttribute('state') ?? 'visible') !== 'visible';
    if (path !== undefined && !isHidden)
      sheets.push({ name: sheet.getAttribute('name') ?? '', path });
  }
  return sheets;
}

async function sharedStrings(zip: Unzipped): Promise<string[]> {
  const source = await zip.text('xl/sharedStrings.xml');
  if (source === null) return [];
  return [...elements(parseXml(source), 'si')].map(stringOf);
}

/** Text of its runs, without the readings (furigana) that Excel keeps beside Japanese words. */
function stringOf(item: XmlElement): string {
  let text = '';
  for (const child of item.children) {
    const name = nameOf(child);
    if (name === 't') text += child.textContent ?? '';
    if (name === 'r') text += childOf(child, 't')?.textContent ?? '';
  }
  return text;
}

/** Numbers of built-in date and time formats (ECMA-376, part 1, 18.8.30). */
const DATE_FORMATS = new Set([
  14, 15, 16, 17, 22, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58,
]);

const TIME_FORMATS = new Set([18, 19, 20, 21, 32, 33]);

type Moment = 'date' | 'time' | null;

/** Whether the style of this number shows a date, or a time of day alone. */
async function momentStyles(zip: Unzipped): Promise<(style: number) => Moment> {
  const source = await zip.text('xl/styles.xml');
  if (source === null) return () => null;
  const root = parseXml(source);
  const own = new Map<number, string>();
  for (const format of elements(root, 'numFmt')) {
    own.set(Number(format.getAttribute('numFmtId')), format.getAttribute('formatCode') ?? '');
  }
  const cellFormats = childOf(root, 'cellXfs');
  const styles = cellFormats === undefined ? [] : [...elements(cellFormats, 'xf')];
  const moments = styles.map((style): Moment => {
    const id = Number(style.getAttribute('numFmtId'));
    const code = (own.get(id) ?? '').replace(/\[[^\]]*\]|"[^"]*"|\\./gu, '');
    if (DATE_FORMATS.has(id) || /y|d|年|月|日/iu.test(code)) return 'date';
    return TIME_FORMATS.has(id) || /h|時/iu.test(code) ? 'time' : null;
  });
  return (style) => moments[style] ?? null;
}

type Sheet = { strings: readonly string[]; shows: (style: number) => Moment };

function rowsOf(root: XmlElement, sheet: Sheet): string[][] {
  const rows: string[][] = [];
  for (const row of elements(root, 'row')) {
    const cells: string[] = [];
    for (const cell of row.children) {
      const column = columnOf(cell.getAttribute('r') ?? '') ?? cells.length;
      while (cells.length < column && cells.length < 1000) cells.push('');
      cells[column] = valueOf(cell, sheet);
    }
    if (cells.some((text) => text.trim() !== '')) rows.push(cells);
  }
  const width = Math.max(0, ...rows.map((cells) => cells.findLastIndex((text) => text !== '') + 1));
  return rows.map((cells) => Array.from({ length: width }, (_, at) => cells[at] ?? ''));
}

/** `AB12` → 27. */
function columnOf(reference: string): number | undefined {
  const letters = /^[A-Z]{1,3}/u.exec(reference)?.[0];
  if (letters === undefined) return undefined;
  return Array.from(letters).reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

function valueOf(cell: XmlElement, { strings, shows }: Sheet): string {
  const type = cell.getAttribute('t') ?? 'n';
  if (type === 'inlineStr') {
    const item = childOf(cell, 'is');
    return item === undefined ? '' : stringOf(item);
  }
  const raw = childOf(cell, 'v')?.textContent ?? '';
  if (type === 's') return strings[Number(raw)] ?? '';
  if (type === 'b') return raw === '1' ? 'TRUE' : 'FALSE';
  if (type !== 'n' || raw === '') return raw;
  const number = Number(raw);
  const moment = shows(Number(cell.getAttribute('s') ?? -1));
  return moment === null ? plainNumber(number) : momentOf(number, moment);
}

/**
 * `2025-04-01`, `2025-04-01 18:00` or `18:00`, of days since 1899-12-30, with Excel's own leap day before
 * March 1900. To the second first: 9:30 is stored as a little less.
 */
function momentOf(days: number, moment: 'date' | 'time'): string {
  const at = new Date(Math.round(days * 86_400) * 1000 + Date.UTC(1899, 11, 30));
  if (Number.isNaN(at.getTime())) return String(days);
  const [date = '', time = ''] = at.toISOString().slice(0, 16).split('T');
  if (moment === 'time') return time;
  return time === '00:00' ? date : `${date} ${time}`;
}

/** Without the tail of a binary fraction: 0.1 + 0.2 is .3. */
function plainNumber(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(12))) : '';
}
