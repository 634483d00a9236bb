import { describe, expect, it } from 'vitest';
import { wilson } from '../../src/eval/wilson.js';

describe('wilson', () => {
  it('agrees with published values', () => {
    // Brown, Cai and DasGupta (2001), table of Wilson limits for n = 10.
    expect(wilson(5, 10).low).toBeCloseTo(0.237, 2);
    expect(wilson(5, 10).high).toBeCloseTo(0.763, 2);
    expect(wilson(0, 10)).toMatchObject({ share: 0, low: 0 });
    expect(wilson(0, 10).high).toBeCloseTo(0.278, 2);
  });

  it('knows nothing from nothing', () => {
    expect(wilson(0, 0)).toMatchObject({ low: 0, high: 1 });
  });
});
