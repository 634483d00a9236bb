import type { Principal } from './passage.js';

/**
 * Which passages a query may see. All parts must hold. The reader is required, so that no query
 * can be written that forgets the access rights; there is no way to pass SQL.
 */
export type PassageFilter = {
  readableBy: Pick<Principal, 'access' | 'readsAll'>;
  language?: 'ja' | 'en' | null;
  /** Ids; none of them: nothing matches. */
  documents?: readonly string[] | null;
};

/** Reads everything; for the writer's own checks and for counting. */
export const UNRESTRICTED: PassageFilter = { readableBy: { access: [], readsAll: true } };

/**
 * The condition of `filter`, or null when it lets everything pass. Without tags to match, a reader
 * who does not read everything sees nothing: a passage without tags is the maintainer's alone.
 */
export function filterToSql(filter: PassageFilter): string | null {
  const parts: string[] = [];
  const { access, readsAll } = filter.readableBy;
  if (!readsAll) {
    parts.push(access.length === 0 ? 'false' : `array_has_any(access, [${literals(access)}])`);
  }
  if (filter.language != null) parts.push(`language = ${literal(filter.language)}`);
  if (filter.documents != null) parts.push(isIn('document_id', filter.documents));
  return parts.length === 0 ? null : parts.map((part) => `(${part})`).join(' AND ');
}

/** `column` is one of `values`; false for none, as SQL has no empty list. */
export function isIn(
  column: 'id' | 'document_id' | 'embedded_hash',
  values: readonly string[],
): string {
  return values.length === 0 ? 'false' : `${column} IN (${literals(values)})`;
}

/** Both conditions; null stands for no condition. */
export function both(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return `(${a}) AND (${b})`;
}

function literals(values: readonly string[]): string {
  return values.map(literal).join(', ');
}

/**
 * DataFusion reads `'` doubled as one and a backslash as itself; nothing else is special between
 * single quotes (35 nasty strings tried, and a property test).
 */
function literal(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
