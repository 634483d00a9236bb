import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Embedder } from '../../src/engine/engine.js';
import { createLlamaEmbedder } from '../../src/engine/host.js';
import { defaultEmbeddingModel } from '../../src/models/manifest.js';
import { pullModel } from '../../src/models/pull.js';
import { requireModel } from '../../src/models/verify.js';
import { modelsDir, root } from './place.js';

/**
 * The converted embedding model against its package's own engine (`e5-vectors.py`). The two
 * compute with other kernels, so vectors agree closely and not exactly: 0.988 to 0.9995 measured.
 */
const leastCosine = 0.98;

type Reference = { kind: 'query' | 'passage'; text: string; vector: number[] };
const references = (
  JSON.parse(readFileSync(join(import.meta.dirname, 'e5-vectors.json'), 'utf8')) as {
    vectors: Reference[];
  }
).vectors;
const workerFile = join(root, 'dist', 'engine', 'worker.js');

let embedder: Embedder;

beforeAll(async () => {
  const { prefixes } = defaultEmbeddingModel;
  if (prefixes === undefined) throw new Error('the embedding model has no prefixes');
  await pullModel(defaultEmbeddingModel, {
    modelsDir,
    hubEndpoint: 'http://127.0.0.1:1', // the embedding model has no hub source
    allowLicences: ['MIT'],
  });
  const model = await requireModel(defaultEmbeddingModel, { modelsDir });
  embedder = createLlamaEmbedder({
    modelPath: model.path,
    modelSha256: model.sha256,
    prefixes,
    threads: 1,
    gpu: false,
    queueLimit: 64,
    workerFile,
  });
  await embedder.ready();
});

afterAll(async () => {
  await embedder?.close();
});

describe('the converted embedding model', () => {
  it.each(references)('embeds as the package itself does: $kind "$text"', async (reference) => {
    const [vector] = await embedder.embed([reference.text], reference.kind);
    expect(cosine(vector ?? [], reference.vector)).toBeGreaterThanOrEqual(leastCosine);
  });

  it('gives unit vectors of the size the manifest states', async () => {
    const [vector = new Float32Array()] = await embedder.embed(['橋'], 'passage');
    expect(vector).toHaveLength(defaultEmbeddingModel.dimensions ?? 0);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 4);
  });

  it('puts the same passage first as the package itself, for every question', async () => {
    const [questions, passages] = (['query', 'passage'] as const).map((wanted) =>
      references.filter(({ kind }) => kind === wanted),
    ) as [Reference[], Reference[]];
    const ours = await embedder.embed(
      passages.map(({ text }) => text),
      'passage',
    );
    const theirs = passages.map(({ vector }) => vector);
    const queries = await embedder.embed(
      questions.map(({ text }) => text),
      'query',
    );
    const first = questions.map((_, i) => nearest(queries[i] ?? [], ours));
    expect(first).toEqual(questions.map(({ vector }) => nearest(vector, theirs)));
    // Across languages this model's scores lie within 0.01 of each other, where two engines may
    // differ, so questions here meet an answer in their own language.
    // The first four questions stand in the order of the passages that answer them.
    expect(first.slice(0, 4)).toEqual([0, 1, 2, 3]);
  });

  it('reads half-width kana as full-width', async () => {
    const [half = [], full = []] = await embedder.embed(['ﾃﾚﾜｰｸ', 'テレワーク'], 'query');
    expect(cosine(half, full)).toBeGreaterThan(0.999);
  });
});

function nearest(query: ArrayLike<number>, vectors: readonly ArrayLike<number>[]): number {
  const scores = vectors.map((vector) => cosine(vector, query));
  return scores.indexOf(Math.max(...scores));
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x = 0, y = 0] = [a[i], b[i]];
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return dot / Math.sqrt(aa * bb);
}
