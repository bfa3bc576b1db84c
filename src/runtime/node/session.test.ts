import { spawnSync } from 'node:child_process';
import { afterAll, expect, test } from 'vitest';
import { add, convolution, input, linear, multiply, onnxFile, parameter, relu } from '../../graph/index.ts';
import { InputError } from '../../support/errors.ts';
import { Random } from '../../support/random.ts';
import { elementCount, type Tensor } from '../../support/tensor.ts';
import { openOnnx, openSession } from './index.ts';

const image = input('image', [1, 1, 2, 2]);
const weight = parameter('weight', [1, 1, 1, 1]);
const y = relu(convolution(image, weight));
const tensor = (shape: number[], ...data: number[]): Tensor => ({ shape, data: Float32Array.from(data) });
const opened = openSession({ y, double: multiply(y, 2) });
afterAll(async () => (await opened).close());

test('runs with parameters as inputs', async () => {
  const session = await opened;
  expect([...session.inputs]).toEqual([
    ['image', [1, 1, 2, 2]],
    ['weight', [1, 1, 1, 1]],
  ]);
  const feeds = { image: tensor([1, 1, 2, 2], 1, -2, 3, 4), weight: tensor([1, 1, 1, 1], 2) };
  expect(await session.run(feeds)).toEqual({
    y: tensor([1, 1, 2, 2], 2, 0, 6, 8),
    double: tensor([1, 1, 2, 2], 4, 0, 12, 16),
  });
  expect(feeds.image.data[3]).toBe(4);
});

test('borrows what is lent, gives it back, and copies a part of a larger array', async () => {
  const session = await opened;
  const weights = Float32Array.of(0, 2);
  const lent = Float32Array.of(1, -2, 3, 4);
  const feeds = {
    image: { shape: [1, 1, 2, 2], data: lent },
    weight: { shape: [1, 1, 1, 1], data: weights.subarray(1) },
  };
  const running = session.run(feeds, ['image', 'weight']);
  expect(lent).toHaveLength(0);
  expect((await running).y).toEqual(tensor([1, 1, 2, 2], 2, 0, 6, 8));
  expect(feeds.image).toEqual(tensor([1, 1, 2, 2], 1, -2, 3, 4));
  expect([...weights]).toEqual([0, 2]);
  expect([...feeds.weight.data]).toEqual([2]);
});

test('computes a model of another program, by the names it has', async () => {
  const x = input('x', [1, 1, 2, 2]);
  const doubled = convolution(x, parameter('weight', [1, 1, 1, 1]));
  const { bytes } = onnxFile({ doubled }, new Map([['weight', tensor([1, 1, 1, 1], 2)]]), {});
  const session = await openOnnx(bytes, { threads: 1 });
  expect([...session.inputs]).toEqual([['x', [1, 1, 2, 2]]]);
  expect(await session.run({ x: tensor([1, 1, 2, 2], 1, 2, 3, 4) })).toEqual({
    doubled: tensor([1, 1, 2, 2], 2, 4, 6, 8),
  });
  await session.close();
  expect(bytes.length).toBeGreaterThan(0);
  await expect(openOnnx(Uint8Array.of(1, 2, 3))).rejects.toThrow(InputError);
});

test('what is large becomes part of a session, whose memory the caller need not keep', async () => {
  const shape = [1, 10_000];
  const x = input('x', shape);
  const numbers = Float32Array.from({ length: 10_000 }, (_, i) => i % 7);
  const weights = { shape, data: numbers };
  const session = await openSession(
    { y: multiply(x, parameter('weight', shape)), half: multiply(parameter('weight', shape), 0.5) },
    { parameters: new Map([['weight', weights]]) },
  );
  for (const factor of [1, 2]) {
    const { y, half } = await session.run({ x: { shape, data: new Float32Array(10_000).fill(factor) } });
    expect(y!.data).toEqual(numbers.map((value) => factor * value));
    expect(half!.data).toEqual(numbers.map((value) => value / 2));
  }
  await session.close();
});

test('runs with parameters given once', async () => {
  const session = await openSession({ y }, { parameters: new Map([['weight', tensor([1, 1, 1, 1], 2)]]) });
  expect(await session.run({ image: tensor([1, 1, 2, 2], 1, -2, 3, 4) })).toEqual({
    y: tensor([1, 1, 2, 2], 2, 0, 6, 8),
  });
  await session.close();
});

test('a session that runs rarely computes the same, in another way', async () => {
  const random = Random.seeded(5);
  const drawn = (...shape: number[]): Tensor => ({
    shape,
    data: Float32Array.from({ length: elementCount(shape) }, () => random.normal()),
  });
  const map = input('map', [5, 64, 13, 13]);
  const kernels = parameter('kernels', [64, 64, 3, 3]);
  const outputs = { found: convolution(map, kernels, { padding: 1 }) };
  const parameters = new Map([['kernels', drawn(64, 64, 3, 3)]]);
  const feeds = { map: drawn(5, 64, 13, 13) };
  const [often, rarely] = await Promise.all(
    [false, true].map(async (runsRarely) => {
      const session = await openSession(outputs, { parameters, runsRarely });
      const { found } = await session.run(feeds);
      await session.close();
      return found!.data;
    }),
  );
  expect(rarely).not.toEqual(often);
  const largest = Math.max(...often!.map(Math.abs));
  expect(Math.max(...often!.map((value, i) => Math.abs(value - rarely![i]!)))).toBeLessThan(1e-5 * largest);
});

