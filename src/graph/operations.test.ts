// Every operation of the table: its lowering against its float64 reference, its gradient against finite differences.
import fc from 'fast-check';
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import * as arrays from './arrays.ts';
import * as convolutions from './convolution.ts';
import * as elementwise from './elementwise.ts';
import { evaluate } from './evaluate.ts';
import { gradients } from './gradients.ts';
import { constant, input } from './leaves.ts';
import { lower, portable, type Target } from './lowering.ts';
import * as matrices from './matrices.ts';
import * as normalization from './normalization.ts';
import { outputName } from './onnx.ts';
import * as pooling from './pooling.ts';
import type { Shape } from './shape.ts';
import { apply, type Operation, ordered, type Value } from './value.ts';

const modules = [arrays, convolutions, elementwise, matrices, normalization, pooling];
const isOperation = (item: unknown): item is Operation =>
  typeof item === 'object' && item !== null && 'reference' in item;
const table = modules.flatMap((module) => Object.values(module as object).filter(isOperation));

const size = fc.integer({ min: 1, max: 4 });
const shape = fc.array(size, { minLength: 1, maxLength: 4 });
const x = (sizes: Shape, name = 'x') => input(name, sizes);

/** Two shapes that broadcast: sizes of one of them are partly 1 or left out. */
const twoShapes = fc
  .record({
    full: shape,
    ones: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    drop: fc.nat(3),
    swap: fc.boolean(),
  })
  .map(({ full, ones, drop, swap }) => {
    const partial = full.map((n, axis) => (ones[axis] ? 1 : n)).slice(Math.min(drop, full.length - 1));
    return swap ? ([partial, full] as const) : ([full, partial] as const);
  });
const binary = (build: (a: Value, b: Value) => Value) => twoShapes.map(([a, b]) => build(x(a), x(b, 'b')));
const unary = (build: (a: Value) => Value) => shape.map((sizes) => build(x(sizes)));
const shapeAndAxis = shape.chain((sizes) => fc.tuple(fc.constant(sizes), fc.nat(sizes.length - 1)));

const two = <T>(item: fc.Arbitrary<T>) => fc.tuple(item, item);
const convolutionCase = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    groups: fc.integer({ min: 1, max: 2 }),
    channels: two(fc.integer({ min: 1, max: 2 })),
    kernel: two(fc.integer({ min: 1, max: 3 })),
    extra: two(fc.nat(4)),
    stride: two(fc.integer({ min: 1, max: 3 })),
    dilation: two(fc.integer({ min: 1, max: 2 })),
    padding: two(fc.nat(2)),
    withBias: fc.boolean(),
  })
  .map(({ batch, groups, channels, kernel, extra, withBias, ...options }) => {
    const reach = [0, 1].map(
      (i) => options.dilation[i]! * (kernel[i]! - 1) + 1 + extra[i]! - 2 * options.padding[i]!,
    );
    const image = x([batch, groups * channels[0], ...reach.map((n) => Math.max(n, 1))]);
    const weight = x([groups * channels[1], channels[0], ...kernel], 'weight');
    const bias = x([groups * channels[1]], 'bias');
    return convolutions.convolution(image, weight, {
      ...options,
      groups,
      ...(withBias && { bias }),
    }) as Value<convolutions.ConvolutionAttributes>;
  });

const poolCase = fc
  .record({
    maps: two(size),
    kernel: two(size),
    extra: two(fc.nat(4)),
    stride: two(fc.integer({ min: 1, max: 3 })),
    padded: fc.boolean(),
  })
  .map(({ maps, kernel, extra, stride, padded }) => {
    const padding = kernel.map((n) => (padded ? Math.floor(n / 2) : 0)) as [number, number];
    const image = x([...maps, kernel[0] + extra[0], kernel[1] + extra[1]]);
    return { image, kernel, stride, padding };
  });

