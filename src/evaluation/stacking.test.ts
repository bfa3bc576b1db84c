import { expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { stackedWeights } from './stacking.ts';

const random = Random.seeded(4);
const draw = (count: number) => Array.from({ length: count }, () => random.normal());

/** Mean squared error of a weighted mean. */
function error(weights: readonly number[], predictions: readonly number[][], labels: readonly number[]) {
  const errors = labels.map(
    (label, i) => weights.reduce((sum, weight, k) => sum + weight * predictions[k]![i]!, 0) - label,
  );
  return errors.reduce((sum, value) => sum + value * value, 0) / labels.length;
}

test('no weights of a fine grid do better, also where a predictor is best left out', () => {
  const zeros: number[] = [];
  for (let run = 0; run < 12; run++) {
    const labels = draw(20);
    const noise = draw(20);
    const predictions = [0.4, 0.8, 1.5].map((size) =>
      labels.map((label, i) => label + size * random.normal() + 0.5 * noise[i]!),
    );
    const weights = stackedWeights(predictions, labels);
    expect(weights.every((weight) => weight >= 0)).toBe(true);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
    zeros.push(weights.filter((weight) => weight === 0).length);
    const found = error(weights, predictions, labels);
    const steps = 50;
    for (let a = 0; a <= steps; a++)
      for (let b = 0; a + b <= steps; b++) {
        const grid = [a, b, steps - a - b].map((part) => part / steps);
        expect(found).toBeLessThanOrEqual(error(grid, predictions, labels) + 1e-7);
      }
  }
  expect(Math.max(...zeros)).toBeGreaterThan(0);
});

test('equal predictions have equal parts, the true one all', () => {
  const labels = draw(9);
  const off = labels.map((label) => label + 1);
  for (const weight of stackedWeights([off, off, off], labels)) expect(weight).toBeCloseTo(1 / 3, 6);
  const [true1, other] = stackedWeights([labels, off], labels);
  expect(true1).toBeCloseTo(1, 6);
  expect(other).toBeCloseTo(0, 6);
  expect(stackedWeights([labels, labels], labels)).toEqual([0.5, 0.5]);
});

test('it is linear regression where that needs no bounds: a closed form of two', () => {
  const labels = draw(30);
  const [a, b] = [0.5, 0.7].map((size) => labels.map((label) => label + size * random.normal())) as [
    number[],
    number[],
  ];
  // of w a + (1 − w) b the derivative is 0
  const products = a.reduce((sum, value, i) => sum + (value - b[i]!) * (labels[i]! - b[i]!), 0);
  const squares = a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
  expect(stackedWeights([a, b], labels)[0]).toBeCloseTo(products / squares, 6);
});
