// Against the convolution's own definition in float64: the rewritten expressions, and what ONNX Runtime computes of them.
import fc from 'fast-check';
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import { evaluate } from './evaluate.ts';
import {
  constant,
  convolution,
  gradients,
  input,
  maxPool,
  multiply,
  parameter,
  reduceSum,
  relu,
} from './index.ts';
import { lower } from './lowering.ts';
import { outputName, weightsFile } from './onnx.ts';
import { placesFirstRule } from './places-first.ts';
import { rewrite } from './rewrites.ts';
import { stridesAsChannels } from './strides-as-channels.ts';
import { ordered, type Value } from './value.ts';
import { isWorthTiles, winograd } from './winograd.ts';
import { winogradLines } from './winograd-lines.ts';
import { leastTiling } from './winograd-matrices.ts';

const always = () => true;
const namesOf = (values: readonly Value[]) => new Set(ordered(values).map(({ operation }) => operation.name));

function drawn(shape: readonly number[], random: Random): Tensor {
  return { shape, data: Float32Array.from({ length: elementCount(shape) }, () => random.normal()) };
}

/** The largest difference, in parts of the largest number. */
function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [found, expected] = [Array.from(a), Array.from(b)];
  expect(found.length).toBe(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - found[i]!))) / largest;
}

const two = <T>(item: fc.Arbitrary<T>) => fc.tuple(item, item);
const cases = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  channels: two(fc.integer({ min: 1, max: 3 })),
  window: fc.constantFrom(3, 5),
  padding: two(fc.integer({ min: 0, max: 3 })),
  // up to three strips of tiles
  places: two(fc.integer({ min: 1, max: 42 })),
  pool: fc.constantFrom([1, 1], [2, 2], [3, 2], [3, 1]),
});

/** A convolution, biased, and what may come after it, with its gradients by all that it takes. */
function network({
  batch,
  channels,
  window,
  padding,
  places,
  pool,
}: typeof cases extends fc.Arbitrary<infer T> ? T : never) {
  const sizes = places.map((count, i) => Math.max(count + window - 1 - 2 * padding[i]!, 1));
  const x = input('x', [batch, channels[0], ...sizes]);
  const weight = parameter('weight', [channels[1], channels[0], window, window]);
  const bias = parameter('bias', [channels[1]]);
  const y = convolution(x, weight, { padding, bias });
  const [kernel, stride] = pool as [number, number];
  const pooled = Math.min(...y.shape.slice(2)) < kernel ? y : maxPool(y, { kernel, stride });
  const active = relu(pooled);
  const by = [x, weight, bias];
  const loss = reduceSum(multiply(active, input('slopes', active.shape)), [0, 1, 2, 3]);
  return { inputs: [...by, input('slopes', active.shape)], outputs: [active, ...gradients(loss, by)] };
}

function expectSame(values: readonly Value[], others: readonly Value[], feeds: Record<string, Tensor>): void {
  const [expected, found] = [values, others].map((each) =>
    evaluate(Object.fromEntries(each.map((value, i) => [i, value])), feeds),
  );
  // Matrices are of float32.
  for (const [i, { data }] of Object.entries(expected!))
    if (data.some((value) => value !== 0)) expect(apart(found![i]!.data, data)).toBeLessThan(1e-10);
}

test('convolutions, what they pass back and their weights’ gradients keep their numbers', () => {
  fc.assert(
    fc.property(cases, fc.integer({ min: 1, max: 1e6 }), (drawnCase, seed) => {
      const { inputs, outputs } = network(drawnCase);
      const random = Random.seeded(seed);
      const feeds = Object.fromEntries(inputs.map((value) => [nameOf(value), drawn(value.shape, random)]));
      const tiled = [winograd(always), placesFirstRule].reduce(rewrite, outputs);
      expect([...namesOf(tiled)].filter((name) => name.startsWith('convolution'))).toEqual([]);
      expectSame(outputs, tiled, feeds);
    }),
    { numRuns: 30 },
  );
});

test('where weights stay, tiles are those with the fewest points, and the numbers the same', () => {
  const places = fc.integer({ min: 1, max: 42 });
  fc.assert(
    fc.property(
      fc.record({ window: fc.constantFrom(3, 5), height: places, width: places }),
      fc.integer({ min: 1, max: 1e6 }),
      ({ window, height, width }, seed) => {
        const random = Random.seeded(seed);
        const x = input('x', [2, 2, height, width]);
        const weight = constant(drawn([3, 2, window, window], random));
        const y = convolution(x, weight, { padding: window >> 1 });
        const tiled = [winograd(always), placesFirstRule].reduce(rewrite, [y]);
        expect([...namesOf(tiled)].filter((name) => name.startsWith('convolution'))).toEqual([]);
        expectSame([y], tiled, { x: drawn(x.shape, random) });
      },
    ),
    { numRuns: 30 },
  );
  expect(leastTiling(3, [13, 13]).results).toBe(5);
  expect(leastTiling(3, [16, 12]).results).toBe(4);
  expect(leastTiling(5, [27, 27]).results).toBe(4);
});

const nameOf = (value: Value) => (value.attributes as { name: string }).name;

