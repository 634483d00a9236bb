import { expect, it } from 'vitest';
import { pickToken } from '../../src/engine/sampling.js';

const logits = [
  ['b', 1],
  ['a', 2],
  ['c', Number.NEGATIVE_INFINITY],
  ['d', 0],
] as const;
const pick = (random: number, temperature = 1, topK = 2) =>
  pickToken(logits, { temperature, topK, random: () => random });

it('picks by chance among the likeliest', () => {
  expect(pick(0)).toBe('a');
  expect(pick(0.72)).toBe('a');
  expect(pick(0.74)).toBe('b');
  expect(pick(0.999999)).toBe('b');
  expect(pick(0.999999, 1, 4)).toBe('d');
});

it('is nearly greedy at low temperature', () => {
  expect(pick(0.99, 0.1, 4)).toBe('a');
});