/** For each operation, expressions that end in it. */
const cases: Record<string, fc.Arbitrary<Value>> = {
  relu: unary(elementwise.relu),
  exp: unary(elementwise.exp),
  sigmoid: unary(elementwise.sigmoid),
  clip: fc
    .tuple(shape, fc.integer({ min: -10, max: 10 }), fc.integer({ min: 1, max: 10 }))
    .map(([sizes, lowest, width]) => elementwise.clip(x(sizes), lowest / 10, (lowest + width) / 10)),
  log: unary((a) => elementwise.log(elementwise.exp(a))),
  sqrt: unary((a) => elementwise.sqrt(elementwise.exp(a))),
  step: unary(elementwise.step),
  add: binary(elementwise.add),
  subtract: binary(elementwise.subtract),
  multiply: binary(elementwise.multiply),
  divide: binary((a, b) => elementwise.divide(a, elementwise.exp(b))),
  equal: binary((a, b) => elementwise.equal(elementwise.step(a), elementwise.step(b))),
  reshape: unary((a) => arrays.reshape(a, [...a.shape, 1].reverse())),
  transpose: shape.chain((sizes) =>
    fc
      .shuffledSubarray([...sizes.keys()], { minLength: sizes.length })
      .map((order) => arrays.transpose(x(sizes), order)),
  ),
  slice: shapeAndAxis.chain(([sizes, axis]) =>
    fc
      .tuple(fc.nat(sizes[axis]! - 1), fc.nat(3))
      .map(([start, more]) => arrays.slice(x(sizes), axis, start, Math.min(start + 1 + more, sizes[axis]!))),
  ),
  pad: shape.chain((sizes) =>
    fc
      .tuple(fc.array(two(fc.nat(2)), { minLength: sizes.length, maxLength: sizes.length }), fc.integer())
      .map(([margins, fill]) => arrays.pad(x(sizes), margins, fill % 7)),
  ),
  concat: shapeAndAxis.chain(([sizes, axis]) =>
    fc.array(size, { minLength: 1, maxLength: 3 }).map((widths) =>
      arrays.concat(
        widths.map((n, i) => x(sizes.with(axis, n), `x${i}`)),
        axis,
      ),
    ),
  ),
  broadcast: twoShapes.map(([a, b]) => {
    const [small, large] = a.length > b.length || elementCount(a) > elementCount(b) ? [b, a] : [a, b];
    return apply(arrays.broadcastOperation, [x(small)], { shape: large });
  }),
  reduceSum: shape.chain((sizes) =>
    fc
      .tuple(fc.subarray([...sizes.keys()], { minLength: 1 }), fc.boolean())
      .map(([axes, keep]) => arrays.reduceSum(x(sizes), axes, keep)),
  ),
  matMul: fc
    .tuple(twoShapes, size, size, size)
    .map(([[a, b], rows, inner, columns]) =>
      matrices.matMul(x([...a.slice(-2), rows, inner]), x([...b.slice(-2), inner, columns], 'b')),
    ),
  convolution: convolutionCase,
  convolutionInputGradient: convolutionCase.map((y) =>
    convolutions.convolutionInputGradient(x(y.shape, 'dy'), y.inputs[1]!, y.inputs[0]!.shape, y.attributes),
  ),
  convolutionWeightGradient: convolutionCase.map((y) =>
    convolutions.convolutionWeightGradient(y.inputs[0]!, x(y.shape, 'dy'), y.inputs[1]!.shape, y.attributes),
  ),
  softmax: unary(normalization.softmax),
  batchNorm: fc.tuple(size, size, size, size).map((sizes) => {
    const [scale, bias, mean, variance] = ['scale', 'bias', 'mean', 'variance'].map((name) =>
      x([sizes[1]], name),
    );
    return normalization.batchNorm(x(sizes), {
      scale: scale!,
      bias: bias!,
      mean: mean!,
      variance: elementwise.exp(variance!),
    });
  }),
  maxPool: poolCase.map(({ image, ...options }) => pooling.maxPool(image, options)),
  maxPoolGradient: poolCase.map(({ image, ...options }) => {
    const ties = elementwise.step(image);
    const y = pooling.maxPool(ties, options) as Value<pooling.PoolAttributes>;
    return apply(pooling.maxPoolGradientOperation, [ties, y, x(y.shape, 'dy')], y.attributes);
  }),
  averagePool: poolCase.map(({ image, kernel, stride }) => pooling.averagePool(image, { kernel, stride })),
  averagePoolGradient: poolCase.map(({ image, kernel, stride }) => {
    const y = pooling.averagePool(image, { kernel, stride }) as Value<pooling.PoolAttributes>;
    return apply(pooling.averagePoolGradientOperation, [x(y.shape, 'dy')], {
      ...y.attributes,
      shape: image.shape,
    });
  }),
};

