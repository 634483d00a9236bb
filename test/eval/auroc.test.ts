import { describe, expect, it } from 'vitest';
import { auroc } from '../../src/eval/auroc.js';

describe('auroc', () => {
  it('is 1 for perfect order, 0 for the reverse, a half for ties', () => {
    expect(auroc([0.8, 0.9], [0.1, 0.2])).toBe(1);
    expect(auroc([0.1], [0.5, 0.6])).toBe(0);
    expect(auroc([0.5], [0.5])).toBe(0.5);
  });

  it('counts the pairs in the right order', () => {
    expect(auroc([0.9, 0.3], [0.5, 0.1])).toBe(0.75);
  });

  it('is no number without both classes', () => {
    expect(auroc([], [0.1])).toBeNaN();
  });
});
