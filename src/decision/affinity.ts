import type { Probe } from './features.js';
import { COMPANY_EXAMPLES, GENERAL_EXAMPLES } from './examples.js';

export type Affinities = (question: Float32Array) => Probe['affinities'];

export type AdapterExamples = { name: string; examples: readonly string[] };

/**
 * Embeds the example questions once and returns the function that compares a question with them:
 * highest cosine per kind. `embed` gives unit vectors, in order.
 */
export async function createAffinities(
  embed: (texts: readonly string[]) => Promise<readonly Float32Array[]>,
  adapters: readonly AdapterExamples[],
): Promise<Affinities> {
  const general = await embed(GENERAL_EXAMPLES);
  const company = await embed(COMPANY_EXAMPLES);
  const perAdapter: { name: string; vectors: readonly Float32Array[] }[] = [];
  for (const { name, examples } of adapters) {
    perAdapter.push({ name, vectors: examples.length === 0 ? [] : await embed(examples) });
  }
  return (question) => ({
    general: nearest(question, general),
    company: nearest(question, company),
    adapters: Object.fromEntries(
      perAdapter.map(({ name, vectors }) => [name, nearest(question, vectors)]),
    ),
  });
}

/** Highest cosine with any of `vectors`, 0 when there are none; all are unit vectors. */
function nearest(question: Float32Array, vectors: readonly Float32Array[]): number {
  let best = 0;
  for (const vector of vectors) {
    let dot = 0;
    for (let i = 0; i < vector.length; i++) dot += (vector[i] ?? 0) * (question[i] ?? 0);
    best = Math.max(best, dot);
  }
  return best;
}
