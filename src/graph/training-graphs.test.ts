// Loss and gradients of small networks that hold every pattern the passes look for: each lowering against float64.
import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import {
  averagePool,
  batchNorm,
  batchNormOfBatch,
  concat,
  convolution,
  evaluate,
  globalAveragePool,
  gradients,
  input,
  linear,
  maxPool,
  multiply,
  parameter,
  parametersOf,
  reduceMean,
  relu,
  subtract,
  type Value,
} from './index.ts';
import { lower, portable, type Target } from './lowering.ts';
import { outputName } from './onnx.ts';
import { ordered } from './value.ts';

const statistics = (x: Value, name: string) => {
  const perChannel = (part: string, trainable = true) =>
    parameter(`${name}.${part}`, [x.shape[1]!], { trainable });
  return {
    scale: perChannel('scale'),
    bias: perChannel('bias'),
    mean: perChannel('mean', false),
    variance: perChannel('variance', false),
  };
};
const normRelu = (x: Value, name: string) => relu(batchNorm(x, statistics(x, name)));
const weight = (name: string, x: Value, channels: number, ...window: number[]) =>
  parameter(name, [channels, x.shape[1]!, ...window]);

/** DenseNet's parts: a stem with its pool, dense layers of 16-channel blocks, a transition, a last norm. */
function pictures(side: number, batch: number): Value {
  const x = input('x', [batch, 3, side, side]);
  const stem = normRelu(convolution(x, weight('stem', x, 16, 7, 7), { stride: 2, padding: 3 }), 'norm0');
  let y = maxPool(stem, { kernel: 3, stride: 2, padding: 1 });
  for (const layer of ['a', 'b']) {
    const active = normRelu(y, `${layer}.norm1`);
    const narrow = normRelu(convolution(active, weight(`${layer}.1`, active, 32, 1, 1)), `${layer}.norm2`);
    y = concat([y, convolution(narrow, weight(`${layer}.2`, narrow, 16, 3, 3), { padding: 1 })], 1);
  }
  if (y.shape[2]! % 2 > 0) return normRelu(y, 'last');
  const before = normRelu(y, 'transition.norm');
  y = averagePool(convolution(before, weight('transition', before, 16, 1, 1)), { kernel: 2 });
  return normRelu(y, 'last');
}

/** SoundNet's first layers. */
function waveform(samples: number, batch: number): Value {
  const x = input('x', [batch, 1, samples, 1]);
  const options = { stride: [2, 1], padding: [32, 0] } as const;
  const bias = parameter('1.bias', [16]);
  const first = convolution(x, weight('1', x, 16, 64, 1), { ...options, bias });
  const pooled = maxPool(normRelu(first, 'norm1'), { kernel: [8, 1] });
  const second = convolution(pooled, weight('2', pooled, 32, 4, 1), { stride: [2, 1], padding: [2, 0] });
  return normRelu(second, 'norm2');
}

function batchStatistics(side: number, batch: number): Value {
  const x = input('x', [batch, 3, side, side]);
  const y = convolution(x, weight('w', x, 8, 3, 3), { padding: 1 });
  const grown = concat([y, relu(batchNormOfBatch(y, statistics(y, 'norm')).output)], 1);
  return relu(batchNormOfBatch(grown, statistics(grown, 'last')).output);
}

const networks: Record<string, () => Value> = {
  pictures: () => pictures(32, 2),
  'one picture': () => pictures(32, 1),
  'one-pixel maps': () => pictures(4, 2),
  waveforms: () => waveform(3000, 2),
  'batch statistics': () => batchStatistics(6, 2),
};

/** What the numbers are: ordinary; with batch norms of slope 0 here and there; with a loss that is flat. */
const conditions: Record<string, (name: string, data: Float32Array) => void> = {
  'ordinary numbers': () => {},
  'scales of 0 and almost 0': (name, data) => {
    if (name.endsWith('.scale')) data.set([0, 1e-30, -1e-12].slice(0, data.length));
  },
  'gradients of 0': (name, data) => {
    if (name === 'head' || name === 'head.bias' || name === 'target') data.fill(0);
  },
};

function lossOf(map: Value): Value {
  const features = globalAveragePool(map);
  const head = parameter('head', [2, features.shape[1]!]);
  const error = subtract(
    linear(features, head, parameter('head.bias', [2])),
    input('target', [map.shape[0]!, 2]),
  );
  return reduceMean(multiply(error, error));
}

async function run(outputs: Record<string, Value>, feeds: Record<string, Tensor>, target: Target) {
  const { bytes, inputs } = lower(outputs, new Map(), target);
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const tensors = [...inputs.keys()].map((name) => [
    name,
    new OnnxTensor(feeds[name]!.data, feeds[name]!.shape),
  ]);
  const results = Object.entries(await session.run(Object.fromEntries(tensors)));
  await session.release();
  return results.map(([name, { data }]) => [outputName(name), data as Float32Array] as const);
}

const targets: Record<string, Target> = { portable, cpu: { lowering: 'cpu', block: 0 } };
// On other processors blocks are of another size; the session finds out which.
if (process.arch === 'x64') targets['cpu in blocks'] = { lowering: 'cpu', block: blockOfThisProcessor() };

function blockOfThisProcessor(): number {
  const flags = process.platform === 'linux' ? readFileSync('/proc/cpuinfo', 'utf8') : '';
  return flags.includes('avx512f') ? 16 : 8;
}

describe.each(Object.keys(networks))('%s', (network) => {
  test.each(Object.keys(conditions))(
    '%s: each lowering gives the gradients of float64',
    async (condition) => {
      const loss = lossOf(networks[network]!());
      const parameters = parametersOf(loss);
      const trained = parameters.filter(({ trainable }) => trainable);
      const random = Random.seeded(3);
      const feeds: Record<string, Tensor> = {};
      const x = networkInput(loss);
      for (const { name, shape } of [
        ...parameters,
        { name: 'x', shape: x.shape },
        { name: 'target', shape: [x.shape[0]!, 2] },
      ]) {
        const spread =
          shape.length > 2 && name !== 'x' ? Math.sqrt(2 / (elementCount(shape) / shape[0]!)) : 1;
        const data = Float32Array.from({ length: elementCount(shape) }, () => spread * random.normal());
        if (name.endsWith('.variance'))
          data.forEach((value, i) => {
            data[i] = 0.5 + Math.abs(value);
          });
        conditions[condition]!(name, data);
        feeds[name] = { shape, data };
      }
      const outputsOf = (recompute: boolean) => {
        const slopes = gradients(loss, trained, { recompute });
        return { loss, ...Object.fromEntries(trained.map(({ name }, i) => [name, slopes[i]!])) };
      };
      const outputs = outputsOf(false);
      const expected: Record<string, { data: Float64Array }> = evaluate(outputs, feeds);
      if (condition === 'gradients of 0') expect(expected.loss!.data[0]).toBe(0);
      for (const [target, settings] of Object.entries(targets))
        for (const recompute of [false, true])
          for (const [name, actual] of await run(outputsOf(recompute), feeds, settings)) {
            const scale = Math.max(1e-6, ...expected[name]!.data.map(Math.abs));
            const error = Math.max(...actual.map((value, i) => Math.abs(value - expected[name]!.data[i]!)));
            const label = `${name} on ${target}${recompute ? ', recomputed' : ''}`;
            expect(error / scale, label).toBeLessThan(1e-4);
          }
    },
  );
});

const networkInput = (loss: Value): Value =>
  ordered([loss]).find(({ attributes }) => (attributes as { name?: string }).name === 'x')!;
