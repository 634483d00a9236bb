/**
 * Writes tables so that a small model reads them: each row becomes one line that names its columns,
 * `| A | Tokyo |` under `| Rank | City |` becomes `Rank: A; City: Tokyo`. Other lines stay.
 *
 * Rows of bare cells ask the reader to count columns back to a header many lines above, where the
 * 0.5B model took the neighbouring figure; serialised rows are read better (Sui et al., WSDM 2024,
 * arXiv 2305.13062). A table stays as printed when its first row is no header: when it holds a bare
 * number, or another count of cells than the rows below it.
 */
export function readTables(lines: readonly string[]): string[] {
  const written: string[] = [];
  let rows: string[] = [];
  const flush = (): void => {
    written.push(...writeRows(rows));
    rows = [];
  };
  for (const line of lines) {
    if (line.startsWith('|')) rows.push(line);
    else {
      flush();
      written.push(line);
    }
  }
  flush();
  return written;
}

const SEPARATOR = /^[\s|:-]+$/u;
const BARE_NUMBER = /^[\d.,\s%¥$€£円-]*\d[\d.,\s%¥$€£円-]*$/u;

function writeRows(lines: readonly string[]): string[] {
  const printed = lines.filter((line) => !SEPARATOR.test(line));
  const [header, ...rows] = printed.map(cellsOf);
  const hasHeader =
    header !== undefined &&
    rows.length > 0 &&
    header.every(isName) &&
    rows.every((row) => row.length === header.length);
  if (!hasHeader) return printed;
  return rows.map((row) =>
    row
      .map((cell, column) => [header[column] ?? '', cell].filter((part) => part !== ''))
      .filter((parts, column) => parts.length > 1 || row[column] !== '')
      .map((parts) => parts.join(': '))
      .join('; '),
  );
}

/** Whether a printed row may be the header of its table: no cell is a bare number. */
export function namesColumns(row: string): boolean {
  return cellsOf(row).every(isName);
}

function isName(cell: string): boolean {
  return !BARE_NUMBER.test(cell);
}

/** Cells of `| a | b \| c |`, unescaped and trimmed. */
function cellsOf(line: string): string[] {
  return line
    .trim()
    .replace(/^\|/u, '')
    .replace(/(?<!\\)\|$/u, '')
    .split(/(?<!\\)\|/u)
    .map((cell) => cell.replaceAll('\\|', '|').trim());
}
