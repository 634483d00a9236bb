import { describe, expect, it } from 'vitest';
import { createAffinities } from '../../src/decision/affinity.js';
import { COMPANY_EXAMPLES, GENERAL_EXAMPLES } from '../../src/decision/examples.js';

/** One axis per kind of text, so that cosines are 0 or 1. */
const embed = async (texts: readonly string[]) =>
  texts.map((text) => {
    const axis = GENERAL_EXAMPLES.includes(text) ? 0 : COMPANY_EXAMPLES.includes(text) ? 1 : 2;
    return Float32Array.from([0, 1, 2], (i) => (i === axis ? 1 : 0));
  });

describe('createAffinities', () => {
  it('compares a question with each list and each adapter', async () => {
    const affinities = await createAffinities(embed, [
      { name: 'grounded', examples: ['Rewrite this'] },
      { name: 'bare', examples: [] },
    ]);
    expect(affinities(Float32Array.from([0, 0, 1]))).toEqual({
      general: 0,
      company: 0,
      adapters: { grounded: 1, bare: 0 },
    });
    expect(affinities(Float32Array.from([1, 0, 0])).general).toBe(1);
  });

  it('gives zeros when the question could not be embedded', async () => {
    const affinities = await createAffinities(embed, []);
    expect(affinities(new Float32Array(0))).toEqual({ general: 0, company: 0, adapters: {} });
  });
});
