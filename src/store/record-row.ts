import type { z } from 'zod';
import { KakehashiError } from '../errors.js';

/** A stored value as its type. Errors: `store.invalid_row` naming the fields. */
export function parseRow<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
  throw new KakehashiError('store.invalid_row', `A record has an invalid field: ${fields}.`, {
    remedy: 'Restore the records file from a backup.',
    detail: { fields },
  });
}

/** A JSON column as its type. Errors: `store.invalid_row`. */
export function parseJson<T>(schema: z.ZodType<T>, value: unknown): T {
  let json: unknown = null;
  try {
    json = JSON.parse(String(value));
  } catch {
    // null fails the schema below
  }
  return parseRow(schema, json);
}
