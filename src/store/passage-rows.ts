import { createHash } from 'node:crypto';
import { Field, FixedSizeList, Float32, List, Schema, Utf8 } from 'apache-arrow';
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
export const ROWS_SCHEMA = 2;

/**
 * The passage is one column of JSON beside those that queries filter and count by: a search reads a
 * hundred rows from all over the table, and each column more is a read for each of them (100,000 rows,
 * both legs, p50: 24 ms with 16 columns, 9 with one).
 */
export const PASSAGE_COLUMN = 'passage';

export function passageSchema(dimensions: number): Schema {
  const text = (name: string) => new Field(name, new Utf8(), false);
  return new Schema([
    text('id'),
    text('document_id'),
    text('revision'),
    text('section'),
    text('language'),
    new Field('access', new List(new Field('item', new Utf8(), false)), false),
    text(PASSAGE_COLUMN),
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

const Token = z.string().regex(/^\S+$/u);

/** Errors: `store.invalid_row` naming the passage and the field, never its text. */
export function toRow(
  indexed: IndexedPassage,
  options: { dimensions: number; tokensVersion: string },
): Record<string, unknown> {
  const { embedding } = indexed;
  const passage = Passage.safeParse(indexed.passage);
  if (!passage.success) throw invalidRow(indexed.passage.id, fieldsOf(passage.error));
  // LanceDB accepts vectors of any length.
  if (embedding.length !== options.dimensions || !embedding.every((x) => Number.isFinite(x))) {
    throw invalidRow(indexed.passage.id, 'embedding');
  }
  if (!indexed.tokens.every((token) => Token.safeParse(token).success)) {
    throw invalidRow(indexed.passage.id, 'tokens');
  }
  const { id, documentId, revision, section, language, access } = passage.data;
  const row = {
    id,
    document_id: documentId,
    revision,
    section,
    language,
    access,
    [PASSAGE_COLUMN]: JSON.stringify(passage.data),
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
  let json: unknown;
  try {
    json = JSON.parse(String(row[PASSAGE_COLUMN]));
  } catch {
    throw invalidRow('unknown', PASSAGE_COLUMN);
  }
  const parsed = Passage.safeParse(json);
  if (parsed.success) return parsed.data;
  throw invalidRow('unknown', fieldsOf(parsed.error));
}

/** Numbers of a row that the query added, such as `_distance`. */
export function numberOf(row: Record<string, unknown>, column: string): number {
  const value = row[column];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw invalidRow('unknown', column);
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
