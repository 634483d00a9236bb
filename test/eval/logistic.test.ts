import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/eval/bootstrap.js';
import { logit, sigmoid } from '../../src/decision/policy.js';
import { chanceOf, fitLogistic } from '../../src/eval/logistic.js';

function sample(n: number) {
  const next = createRandom(7);
  const inputs = Array.from({ length: n }, () => [next() * 4 - 2, next() * 4 - 2]);
  const labels: number[] = inputs.map(([a = 0, b = 0]) =>
    next() < sigmoid(0.5 + 2 * a - b) ? 1 : 0,
  );
  return { inputs, labels };
}

describe('fitLogistic', () => {
  it('finds the weights that made the labels', () => {
    const { inputs, labels } = sample(4000);
    const { bias, weights } = fitLogistic(inputs, labels, { penalty: 0.01 });
    expect(bias).toBeCloseTo(0.5, 0);
    expect(weights[0]).toBeCloseTo(2, 0);
    expect(weights[1]).toBeCloseTo(-1, 0);
  });

  it('pulls weights towards zero as the penalty grows, and keeps the mean chance', () => {
    const { inputs, labels } = sample(200);
    const sizeAt = (penalty: number) =>
      Math.hypot(...fitLogistic(inputs, labels, { penalty }).weights);
    expect(sizeAt(1)).toBeGreaterThan(sizeAt(10));
    expect(sizeAt(10)).toBeGreaterThan(sizeAt(1000));
    const model = fitLogistic(inputs, labels, { penalty: 1000 });
    const mean = inputs.reduce((sum, input) => sum + chanceOf(model, input), 0) / 200;
    expect(mean).toBeCloseTo(labels.reduce((sum, label) => sum + label, 0) / 200, 3);
  });

  it('stays finite with one class, with separated classes and without data', () => {
    for (const labels of [
      [1, 1, 1, 1],
      [0, 0, 1, 1],
    ]) {
      const model = fitLogistic([[0], [0.1], [0.9], [1]], labels, { penalty: 0.1 });
      expect(Number.isFinite(model.bias + (model.weights[0] ?? 0))).toBe(true);
      expect(chanceOf(model, [1])).toBeGreaterThan(0.5);
    }
    expect(fitLogistic([], [], { penalty: 1 })).toEqual({ bias: 0, weights: [] });
  });

  it('has an inverse that is finite at the ends', () => {
    expect(sigmoid(logit(0.3))).toBeCloseTo(0.3);
    expect(Number.isFinite(logit(0)) && Number.isFinite(logit(1))).toBe(true);
  });
});
