import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planBatch } from '../../src/engine/batching.js';

const item = (length: number, evaluationPriority = 3) => ({
  tokens: { length },
  evaluationPriority,
});

describe('planBatch', () => {
  it('puts answers being written before a long prompt', () => {
    const prompt = item(600);
    const word = item(1);
    const plan = planBatch({ items: [prompt, word], size: 128, prefillCap: 64 });
    expect(plan).toEqual([
      { item: word, processAmount: 1 },
      { item: prompt, processAmount: 64 },
    ]);
  });

  it('gives a lone prompt all it may have', () => {
    const prompt = item(600);
    const plan = planBatch({ items: [prompt], size: 128, prefillCap: 128 });
    expect(plan).toEqual([{ item: prompt, processAmount: 128 }]);
  });

  it('serves higher priority first among equals', () => {
    const low = item(100, 1);
    const high = item(100, 5);
    const plan = planBatch({ items: [low, high], size: 128, prefillCap: 128 });
    expect(plan).toEqual([
      { item: high, processAmount: 100 },
      { item: low, processAmount: 28 },
    ]);
  });

  it('never plans more than there is, and always something', () => {
    const anItem = fc.record({
      tokens: fc.record({ length: fc.integer({ min: 1, max: 700 }) }),
      evaluationPriority: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(
        fc.array(anItem, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 512 }),
        fc.integer({ min: 0, max: 512 }),
        (items, size, prefillCap) => {
          const plan = planBatch({ items, size, prefillCap });
          expect(plan.length).toBeGreaterThan(0);
          const total = plan.reduce((sum, { processAmount }) => sum + processAmount, 0);
          expect(total).toBeLessThanOrEqual(size);
          expect(new Set(plan.map((planned) => planned.item)).size).toBe(plan.length);
          for (const { item: planned, processAmount } of plan) {
            expect(items).toContain(planned);
            expect(processAmount).toBeGreaterThan(0);
            expect(processAmount).toBeLessThanOrEqual(planned.tokens.length);
          }
          const prompts = plan
            .filter(({ item: planned }) => planned.tokens.length > 8)
            .reduce((sum, { processAmount }) => sum + processAmount, 0);
          expect(prompts).toBeLessThanOrEqual(Math.max(1, prefillCap));
        },
      ),
    );
  });
});
