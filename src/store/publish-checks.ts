import type { Table } from '@lancedb/lancedb';
import { KakehashiError } from '../errors.js';
import { type IndexOptions, uncoveredColumns } from './indices.js';

const SAMPLES = 5;
const SAMPLE_TOKENS = 32;
/** Cosine distance at which two vectors are taken for the same text. */
const SAME_TEXT = 0.01;

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
  const offsets = Array.from({ length: Math.min(SAMPLES, rows) }, (_, i) =>
    Math.floor((i * rows) / SAMPLES),
  );
  const samples = (await table
    .takeOffsets([...new Set(offsets)])
    .select(['id', 'tokens', 'embedding'])
    .toArray()) as Sample[];
  for (const sample of samples) {
    if (!(await findsItselfByVector(table, sample)))
      throw refused('a passage is not found by meaning');
    if (!(await findsItselfByWords(table, sample)))
      throw refused('a passage is not found by words');
  }
}

type Sample = { id: string; tokens: string; embedding: Iterable<number> };

async function distinctIds(table: Table): Promise<number> {
  const ids = new Set<string>();
  for await (const batch of table.query().select(['id'])) {
    const column = batch.getChild('id');
    for (let i = 0; i < batch.numRows; i++) ids.add(String(column?.get(i)));
  }
  return ids.size;
}

async function findsItselfByVector(table: Table, sample: Sample): Promise<boolean> {
  const vector = Float32Array.from(sample.embedding);
  const found = (await table
    .query()
    .nearestTo(vector)
    .distanceType('cosine')
    .refineFactor(5)
    .nprobes(30)
    .select(['id', '_distance'])
    .limit(10)
    .toArray()) as { id: string; _distance: number }[];
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

function refused(reason: string): KakehashiError {
  return new KakehashiError('gate.refused', `The new index was not published: ${reason}.`, {
    remedy: 'The index in use is unchanged. Index the corpus again with --full.',
  });
}