test('with tiles along one axis, windows of 5×5 and their gradients keep their numbers', () => {
  const ofFive = cases.map((each) => ({ ...each, window: 5 as const }));
  fc.assert(
    fc.property(ofFive, fc.integer({ min: 1, max: 1e6 }), (drawnCase, seed) => {
      const { inputs, outputs } = network(drawnCase);
      const random = Random.seeded(seed);
      const feeds = Object.fromEntries(inputs.map((value) => [nameOf(value), drawn(value.shape, random)]));
      const tiled = [winogradLines(always), placesFirstRule].reduce(rewrite, outputs);
      expect([...namesOf(tiled)].filter((name) => name.startsWith('convolution'))).toEqual([]);
      expectSame(outputs, tiled, feeds);
    }),
    { numRuns: 20 },
  );
});

test('a stride over few channels becomes channels', () => {
  const strided = fc.record({
    channels: fc.integer({ min: 1, max: 3 }),
    window: fc.integer({ min: 2, max: 11 }),
    stride: fc.integer({ min: 2, max: 4 }),
    padding: fc.integer({ min: 0, max: 3 }),
    extra: fc.integer({ min: 0, max: 9 }),
  });
  fc.assert(
    fc.property(
      strided,
      fc.integer({ min: 1, max: 1e6 }),
      ({ channels, window, stride, padding, extra }, seed) => {
        const size = Math.max(window - 2 * padding, 1) + extra;
        const x = input('x', [2, channels, size, size]);
        const weight = parameter('weight', [3, channels, window, window]);
        const y = convolution(x, weight, { stride, padding });
        const [slope] = gradients(reduceSum(multiply(y, input('slopes', y.shape)), [0, 1, 2, 3]), [weight]);
        const random = Random.seeded(seed);
        const feeds = Object.fromEntries(
          [x, weight, input('slopes', y.shape)].map((value) => [nameOf(value), drawn(value.shape, random)]),
        );
        const [plain, changed] = [[y, slope!], rewrite([y, slope!], stridesAsChannels(always))].map(
          ([result, gradient]) => evaluate({ result: result!, gradient: gradient! }, feeds),
        );
        for (const name of ['result', 'gradient'] as const)
          expect(apart(changed![name]!.data, plain![name]!.data)).toBeLessThan(1e-12);
      },
    ),
    { numRuns: 30 },
  );
});

describe('a ConvNet of enough channels', () => {
  const x = input('x', [4, 3, 63, 63]);
  const layer = (from: Value, name: string, window: number, options = {}) =>
    relu(
      convolution(from, parameter(`${name}.weight`, [64, from.shape[1]!, window, window]), {
        padding: window >> 1,
        bias: parameter(`${name}.bias`, [64]),
        ...options,
      }),
    );
  const first = layer(x, 'first', 11, { stride: 4, padding: 2 });
  const y = maxPool(layer(layer(first, 'second', 5), 'third', 3), { kernel: 3, stride: 2 });
  const random = Random.seeded(1);
  const names = ['first', 'second', 'third'].flatMap((name) => [`${name}.weight`, `${name}.bias`]);
  const trained = ordered([y]).filter((value) => value.operation.name === 'parameter');
  // Activations neither vanish nor grow.
  const parameters = new Map(
    trained.map(({ shape, attributes }) => {
      const tensor = drawn(shape, random);
      const deviation = Math.sqrt(2 / elementCount(shape.slice(1)));
      const { name } = attributes as { name: string };
      return [
        name,
        shape.length === 1 ? tensor : { shape, data: tensor.data.map((v) => v * deviation) },
      ] as const;
    }),
  );
  const feeds: Record<string, Tensor> = { x: drawn(x.shape, random), slopes: drawn(y.shape, random) };
  const loss = reduceSum(multiply(y, input('slopes', y.shape)), [0, 1, 2, 3]);
  const slopes = gradients(loss, trained);
  const outputs: Record<string, Value> = {
    y,
    ...Object.fromEntries(trained.map((value, i) => [nameOf(value), slopes[i]!])),
  };
  const expected: Record<string, { data: ArrayLike<number> }> = evaluate(outputs, {
    ...feeds,
    ...Object.fromEntries(parameters),
  });

  test.each(['constant', 'trained'])('is computed to 1e-5 with %s weights', async (kind) => {
    const isConstant = kind === 'constant';
    const target = { lowering: 'cpu', block: 0 } as const;
    const model = lower(isConstant ? { y } : outputs, isConstant ? parameters : new Map(), target);
    const session = await InferenceSession.create(model.bytes, {
      ...(model.weights && { externalData: [{ path: weightsFile, data: model.weights }] }),
      logSeverityLevel: 3,
    });
    const all: Record<string, Tensor> = { ...feeds, ...Object.fromEntries(parameters) };
    const given = [...model.inputs.keys()].map(
      (name) => [name, new OnnxTensor(all[name]!.data, all[name]!.shape)] as const,
    );
    const results = await session.run(Object.fromEntries(given));
    await session.release();
    for (const [name, { data }] of Object.entries(results))
      expect(apart(data as Float32Array, expected[outputName(name)]!.data)).toBeLessThan(1e-5);
    expect(Object.keys(results)).toHaveLength(isConstant ? 1 : 1 + names.length);
  });

  test('has its convolutions in tiles', () => {
    const rules = [stridesAsChannels(isWorthTiles), winograd(isWorthTiles), placesFirstRule];
    const left = namesOf(rules.reduce(rewrite, Object.values(outputs)));
    for (const name of ['convolution', 'convolutionWeightGradient', 'maxPool', 'maxPoolGradient'])
      expect(left).not.toContain(name);
  });
});
