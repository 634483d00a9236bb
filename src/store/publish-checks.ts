import type { Table } from '@lancedb/lancedb';
import { KakehashiError } from '../errors.js';
import { type IndexOptions, uncoveredColumns } from './indices.js';
import { LEAST_CANDIDATES, nearestTo } from './snapshot.js';

const SAMPLES = 5;
const SAMPLE_TOKENS = 32;
/** Cosine distance at which two vectors are taken for the same text. */
const SAME_TEXT = 0.01;

/** Share of the nearest passages that a vector index must find. */
const LEAST_RECALL = 0.9;
const NEAREST = 10;
/**
 * Samples of the recall: twenty, and fewer in large tables, since an exact search takes 0.7 ms per 1000
 * rows. Measured at 384 dimensions on 2 busy cores: 0.4 s of CPU time for the 20 samples of 20,000 rows,
 * 0.5 s for the 5 of 100,000.
 */
const MOST_SAMPLES = 20;
const LEAST_SAMPLES = 5;
const COMPARED_ROWS = 500_000;
/**
 * A passage that is hardly farther than the tenth nearest is as good: of a thousand texts of one
 * template the first ten are a matter of rounding. The share of Aumüller, Bernhardsson and Faithfull,
 * "ANN-Benchmarks", Information Systems 87, 2020.
 */
const AS_NEAR = 1.01;

/**
 * What must hold of a version, on the very handle that readers will open, before they are sent to
 * it: no id twice, every index over every row, and some passages find themselves again by vector
 * and by words. Errors: `gate.refused` naming the check.
 */
export async function checkBeforePublishing(table: Table, options: IndexOptions): Promise<void> {
  const rows = await table.countRows();
  if ((await distinctIds(table)) !== rows) throw refused('a passage is stored twice');
  const uncovered = await uncoveredColumns(table, options);
  if (uncovered.length > 0) {
    throw refused(`the index on ${uncovered.join(', ')} does not cover every passage`);
  }
  if (rows === 0) return;
  for (const sample of await samplesOf(table, Math.min(SAMPLES, rows), rows)) {
    if (!(await findsItselfByVector(table, sample)))
      throw refused('a passage is not found by meaning');
    if (!(await findsItselfByWords(table, sample)))
      throw refused('a passage is not found by words');
  }
}

/**
 * Compares the vector index, if there is one, with an exact search from the places of some passages:
 * vectors of a kind that its few bits cannot tell apart, or parts that are never looked into, show in no
 * other check. Errors: `gate.refused`.
 */
export async function requireRecall(table: Table): Promise<void> {
  const indices = await table.listIndices();
  if (!indices.some(({ columns }) => columns[0] === 'embedding')) return;
  const rows = await table.countRows();
  if (rows === 0) return;
  const affordable = Math.floor(COMPARED_ROWS / rows);
  const count = Math.min(rows, MOST_SAMPLES, Math.max(LEAST_SAMPLES, affordable));
  const shares: number[] = [];
  for (const { embedding } of await samplesOf(table, count, rows)) {
    const near = () => nearestTo(table, Float32Array.from(embedding)).select(['_distance']);
    const found = (await near().limit(LEAST_CANDIDATES).toArray()) as Hit[];
    const exact = (await near().bypassVectorIndex().limit(NEAREST).toArray()) as Hit[];
    shares.push(recallOf(distances(found), distances(exact)));
  }
  const recall = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  if (recall >= LEAST_RECALL) return;
  throw refused(
    `the vector index finds ${Math.round(100 * recall)} % of the nearest passages`,
    'Index the corpus again with --full, or publish with --accept.',
  );
}

/** Share of the nearest that a search found; both give cosine distances, nearest first. */
export function recallOf(found: readonly number[], exact: readonly number[]): number {
  const within = Math.max(SAME_TEXT, AS_NEAR * (exact.at(-1) ?? 0));
  return (
    found.slice(0, exact.length).filter((distance) => distance <= within).length / exact.length
  );
}

function distances(hits: readonly Hit[]): number[] {
  return hits.map(({ _distance }) => _distance);
}

type Sample = { id: string; tokens: string; embedding: Iterable<number> };
type Hit = { _distance: number };

/** From all over the table. */
async function samplesOf(table: Table, count: number, rows: number): Promise<Sample[]> {
  const offsets = Array.from({ length: count }, (_, i) => Math.floor((i * rows) / count));
  return (await table
    .takeOffsets(offsets)
    .select(['id', 'tokens', 'embedding'])
    .toArray()) as Sample[];
}

async function distinctIds(table: Table): Promise<number> {
  const ids = new Set<string>();
  for await (const batch of table.query().select(['id'])) {
    const column = batch.getChild('id');
    for (let i = 0; i < batch.numRows; i++) ids.add(String(column?.get(i)));
  }
  return ids.size;
}

async function findsItselfByVector(table: Table, sample: Sample): Promise<boolean> {
  const found = (await nearestTo(table, Float32Array.from(sample.embedding))
    .select(['id', '_distance'])
    .limit(NEAREST)
    .toArray()) as (Hit & { id: string })[];
  return found.some(({ id }) => id === sample.id) || (found[0]?._distance ?? 1) < SAME_TEXT;
}

async function findsItselfByWords(table: Table, sample: Sample): Promise<boolean> {
  const tokens = [...new Set(sample.tokens.split(' '))].slice(0, SAMPLE_TOKENS).join(' ');
  if (tokens === '') return true;
  const found = (await table
    .query()
    .fullTextSearch(tokens, { columns: ['tokens'] })
    .select(['id', 'tokens', '_score'])
    .limit(50)
    .toArray()) as { id: string; tokens: string }[];
  // A boilerplate text may stand in more than fifty passages.
  return found.some(({ id, tokens: same }) => id === sample.id || same === sample.tokens);
}

function refused(reason: string, remedy = 'Index the corpus again with --full.'): KakehashiError {
  return new KakehashiError('gate.refused', `The new index was not published: ${reason}.`, {
    remedy: `The index in use is unchanged. ${remedy}`,
  });
}