/** Normal numbers for every input of an expression. */
function feedsFor(outputs: readonly Value[], seed: number): Record<string, Tensor> {
  const random = Random.seeded(seed);
  const feeds: Record<string, Tensor> = {};
  for (const value of ordered(outputs))
    if (value.operation.name === 'input') {
      const data = Float32Array.from({ length: elementCount(value.shape) }, () => random.normal());
      feeds[(value.attributes as { name: string }).name] = { shape: value.shape, data };
    }
  return feeds;
}

async function runLowered(
  outputs: Record<string, Value>,
  feeds: Record<string, Tensor>,
  target: Target,
): Promise<Record<string, Tensor>> {
  const session = await InferenceSession.create(lower(outputs, new Map(), target).bytes, {
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
  });
  const given = Object.entries(feeds).map(([name, { shape, data }]) => [name, new OnnxTensor(data, shape)]);
  const results = await session.run(Object.fromEntries(given));
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { dims, data }]) => [
      outputName(name),
      { shape: dims, data: data as Float32Array },
    ]),
  );
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(1, ...Array.from(expected, Math.abs));
  for (let i = 0; i < expected.length; i++)
    if (!(Math.abs(actual[i]! - expected[i]!) <= tolerance * scale))
      expect(actual[i]).toBeCloseTo(expected[i]!, 6);
}

/**
 * The derivative of a loss by every element of an input, by central differences. Where those of the two sides differ
 * the element lies at a kink (of ReLU, of a maximum), which has no derivative to compare: NaN.
 */
function differences(loss: Value, feeds: Record<string, Tensor>, name: string): number[] {
  const data = Float64Array.from(feeds[name]!.data);
  const at = (i: number, shift: number) => {
    const moved = { shape: feeds[name]!.shape, data: data.with(i, data[i]! + shift) };
    return evaluate({ loss }, { ...feeds, [name]: moved }).loss.data[0]!;
  };
  const step = 1e-5;
  const here = at(0, 0);
  return Array.from(data, (_, i) => {
    const after = (at(i, step) - here) / step;
    const before = (here - at(i, -step)) / step;
    return Math.abs(after - before) > 1e-2 * Math.max(1, Math.abs(after)) ? Number.NaN : (after + before) / 2;
  });
}

test('every operation has a case', () => {
  expect(Object.keys(cases).sort()).toEqual(table.map(({ name }) => name).sort());
});

describe.each(table.map((operation) => ({ name: operation.name, operation })))(
  '$name',
  ({ name, operation }) => {
    test('lowers to ONNX nodes that give the numbers of the reference', async () => {
      await fc.assert(
        fc.asyncProperty(cases[name]!, fc.integer(), async (y, seed) => {
          expect(y.operation).toBe(operation);
          const feeds = feedsFor([y], seed);
          for (const target of [portable, { lowering: 'cpu', block: 0 } as const]) {
            const { y: actual } = await runLowered({ y }, feeds, target);
            expect(actual!.shape).toEqual(y.shape);
            expectClose(actual!.data, evaluate({ y }, feeds).y.data, 1e-5);
          }
        }),
        { numRuns: 40 },
      );
    });

    test.skipIf(!operation.gradient)('has the gradient of finite differences', () => {
      fc.assert(
        fc.property(cases[name]!, fc.integer(), (y, seed) => {
          const random = Random.seeded(seed ^ 1);
          const weights = constant({
            shape: y.shape,
            data: Array.from({ length: elementCount(y.shape) }, () => random.normal()),
          });
          const loss = arrays.reduceSum(elementwise.multiply(y, weights), [...y.shape.keys()]);
          const leaves = ordered([y]).filter((value) => value.operation.name === 'input');
          const feeds = feedsFor([y], seed);
          const expressions = gradients(loss, leaves);
          const results = evaluate(Object.fromEntries(expressions.map((value, i) => [i, value])), feeds);
          leaves.forEach((leaf, i) => {
            expect(results[i]!.shape).toEqual(leaf.shape);
            const { name } = leaf.attributes as { name: string };
            const expected = differences(loss, feeds, name);
            const smooth = (_: number, element: number) => !Number.isNaN(expected[element]);
            expectClose(Array.from(results[i]!.data).filter(smooth), expected.filter(smooth), 1e-6);
          });
        }),
        { numRuns: 25 },
      );
    });
  },
);
