import { parse } from 'csv-parse/sync';
import { KakehashiError } from '../../errors.js';
import { decodeText } from '../decode.js';
import type { Reader } from '../reader.js';

const MAX_ROWS = 100_000;

/** Tables as text: comma, semicolon or tab, whichever parts the first lines most evenly. */
export const csvReader: Reader = {
  name: 'csv',
  extensions: ['.csv', '.tsv'],
  isolated: true,
  read(bytes) {
    const text = decodeText(bytes);
    const rows = parse(text, {
      delimiter: delimiterOf(text),
      bom: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      trim: true,
      to: MAX_ROWS + 1,
    });
    if (rows.length > MAX_ROWS) {
      throw new KakehashiError('ingest.too_large', `The table has over ${MAX_ROWS} rows.`, {
        remedy: 'Split it, or keep what people ask about.',
      });
    }
    const [header = [], ...body] = rows;
    return {
      documents: [{ meta: {}, blocks: [{ kind: 'table', header, rows: body }] }],
      failures: [],
    };
  },
};

function delimiterOf(text: string): string {
  const lines = text.split(/\r?\n/u, 10).filter((line) => line.trim() !== '');
  const count = (line: string, mark: string) => line.split(mark).length - 1;
  return [',', '\t', ';']
    .map((mark) => ({ mark, least: Math.min(...lines.map((line) => count(line, mark))) }))
    .reduce((best, one) => (one.least > best.least ? one : best)).mark;
}
