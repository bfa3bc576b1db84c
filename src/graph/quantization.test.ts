import { describe, expect, test } from 'vitest';
import { convnet5, densenet, randomParameters } from '../networks/index.ts';
import { observing } from '../runtime/index.ts';
import { multipliesBytesExactly, nodeRuntime, openSession } from '../runtime/node/index.ts';
import { flowSizes } from '../streams/flow.ts';
import { pictureSizes } from '../streams/picture.ts';
import { Random } from '../support/random.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import { byByteProducts } from './byte-products.ts';
import { byteConvolution, byteMaxPool, dequantize, quantize } from './bytes.ts';
import { evaluate, input, parametersOf, quantized, type Ranges, type Value } from './index.ts';
import { rewrite } from './rewrites.ts';

const random = Random.seeded(1);
const drawn = (shape: readonly number[]): Tensor => ({
  shape,
  data: Float32Array.from({ length: elementCount(shape) }, () => 2 * random.uniform() - 1),
});
const wholes = (count: number, most: number) =>
  Array.from({ length: count }, () => random.integer(2 * most + 1) - most);

/** Others compute networks in float32, whatever is known of their ranges. */
const exact = await multipliesBytesExactly();

/** What the runtime makes of bytes, and their definition. */
async function isExact(
  [channels, outputs]: readonly [number, number],
  groups: number,
  side: number,
  stride: number,
  padding: number,
  zero: number,
): Promise<void> {
  const scales = Float32Array.from({ length: channels }, () => 1 / 128);
  const zeros = new Uint8Array(channels).fill(zero);
  const x = quantize(input('x', [2, channels, 9, 7]), scales, zeros);
  const weights = {
    weight: {
      shape: [outputs, channels / groups, side, side],
      data: Int8Array.from(wholes((outputs * channels * side * side) / groups, 127)),
    },
    bias: Int32Array.from(wholes(outputs, 4000)),
    multipliers: Float32Array.from({ length: outputs }, () => 0.002 + 0.004 * random.uniform()),
  };
  const attributes = {
    stride: [stride, stride],
    padding: [padding, padding],
    dilation: [1, 1],
    groups,
    zero,
  } as const;
  const y = byteConvolution(x, weights, attributes);
  const pooled = byteMaxPool(y, { kernel: [2, 2], stride: [1, 1], padding: [0, 0] });
  const ones = new Float32Array(outputs).fill(1);
  const outputsOf = {
    y: dequantize(y, ones, new Uint8Array(outputs)),
    pooled: dequantize(pooled, ones, new Uint8Array(outputs)),
  };
  const given = { x: drawn([2, channels, 9, 7]) };
  const session = await openSession(outputsOf, { threads: 1 });
  const found = await session.run(given);
  await session.close();
  const expected = evaluate(outputsOf, given);
  for (const name of ['y', 'pooled'] as const) {
    expect(Array.from(found[name]!.data)).toEqual(Array.from(expected[name]!.data));
    expect(new Set(found[name]!.data).size).toBeGreaterThan(20);
  }
}

test.skipIf(!exact).each([
  ['3 × 3 with margins', [8, 8], 1, 3, 1, 1, 17],
  ['1 × 1', [8, 8], 1, 1, 1, 0, 0],
  ['strides', [8, 8], 1, 3, 2, 1, 128],
  ['one for each channel', [8, 8], 8, 1, 1, 0, 0],
] as const)(
  'a convolution of bytes is computed by the runtime as it is defined, bit for bit: %s',
  (_, channels, groups, side, stride, padding, zero) =>
    isExact(channels, groups, side, stride, padding, zero),
);

/** What a network shows of inputs, as the ranges of what it is computed in. */
async function rangesOf(output: Value, parameters: ReadonlyMap<string, Tensor>, x: Tensor): Promise<Ranges> {
  const { runtime, ranges } = observing(nodeRuntime({ threads: 2 }));
  const session = await runtime.open({ output }, parameters);
  await session.run({ x });
  await session.close();
  return ranges();
}

describe.skipIf(!exact)('networks in bytes', () => {
  test.each([
    ['convnet5', (x: Value) => convnet5(x, { prefix: '' }, flowSizes.compact)],
    ['DenseNet', (x: Value) => densenet(x, { prefix: '' }, pictureSizes.compact)],
  ])(
    '%s answers nearly as in float32, and the runtime as the reference',
    async (_, network) => {
      const shape = [2, 3, 64, 64];
      const output = network(input('x', shape));
      const parameters = randomParameters(parametersOf({ output }), 1);
      const ranges = await rangesOf(output, parameters, drawn(shape));
      const x = drawn(shape);
      const answers = async (of?: Ranges) => {
        const session = await openSession({ output }, { parameters, threads: 2, ...(of && { ranges: of }) });
        const { data } = (await session.run({ x })).output!;
        await session.close();
        return data;
      };
      const [floats, bytes] = [await answers(), await answers(ranges)];
      const apart = (a: ArrayLike<number>, b: ArrayLike<number>) => {
        let [errors, squares] = [0, 0];
        for (let i = 0; i < a.length; i++) {
          errors += (a[i]! - b[i]!) ** 2;
          squares += b[i]! ** 2;
        }
        return Math.sqrt(errors / squares);
      };
      expect(apart(bytes, floats)).toBeLessThan(0.05);
      expect(apart(bytes, floats)).toBeGreaterThan(1e-4);
      const [reference] = quantized([output], ranges, parameters);
      const { output: expected } = evaluate({ output: reference! }, { ...Object.fromEntries(parameters), x });
      // a byte that falls on the other side of a half moves those behind it by one, no more
      expect(apart(bytes, expected!.data)).toBeLessThan(0.01);
    },
    120_000,
  );
});

test.skipIf(!exact)('so is one whose bytes may be gathered first', async () => {
  await isExact([32, 96], 1, 3, 1, 1, 17);
});

test('a convolution whose bytes are gathered first keeps its numbers', () => {
  const [channels, outputs] = [64, 96];
  const shape = [1, channels, 2, 3];
  const x = quantize(input('x', shape), new Float32Array(channels).fill(1 / 128), new Uint8Array(channels));
  const whole = {
    weight: { shape: [outputs, channels, 2, 2], data: Int8Array.from(wholes(outputs * channels * 4, 127)) },
    bias: Int32Array.from(wholes(outputs, 4000)),
    multipliers: new Float32Array(outputs).fill(0.001),
  };
  const attributes = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1, zero: 3 } as const;
  const y = byteConvolution(x, whole, attributes);
  const [moved] = rewrite([y], byByteProducts);
  expect(moved!.attributes).toMatchObject({ weightZero: -1 });
  const given = { x: drawn(shape) };
  expect(evaluate({ y: moved! }, given).y).toEqual(evaluate({ y }, given).y);
});
