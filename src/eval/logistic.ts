import { sigmoid } from '../decision/policy.js';

export type Logistic = {
  bias: number;
  /** In the order of the inputs. */
  weights: number[];
};

export type LogisticOptions = {
  /** Strength of the pull of each weight towards zero, in units of one observation; the bias is free. */
  penalty: number;
};

const MOST_STEPS = 50;
const CLOSE_ENOUGH = 1e-8;
/** Keeps a class that is empty or perfectly separated from driving the bias to infinity. */
const BIAS_PENALTY = 1e-3;

/**
 * Logistic regression with an L2 penalty, by Newton's method (Hastie, Tibshirani and Friedman 2009,
 * 4.4.1). `inputs[i]` has the same length for every `i`; `labels[i]` is 0..1. The same data give the
 * same weights. With no data all weights are 0.
 */
export function fitLogistic(
  inputs: readonly (readonly number[])[],
  labels: readonly number[],
  { penalty }: LogisticOptions,
): Logistic {
  const width = (inputs[0]?.length ?? 0) + 1;
  let weights = Array.from({ length: width }, () => 0);
  for (let step = 0; step < MOST_STEPS; step++) {
    const gradient = weights.map((weight, at) => weight * (at === 0 ? BIAS_PENALTY : penalty));
    const hessian = weights.map((_, row) =>
      weights.map((__, column) => (row === column ? (row === 0 ? BIAS_PENALTY : penalty) : 0)),
    );
    inputs.forEach((input, at) => {
      const row = [1, ...input];
      const chance = sigmoid(dot(weights, row));
      const error = chance - (labels[at] ?? 0);
      const curvature = Math.max(1e-6, chance * (1 - chance));
      for (let i = 0; i < width; i++) {
        gradient[i] = (gradient[i] ?? 0) + error * (row[i] ?? 0);
        const line = hessian[i] as number[];
        for (let j = 0; j < width; j++) {
          line[j] = (line[j] ?? 0) + curvature * (row[i] ?? 0) * (row[j] ?? 0);
        }
      }
    });
    const move = solve(hessian, gradient);
    // Newton's step may overshoot where the curve is flat; longer than this it is never needed.
    const longest = Math.max(...move.map(Math.abs));
    const scale = longest > 5 ? 5 / longest : 1;
    weights = weights.map((weight, at) => weight - scale * (move[at] ?? 0));
    if (longest < CLOSE_ENOUGH) break;
  }
  const [bias = 0, ...rest] = weights;
  return { bias, weights: rest };
}

export function chanceOf({ bias, weights }: Logistic, input: readonly number[]): number {
  return sigmoid(bias + dot(weights, input));
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}

/** Solves `matrix · x = right` for a positive definite matrix (Cholesky). */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const size = right.length;
  const lower = Array.from({ length: size }, () => Array.from({ length: size }, () => 0));
  const at = (row: number, column: number) => lower[row]?.[column] ?? 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i]?.[j] ?? 0;
      for (let k = 0; k < j; k++) sum -= at(i, k) * at(j, k);
      (lower[i] as number[])[j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / at(j, j);
    }
  }
  const forward: number[] = [];
  for (let i = 0; i < size; i++) {
    let sum = right[i] ?? 0;
    for (let k = 0; k < i; k++) sum -= at(i, k) * (forward[k] ?? 0);
    forward.push(sum / at(i, i));
  }
  const solution = Array.from({ length: size }, () => 0);
  for (let i = size - 1; i >= 0; i--) {
    let sum = forward[i] ?? 0;
    for (let k = i + 1; k < size; k++) sum -= at(k, i) * (solution[k] ?? 0);
    solution[i] = sum / at(i, i);
  }
  return solution;
}
