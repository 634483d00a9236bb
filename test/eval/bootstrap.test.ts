import { describe, expect, it } from 'vitest';
import { bootstrap, createRandom } from '../../src/eval/bootstrap.js';
import { wilson } from '../../src/eval/wilson.js';

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('bootstrap', () => {
  it('agrees with the interval of a share', () => {
    const cases = Array.from({ length: 100 }, (_, at) => (at < 30 ? 1 : 0));
    const { value, low, high, n } = bootstrap(cases, mean);
    const share = wilson(30, 100);
    expect(value).toBe(0.3);
    expect(n).toBe(100);
    expect(Math.abs(low - share.low)).toBeLessThan(0.02);
    expect(Math.abs(high - share.high)).toBeLessThan(0.02);
  });

  it('gives the same interval on every run', () => {
    const cases = [1, 2, 5, 9, 4];
    expect(bootstrap(cases, mean)).toEqual(bootstrap(cases, mean));
  });

  it('leaves out samples on which the measure says nothing', () => {
    const { low, high } = bootstrap([1, 0], (sample) =>
      sample.includes(1) ? mean(sample) : Number.NaN,
    );
    expect(low).toBe(0.5);
    expect(high).toBe(1);
  });
});

describe('createRandom', () => {
  it('stays within 0 and 1', () => {
    const next = createRandom(7);
    for (let at = 0; at < 1000; at++) {
      const value = next();
      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThan(1);
    }
  });
});
