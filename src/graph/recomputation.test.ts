import { expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { elementCount } from '../support/tensor.ts';
import {
  batchNorm,
  batchNormOfBatch,
  concat,
  convolution,
  evaluate,
  globalAveragePool,
  gradients,
  input,
  multiply,
  type ParameterValue,
  parameter,
  parametersOf,
  reduceMean,
  relu,
  type Value,
} from './index.ts';
import { inOrderOfUse } from './lowering.ts';
import { beforeGradients, flattenConcat, rewrite, share } from './rewrites.ts';
import { ordered } from './value.ts';

/** Dense layers of 4 channels, whose batch norms use the statistics of the batch or given ones. */
function denseBlock(layers: number, ofBatch: boolean): Value {
  const normRelu = (x: Value, name: string) => {
    const perChannel = (part: string, trainable = true) =>
      parameter(`${name}.${part}`, [x.shape[1]!], { trainable });
    const statistics = {
      scale: perChannel('scale'),
      bias: perChannel('bias'),
      mean: perChannel('mean', false),
      variance: perChannel('variance', false),
    };
    return relu(ofBatch ? batchNormOfBatch(x, statistics).output : batchNorm(x, statistics));
  };
  const convolve = (x: Value, name: string, channels: number, size: number) =>
    convolution(x, parameter(name, [channels, x.shape[1]!, size, size]), { padding: (size - 1) / 2 });
  let y = convolve(input('x', [2, 3, 8, 8]), 'stem', 8, 3);
  for (let i = 0; i < layers; i++) {
    const narrow = convolve(normRelu(y, `${i}.norm1`), `${i}.conv1`, 8, 1);
    y = concat([y, convolve(normRelu(narrow, `${i}.norm2`), `${i}.conv2`, 4, 3)], 1);
  }
  return normRelu(y, 'last');
}

function lossOf(map: Value): Value {
  const features = globalAveragePool(map);
  return reduceMean(multiply(features, features));
}

const trainable = (loss: Value): ParameterValue[] => parametersOf(loss).filter((p) => p.trainable);

/** The loss and its gradients, as they are lowered. */
function pass(loss: Value, by: readonly Value[], recompute: boolean): Value[] {
  const outputs = [loss, ...gradients(loss, by, { recompute })];
  return [...beforeGradients, flattenConcat, share()].reduce(rewrite, outputs);
}

/** The most elements alive at once, if each array lives from its computation to its last use. */
function peak(outputs: readonly Value[]): number {
  const order = inOrderOfUse(outputs, ({ inputs }) => inputs);
  // These copy nothing: they are the array they are made of.
  const array = (value: Value): Value =>
    ['kept', 'reshape'].includes(value.operation.name) ? array(value.inputs[0]!) : value;
  const lastUse = new Map<Value, number>();
  order.forEach((value, i) => {
    for (const used of [value, ...value.inputs]) lastUse.set(array(used), i);
  });
  let [alive, most] = [0, 0];
  order.forEach((value, i) => {
    if (array(value) === value) alive += elementCount(value.shape);
    most = Math.max(most, alive);
    for (const used of new Set([value, ...value.inputs].map(array)))
      if (lastUse.get(used) === i) alive -= elementCount(used.shape);
  });
  return most;
}

const count = (values: readonly Value[], operation: string) =>
  ordered(values).filter(({ operation: { name } }) => name === operation).length;

test.each([false, true])(
  'the numbers stay the same to the last bit (statistics of the batch: %s)',
  (ofBatch) => {
    const loss = lossOf(denseBlock(3, ofBatch));
    const random = Random.seeded(1);
    const feeds = Object.fromEntries(
      [{ name: 'x', shape: [2, 3, 8, 8] }, ...parametersOf(loss)].map(({ name, shape }) => [
        name,
        { shape, data: Float64Array.from({ length: elementCount(shape) }, () => 0.1 + random.uniform()) },
      ]),
    );
    const [kept, again] = [false, true].map((recompute) =>
      evaluate(Object.fromEntries(gradients(loss, trainable(loss), { recompute }).entries()), feeds),
    );
    expect(again).toEqual(kept);
  },
);

test.each([false, true])('fewer arrays are alive at once (statistics of the batch: %s)', (ofBatch) => {
  const peaks = [8, 16].map((layers) => {
    const loss = lossOf(denseBlock(layers, ofBatch));
    return [false, true].map((recompute) => peak(pass(loss, trainable(loss), recompute)));
  });
  const [[kept, again], [keptOfTwice, againOfTwice]] = peaks as [[number, number], [number, number]];
  expect(again).toBeLessThan(0.6 * kept);
  // Concatenations are what grows with the square of the layers.
  expect(keptOfTwice / kept).toBeGreaterThan(2.7);
  expect(againOfTwice / again).toBeLessThan(2.1);
});

test('only what the gradients need is computed again', () => {
  const loss = lossOf(denseBlock(6, false));
  const last = trainable(loss).filter(({ name }) => name.startsWith('5.') || name.startsWith('last.'));
  expect(count(pass(loss, trainable(loss), true), 'batchNorm')).toBe(2 * 7);
  expect(count(pass(loss, last, true), 'batchNorm')).toBe(7 + 2);
});
