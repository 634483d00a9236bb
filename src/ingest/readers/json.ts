import { KakehashiError } from '../../errors.js';
import type { Block } from '../block.js';
import { cleanLine } from '../clean.js';
import { decodeText } from '../decode.js';
import type { RawDocument, Reader, ReadResult } from '../reader.js';
import { statedMeta } from './front-matter.js';
import { ACCESS, documentOf } from './jsonl.js';
import { markdownBlocks } from './markdown.js';

/** Exports nest a few levels; beyond this it is data that nobody asks about, or an attack. */
const MAX_DEPTH = 32;
/** A value that is longer reads better as a paragraph than in the cell of a table. */
const CELL_CHARACTERS = 200;

type Scalar = string | number | boolean;
type Fields = Readonly<Record<string, unknown>>;

/**
 * Documents in the shape of JSON lines, one or a list; notebooks with their cells; of any other
 * export its values under the names they have.
 */
export const jsonReader: Reader = {
  name: 'json',
  extensions: ['.json', '.ipynb'],
  isolated: true,
  read(bytes) {
    const value = parseJson(decodeText(bytes));
    return (
      documentsOf(value) ?? { documents: [notebookOf(value) ?? exportOf(value)], failures: [] }
    );
  },
};

function parseJson(source: string): unknown {
  try {
    return JSON.parse(source.replace(/^\ufeff/u, ''));
  } catch (cause) {
    throw new KakehashiError('ingest.read_failed', 'The file is not valid JSON.', {
      remedy: 'Export it again; of one document a line, name it .jsonl.',
      detail: { withdraws: ACCESS.test(source) },
      cause,
    });
  }
}

/** Documents with an id and a text each, or null when the value is of another shape. */
function documentsOf(value: unknown): ReadResult | null {
  const items = Array.isArray(value) ? value : [value];
  const isDocument = (item: unknown) =>
    isFields(item) && typeof item['id'] === 'string' && typeof item['text'] === 'string';
  if (!items.some(isDocument)) return null;
  const result: ReadResult = { documents: [], failures: [] };
  for (const [at, item] of items.entries()) {
    const place = `item ${at + 1}`;
    const document = documentOf(item, place);
    if ('reason' in document) result.failures.push(document);
    else result.documents.push(document);
  }
  return result;
}

/** Text and code of a Jupyter notebook (nbformat 4); outputs are left out. */
function notebookOf(value: unknown): RawDocument | null {
  if (!isFields(value) || value['nbformat'] === undefined || !Array.isArray(value['cells'])) {
    return null;
  }
  const blocks = value['cells'].flatMap((cell: unknown): Block[] => {
    if (!isFields(cell)) return [];
    const { source } = cell;
    const lines = Array.isArray(source) ? source : [source];
    const text = lines.filter((line) => typeof line === 'string').join('');
    if (cell['cell_type'] === 'markdown') return markdownBlocks(text);
    return cell['cell_type'] === 'code' && text.trim() !== '' ? [{ kind: 'code', text }] : [];
  });
  return { meta: {}, blocks };
}

function exportOf(value: unknown): RawDocument {
  const meta = isFields(value) ? statedMeta(value) : {};
  return { meta, blocks: blocksOf(value, 1) };
}

function blocksOf(value: unknown, depth: number): Block[] {
  if (depth > MAX_DEPTH) {
    throw new KakehashiError('ingest.too_large', 'The file nests too deeply.', {
      remedy: `Export it with at most ${MAX_DEPTH} levels.`,
    });
  }
  if (isScalar(value)) return [{ kind: 'paragraph', text: String(value) }];
  if (Array.isArray(value)) return listBlocks(value, depth);
  if (!isFields(value)) return [];
  const entries = Object.entries(value);
  const scalars = entries.flatMap(([key, item]): Block[] =>
    isScalar(item) ? [{ kind: 'paragraph', text: `${key}: ${item}` }] : [],
  );
  const nested = entries.flatMap(([key, item]): Block[] => {
    const inner = isScalar(item) ? [] : blocksOf(item, depth + 1);
    return inner.length === 0 ? [] : [headingOf(key, depth), ...inner];
  });
  return [...scalars, ...nested];
}

function listBlocks(items: readonly unknown[], depth: number): Block[] {
  const scalars = items.filter(isScalar);
  if (scalars.length === items.length) {
    const all = scalars.map((item) => ({ depth: 0, marker: '-', text: String(item) }));
    return all.length === 0 ? [] : [{ kind: 'list', items: all }];
  }
  const table = tableOf(items);
  if (table !== null) return [table];
  return items.flatMap((item, at) => {
    const inner = blocksOf(item, depth + 1);
    return inner.length === 0 ? [] : [headingOf(nameOf(item) ?? String(at + 1), depth), ...inner];
  });
}

/** Records with short values and the same names, as a table; null for anything else. */
function tableOf(items: readonly unknown[]): Block | null {
  const records = items.filter(isFields);
  const header = Object.keys(records[0] ?? {});
  const isRow = (record: Fields) =>
    Object.entries(record).every(
      ([key, value]) =>
        header.includes(key) &&
        (value === null || (isScalar(value) && String(value).length <= CELL_CHARACTERS)),
    );
  if (header.length < 2 || records.length < items.length || !records.every(isRow)) return null;
  const cell = (value: unknown) => (isScalar(value) ? String(value) : '');
  return {
    kind: 'table',
    header,
    rows: records.map((record) => header.map((key) => cell(record[key]))),
  };
}

function headingOf(text: string, depth: number): Block {
  return { kind: 'heading', level: Math.min(6, depth + 1), text: cleanLine(text) };
}

/** What a record calls itself, for a heading over it. */
function nameOf(item: unknown): string | null {
  if (!isFields(item)) return null;
  return (
    ['title', 'name', 'question', 'subject', 'id']
      .map((key) => item[key])
      .filter(isScalar)
      .map(String)
      .find((value) => value.length <= CELL_CHARACTERS) ?? null
  );
}

function isScalar(value: unknown): value is Scalar {
  return (
    (typeof value === 'string' && value.trim() !== '') ||
    typeof value === 'number' ||
    typeof value === 'boolean'
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
