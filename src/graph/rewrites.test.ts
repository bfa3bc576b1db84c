import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import {
  averagePool,
  batchNorm,
  concat,
  convolution,
  evaluate,
  globalAveragePool,
  input,
  linear,
  maxPool,
  parameter,
  parametersOf,
  relu,
  type Value,
} from './index.ts';
import { lower } from './lowering.ts';
import { flattenConcat, foldBatchNorm, foldConstants, poolBeforePointwise, rewrite } from './rewrites.ts';
import { ordered } from './value.ts';

function norm(x: Value, name: string): Value {
  const perChannel = (part: string, trainable = true) =>
    parameter(`${name}.${part}`, [x.shape[1]!], { trainable });
  return batchNorm(x, {
    scale: perChannel('weight'),
    bias: perChannel('bias'),
    mean: perChannel('mean', false),
    variance: perChannel('variance', false),
  });
}
const weight = (name: string, x: Value, channels: number, size: number) =>
  parameter(name, [channels, x.shape[1]!, size, size]);

/** What DenseNet is made of: norm after and before convolutions, concatenation, a transition. */
function denseNetwork(image: Value): Value {
  const stem = convolution(image, weight('stem', image, 4, 3), {
    stride: 2,
    padding: 1,
    bias: parameter('stem.bias', [4]),
  });
  const first = maxPool(relu(norm(stem, 'norm0')), { kernel: 3, stride: 2, padding: 1 });
  const active = relu(norm(first, 'norm1'));
  const bottleneck = relu(norm(convolution(active, weight('conv1', active, 8, 1)), 'norm2'));
  const grown = concat(
    [first, convolution(bottleneck, weight('conv2', bottleneck, 4, 3), { padding: 1 })],
    1,
  );
  const last = relu(norm(grown, 'norm3'));
  const pooled = averagePool(convolution(last, weight('conv3', last, 4, 1)), { kernel: 2 });
  return linear(globalAveragePool(pooled), parameter('weight', [2, 4]), parameter('bias', [2]));
}

const image = input('image', [2, 3, 16, 16]);
const y = denseNetwork(image);

function randomTensor({ shape, name }: { shape: readonly number[]; name: string }, random: Random): Tensor {
  const positive = name.endsWith('variance');
  const data = Float32Array.from({ length: elementCount(shape) }, () => random.normal());
  return { shape, data: positive ? data.map(Math.abs) : data };
}
const random = Random.seeded(1);
const parameters = new Map(parametersOf(y).map((p) => [p.name, randomTensor(p, random)] as const));
const imageTensor = randomTensor({ shape: image.shape, name: 'image' }, random);
const feeds: Record<string, Tensor> = { ...Object.fromEntries(parameters), image: imageTensor };
const expected = evaluate({ y }, feeds).y;
const operationsOf = (value: Value) => ordered([value]).map(({ operation }) => operation.name);

test('a network keeps its numbers with its parameters as inputs, and with them folded in', async () => {
  for (const given of [new Map(), parameters]) {
    const { bytes, inputs } = lower({ y }, given);
    const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 });
    const tensors = [...inputs.keys()].map((name) => [
      name,
      new OnnxTensor(feeds[name]!.data, feeds[name]!.shape),
    ]);
    const [result] = Object.values(await session.run(Object.fromEntries(tensors)));
    await session.release();
    for (const [i, value] of expected.data.entries()) expect(result!.data[i]).toBeCloseTo(value, 4);
  }
  expect([...lower({ y }, parameters).inputs.keys()]).toEqual(['image']);
});

test('each rewrite keeps the numbers', () => {
  for (const rule of [foldBatchNorm, poolBeforePointwise, foldConstants]) {
    const result = evaluate({ y: rewrite([y], rule)[0]! }, feeds).y;
    for (const [i, value] of expected.data.entries()) expect(result.data[i]).toBeCloseTo(value, 10);
  }
});

test('a frozen batch norm after a convolution disappears into it', () => {
  const count = (value: Value) => operationsOf(value).filter((name) => name === 'batchNorm').length;
  expect(count(y)).toBe(4);
  expect(count(rewrite([y], foldBatchNorm)[0]!)).toBe(2);
});

test('a batch norm stays where the convolution is needed by itself, or the statistics depend on it', () => {
  const x = convolution(image, weight('w', image, 2, 1));
  const [, shared] = rewrite([x, norm(x, 'norm')], foldBatchNorm);
  expect(operationsOf(shared!)).toContain('batchNorm');
});

test('a concatenation of concatenations becomes one, if along the same axis', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => input(name, [2, 2])) as [Value, Value, Value];
  const flat = (value: Value) => rewrite([value], flattenConcat)[0]!.inputs;
  expect(flat(concat([concat([a, b], 1), c], 1))).toEqual([a, b, c]);
  expect(flat(concat([concat([a, b], 0), concat([c, c], 0)], 1))).toHaveLength(2);
});

test('average pooling moves before a 1×1 convolution', () => {
  const names = operationsOf(rewrite([y], poolBeforePointwise)[0]!);
  expect(names.indexOf('averagePool')).toBeLessThan(names.lastIndexOf('convolution'));
});
