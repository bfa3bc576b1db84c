import { expect, test } from 'vitest';
import type { Tensor } from '../support/tensor.ts';
import { adam, adamW, clipByGlobalNorm, groupedRate, sgd, warmupCosine } from './optimizers.ts';

const tensors = (entries: Record<string, number[]>, shape?: number[]): Map<string, Tensor> =>
  new Map(
    Object.entries(entries).map(([name, data]) => [
      name,
      { shape: shape ?? [data.length], data: Float32Array.from(data) },
    ]),
  );

test.each([
  ['Adam', adam(), 0.1],
  ['AdamW', adamW(), 0.1],
  ['SGD', sgd(), 0.05],
])('%s finds the minimum of a bowl', (_, optimizer, rate) => {
  const parameters = tensors({ x: [3, -2] });
  const state = optimizer.init(parameters);
  for (let step = 0; step < 500; step++) {
    const slope = parameters.get('x')!.data.map((value, i) => (i + 1) * value);
    optimizer.update(parameters, new Map([['x', { shape: [2], data: slope }]]), state, rate);
  }
  for (const value of parameters.get('x')!.data) expect(Math.abs(value)).toBeLessThan(1e-2);
  expect(state.step).toBe(500);
});

test('weight decay shrinks weights, and leaves biases and norms alone', () => {
  const optimizer = adamW({ weightDecay: 0.5 });
  for (const [shape, expected] of [
    [
      [1, 2],
      [0.95, -1.9],
    ],
    [[2], [1, -2]],
  ] as const) {
    const parameters = tensors({ x: [1, -2] }, [...shape]);
    optimizer.update(parameters, tensors({ x: [0, 0] }, [...shape]), optimizer.init(parameters), 0.1);
    expect([...parameters.get('x')!.data].map((value) => +value.toFixed(6))).toEqual(expected);
  }
});

test('a frozen parameter, which has no gradient, stays; each group moves at its own rate, of streams that have no pretrained files at that of the head', () => {
  const optimizer = sgd({ momentum: 0 });
  const names = [
    'flow.features.0.weight',
    'fusion.conv.weight',
    'sound.conv1.0.weight',
    'color.dense1.weight',
  ];
  const parameters = tensors(Object.fromEntries(names.map((name) => [name, [1]])));
  const gradients = tensors({ [names[0]!]: [1], [names[1]!]: [1], [names[3]!]: [1] });
  optimizer.update(
    parameters,
    gradients,
    optimizer.init(parameters),
    groupedRate({ backbone: 0.125, head: 0.5 }, {}),
  );
  expect(names.map((name) => parameters.get(name)!.data[0])).toEqual([0.875, 0.5, 1, 0.5]);
});

test('a gradient of an unknown or differently sized parameter is our own fault', () => {
  const optimizer = adam();
  const parameters = tensors({ x: [1] });
  const state = optimizer.init(parameters);
  expect(() => optimizer.update(parameters, tensors({ y: [1] }), state, 1)).toThrow(/internal: .* y$/);
  expect(() => optimizer.update(parameters, tensors({ x: [1, 2] }), state, 1)).toThrow(/internal: .* x$/);
});

test('gradients are clipped by their joint norm, and only when it is too large', () => {
  const gradients = tensors({ a: [3], b: [0, 4] });
  expect(clipByGlobalNorm(gradients, 10)).toBe(5);
  expect(gradients.get('a')!.data[0]).toBe(3);
  expect(clipByGlobalNorm(gradients, 1)).toBe(5);
  expect(clipByGlobalNorm(gradients, 1)).toBeCloseTo(1, 6);
  expect(clipByGlobalNorm(tensors({ a: [Number.NaN] }), 1)).toBeNaN();
});

test('the rate warms up in a line and falls along half a cosine', () => {
  const rates = Array.from({ length: 12 }, (_, step) =>
    warmupCosine({ warmup: 2, total: 10, final: 0.1 }, step),
  );
  expect(rates.slice(0, 3)).toEqual([0.5, 1, 1]);
  expect(rates[6]).toBeCloseTo(0.55, 12);
  expect(rates.slice(10)).toEqual([0.1, 0.1]);
  for (let step = 3; step < 10; step++) expect(rates[step]).toBeLessThan(rates[step - 1]!);
});