test('an output may be named like an input', async () => {
  const w = parameter('w', [2]);
  const session = await openSession({ w: add(w, 1) });
  expect(await session.run({ w: tensor([2], 1, 2) })).toEqual({ w: tensor([2], 2, 3) });
  await session.close();
});

test('answers overlapping runs in order', async () => {
  const session = await opened;
  const values = Array.from({ length: 20 }, (_, i) => i);
  const results = await Promise.all(
    values.map((i) =>
      session.run({ image: tensor([1, 1, 2, 2], i, i, i, i), weight: tensor([1, 1, 1, 1], 1) }),
    ),
  );
  expect(results.map(({ y }) => y!.data[0])).toEqual(values);
});

test('says what is wrong with the arrays of a run', async () => {
  const session = await opened;
  const weight = tensor([1, 1, 1, 1], 1);
  await expect(session.run({ weight })).rejects.toThrow("run: 'image' [1,1,2,2] is not given");
  await expect(session.run({ weight, image: tensor([1, 1, 1, 2], 1, 2) })).rejects.toThrow(
    "run: 'image' is [1,1,2,2], got [1,1,1,2] with 2 numbers",
  );
  await expect(
    session.run({ weight, image: tensor([1, 1, 2, 2], 1, 2, 3, 4), extra: weight }),
  ).rejects.toThrow("unknown input 'extra'; one of: image, weight");
});

test('says which parameter has the wrong shape', async () => {
  const parameters = new Map([['weight', tensor([1, 1, 1, 2], 1, 2)]]);
  await expect(openSession({ y }, { parameters })).rejects.toThrow(
    "parameter 'weight' is [1,1,1,1], got [1,1,1,2]",
  );
});

test('a provider that is not there is a clear error', async () => {
  await expect(openSession({ y }, { provider: 'cuda' })).rejects.toThrow("cannot open a session on 'cuda': ");
});

test('a closed session refuses to run, and what was waiting fails', async () => {
  const session = await openSession({ y });
  const feeds = { image: tensor([1, 1, 2, 2], 1, 2, 3, 4), weight: tensor([1, 1, 1, 1], 1) };
  const waiting = expect(session.run(feeds)).rejects.toThrow('the session is closed');
  await session.close();
  await waiting;
  await expect(session.run(feeds)).rejects.toThrow('the session is closed');
});

test('shapes that do not fit are named', () => {
  const wide = input('wide', [8, 4, 224, 224]);
  expect(() => convolution(wide, parameter('w', [64, 3, 7, 7]))).toThrow(
    'convolution: weight [64,3,7,7] expects 3 input channels, got 4 in [8,4,224,224]',
  );
  expect(() => add(wide, input('other', [3, 1]))).toThrow('add: [8,4,224,224] and [3,1] do not broadcast');
  expect(() => linear(input('features', [2, 5]), parameter('w', [3, 4]))).toThrow(
    'linear: weight [3,4] expects 4 features, got [2,5]',
  );
});

/** Runs a program that has a `session` and may `run` it; what it prints and how it ends. */
function programThat(ends: string): Record<'status' | 'stdout' | 'stderr', unknown> {
  const program = `
    import { convolution, input, parameter } from '${new URL('../../../dist/graph/index.js', import.meta.url)}';
    import { openSession } from '${new URL('../../../dist/runtime/node/index.js', import.meta.url)}';
    const image = input('image', [8, 64, 128, 128]);
    const session = await openSession({ y: convolution(image, parameter('weight', [64, 64, 3, 3]), { padding: 1 }) });
    const zeros = (shape) => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b)) });
    const run = () => session.run({ image: zeros(image.shape), weight: zeros([64, 64, 3, 3]) });
    ${ends}
  `;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test('a program may exit during a run', () => {
  const ended = programThat('run(); setTimeout(() => process.exit(7), 30);');
  expect(ended).toEqual({ status: 7, stdout: '', stderr: '' });
});

test.each([0.5, 0.6, 0.7, 0.8, 0.9])(
  'a program that closes a session after %f of a run lasts until it is closed',
  (share) => {
    const ended = programThat(`
      await run(); // the first takes longer
      const begun = performance.now();
      await run();
      const wait = ${share} * (performance.now() - begun);
      run().catch(() => {});
      setTimeout(() => session.close().then(() => console.log('closed')), wait);
    `);
    expect(ended).toEqual({ status: 0, stdout: 'closed\n', stderr: '' });
  },
);
