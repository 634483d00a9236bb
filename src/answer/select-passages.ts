import type { Hit } from '../retrieval/search.js';

/**
 * The passages put before the model: the best `limit` hits, a superseded document only when its
 * successor was not found, sorted into document order. Order by document instead of score makes
 * the same passages give the same prompt prefix, whose key-value cache is then reused.
 */
export function selectPassages(hits: readonly Hit[], limit: number): Hit[] {
  const found = new Set(hits.map((hit) => documentKey(hit)));
  const current = hits.filter(
    (hit) => hit.supersededBy === null || !found.has(`${hit.corpus}/${hit.supersededBy}`),
  );
  return inDocumentOrder(current.slice(0, limit));
}

/** Without the hit of lowest score: too long a prompt is cut by whole passages. */
export function withoutWeakest(passages: readonly Hit[]): Hit[] {
  const weakest = Math.min(...passages.map((passage) => passage.score));
  const index = passages.findLastIndex((passage) => passage.score === weakest);
  return passages.filter((_, i) => i !== index);
}

function inDocumentOrder(hits: readonly Hit[]): Hit[] {
  return [...hits].sort(
    (a, b) => compare(documentKey(a), documentKey(b)) || a.position - b.position,
  );
}

function documentKey(hit: Hit): string {
  return `${hit.corpus}/${hit.documentId}`;
}

/** By code unit: the order must not depend on the locale of the host. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
