import { createHash } from 'node:crypto';
import { Field, FixedSizeList, Float32, Int32, List, Schema, Utf8 } from 'apache-arrow';
import { z } from 'zod';
import { KakehashiError } from '../errors.js';
import { Passage } from './passage.js';

/** A passage with what the two legs of the search need. */
export type IndexedPassage = {
  passage: Passage;
  /** The text that `embedding` was made from; equal texts share their vectors between runs. */
  embeddedText: string;
  /** As the keyword leg finds them, in order of the text, repeats kept; none holds white space. */
  tokens: readonly string[];
  embedding: Float32Array;
};

/** Raised when columns change: rows of another schema are in another table. */
export const ROWS_SCHEMA = 1;

/** Columns of a `Passage`; vectors and tokens never leave the store with it. */
export const PASSAGE_COLUMNS = [
  'id',
  'document_id',
  'revision',
  'title',
  'section',
  'context',
  'text',
  'start_offset',
  'end_offset',
  'place',
  'page',
  'language',
  'access',
  'updated',
  'superseded_by',
  'disclaimer',
] as const;

export function passageSchema(dimensions: number): Schema {
  const text = (name: string, nullable = false) => new Field(name, new Utf8(), nullable);
  const int = (name: string, nullable = false) => new Field(name, new Int32(), nullable);
  return new Schema([
    text('id'),
    text('document_id'),
    text('revision'),
    text('title'),
    text('section'),
    text('context'),
    text('text'),
    int('start_offset'),
    int('end_offset'),
    int('place'),
    int('page', true),
    text('language'),
    new Field('access', new List(new Field('item', new Utf8(), false)), false),
    text('updated', true),
    text('superseded_by', true),
    text('disclaimer'),
    text('tokens'),
    text('tokens_version'),
    text('embedded_hash'),
    text('row_hash'),
    new Field(
      'embedding',
      new FixedSizeList(dimensions, new Field('item', new Float32(), true)),
      false,
    ),
  ]);
}

export function embeddedHash(embeddedText: string): string {
  return createHash('sha256').update(embeddedText).digest('hex').slice(0, 32);
}

/** LanceDB casts 2 ** 40 to 0 in an Int32 column and accepts vectors of any length. */
const int32 = z.int().min(0).max(0x7f_ff_ff_ff);
const Sizes = z.object({ start: int32, end: int32, position: int32, page: int32.nullable() });
const Token = z.string().regex(/^\S+$/u);

/** Errors: `store.invalid_row` naming the passage and the field, never its text. */
export function toRow(
  indexed: IndexedPassage,
  options: { dimensions: number; tokensVersion: string },
): Record<string, unknown> {
  const { embedding } = indexed;
  const passage = Passage.safeParse(indexed.passage);
  if (!passage.success) throw invalidRow(indexed.passage.id, fieldsOf(passage.error));
  const sizes = Sizes.safeParse(passage.data);
  if (!sizes.success) throw invalidRow(indexed.passage.id, fieldsOf(sizes.error));
  if (embedding.length !== options.dimensions || !embedding.every((x) => Number.isFinite(x))) {
    throw invalidRow(indexed.passage.id, 'embedding');
  }
  if (!indexed.tokens.every((token) => Token.safeParse(token).success)) {
    throw invalidRow(indexed.passage.id, 'tokens');
  }
  const { id, documentId, start, end, position, supersededBy, ...same } = passage.data;
  const row = {
    id,
    document_id: documentId,
    start_offset: start,
    end_offset: end,
    place: position,
    superseded_by: supersededBy,
    ...same,
    tokens: indexed.tokens.join(' '),
    tokens_version: options.tokensVersion,
    embedded_hash: embeddedHash(indexed.embeddedText),
  };
  const bytes = new Uint8Array(embedding.buffer, embedding.byteOffset, embedding.byteLength);
  const hash = createHash('sha256').update(JSON.stringify(row)).update(bytes).digest('hex');
  return { ...row, row_hash: hash.slice(0, 32), embedding };
}

/** A row read from the table. Errors: `store.invalid_row`. */
export function toPassage(row: Record<string, unknown>): Passage {
  const access: unknown = row['access'];
  const parsed = Passage.safeParse({
    id: row['id'],
    documentId: row['document_id'],
    revision: row['revision'],
    title: row['title'],
    section: row['section'],
    context: row['context'],
    text: row['text'],
    start: row['start_offset'],
    end: row['end_offset'],
    position: row['place'],
    page: row['page'],
    language: row['language'],
    // An Arrow vector: iterable, but neither an array nor cloneable.
    access: isIterable(access) ? [...access] : access,
    updated: row['updated'],
    supersededBy: row['superseded_by'],
    disclaimer: row['disclaimer'],
  });
  if (parsed.success) return parsed.data;
  throw invalidRow(typeof row['id'] === 'string' ? row['id'] : 'unknown', fieldsOf(parsed.error));
}

/** Numbers of a row that the query added, such as `_distance`. */
export function numberOf(row: Record<string, unknown>, column: string): number {
  const value = row[column];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw invalidRow('unknown', column);
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function fieldsOf(error: z.ZodError): string {
  return error.issues.map((issue) => issue.path.join('.')).join(', ');
}

function invalidRow(id: string, fields: string): KakehashiError {
  return new KakehashiError('store.invalid_row', `A passage has an invalid field: ${fields}.`, {
    remedy: 'Index the corpus again with --full.',
    detail: { id, fields },
  });
}
