// MobileNet and YAMNet in our own graph, with the weights of TensorFlow Lite files that lie beside the checkout.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  evaluate,
  gradients,
  input,
  multiply,
  parametersOf,
  reduceMean,
  type Value,
} from '../src/graph/index.ts';
import { mobilenet, randomParameters, yamnet, yamnetWindows } from '../src/networks/index.ts';
import { logMel, patchFeatures, resampled } from '../src/networks/yamnet.ts';
import { openSession } from '../src/runtime/node/index.ts';
import { Random } from '../src/support/random.ts';
import type { Tensor } from '../src/support/tensor.ts';
import { pretrainedFile, requirement } from '../src/support/testing.ts';
import { loadInto, parseTfliteModel, readModelWeights, tfliteExpression } from '../src/weights/index.ts';

const python = '/usr/bin/python3';
const hasNumpy = requirement('NumPy (python3-numpy)', () => {
  execFileSync(python, ['-c', 'import numpy'], { stdio: 'ignore' });
  return true;
});

async function run(
  outputs: Record<string, Value>,
  parameters: ReadonlyMap<string, Tensor>,
  feeds: Record<string, Tensor>,
) {
  const session = await openSession(outputs, { parameters });
  const results = await session.run(feeds);
  await session.close();
  return results;
}

/** The weights of a file for a network of ours, each of which has to be there. */
async function weightsFor(path: string, network: Value): Promise<Map<string, Tensor>> {
  const { parameters } = await readModelWeights(path);
  return loadInto(parametersOf(network), parameters, { source: path });
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const mean = (x: ArrayLike<number>) => Array.from(x).reduce((sum, v) => sum + v, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i]! - ma) * (b[i]! - mb);
    aa += (a[i]! - ma) ** 2;
    bb += (b[i]! - mb) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

/** A picture of soft blobs, as levels of 0 … 255 by channel. */
function picture(side: number): Float32Array {
  const random = Random.seeded(5);
  const blobs = Array.from({ length: 24 }, () => Array.from({ length: 4 }, () => random.uniform()));
  return Float32Array.from({ length: 3 * side * side }, (_, i) => {
    const [channel, y, x] = [
      Math.floor(i / side ** 2),
      (Math.floor(i / side) % side) / side,
      (i % side) / side,
    ];
    const light = blobs.reduce(
      (sum, [cx, cy, width, level], k) =>
        sum +
        (k % 3 === channel ? 1 : 0.4) *
          level! *
          Math.exp(-((x - cx!) ** 2 + (y - cy!) ** 2) / (0.01 + 0.05 * width!)),
      0,
    );
    return Math.round(Math.min(255, 90 * light));
  });
}

const pictureNetworks = [
  [1, 'coral/mobilenet_v1_1.0_224_quant_embedding_extractor.tflite', 'AVERAGE_POOL_2D', 1024],
  [2, 'coral/mobilenet_v2_1.0_224_quant.tflite', 'AVERAGE_POOL_2D', 1280],
  [2, 'coral/tf2_mobilenet_v2_1.0_224_ptq.tflite', 'MEAN', 1280],
] as const;

describe.each(pictureNetworks)('MobileNetV%i of %s', (version, name, last, channels) => {
  const path = pretrainedFile(name);
  test.skipIf(!path)('gives the features that the file itself gives (needs ../shared/models)', async () => {
    const x = input('picture', [1, 3, 224, 224]);
    const map = mobilenet(x, { prefix: 'picture.' }, { version });
    expect(map.shape).toEqual([1, channels, 7, 7]);
    const levels = picture(224);
    const data = levels.map((level, i) => {
      const channel = Math.floor(i / 224 ** 2);
      return (level / 255 - [0.485, 0.456, 0.406][channel]!) / [0.229, 0.224, 0.225][channel]!;
    });
    const ours = await run({ map }, await weightsFor(path!, map), { picture: { shape: x.shape, data } });
    const features = Array.from({ length: channels }, (_, c) =>
      ours.map!.data.subarray(49 * c, 49 * (c + 1)).reduce((sum, value) => sum + value / 49, 0),
    );

    const model = parseTfliteModel(readFileSync(path!));
    const { values, parameters } = tfliteExpression(model);
    const file = values.get(model.operators.find((operator) => operator.name === last)!.output)!;
    const { scales, zeroPoints } = model.tensors[model.inputs[0]!]!.quantization!;
    const real = levels.map((level) => (level - zeroPoints[0]!) * scales[0]!);
    const theirs = await run({ file }, parameters, { input0: { shape: x.shape, data: real } });
    // the same but for the file's limits to ranges, and (for its third form) the offset of its input
    expect(correlation(features, theirs.file!.data)).toBeGreaterThan(0.999);
  });
});

test('the picture networks can be trained: every weight has a gradient', async () => {
  for (const version of [1, 2] as const) {
    const map = mobilenet(input('picture', [1, 3, 64, 64]), { prefix: 'picture.' }, { version });
    const weights = parametersOf(map);
    expect(weights.length).toBe(version === 1 ? 2 * 27 : 2 * 52);
    const slopes = gradients(reduceMean(multiply(map, map)), weights);
    const data = Float32Array.from({ length: 3 * 64 * 64 }, (_, i) => Math.sin(i));
    const outputs = Object.fromEntries(slopes.map((slope, i) => [weights[i]!.name, slope]));
    const results = await run(outputs, randomParameters(weights, 1), {
      picture: { shape: [1, 3, 64, 64], data },
    });
    for (const [name, { data }] of Object.entries(results)) {
      expect(data.every(Number.isFinite), name).toBe(true);
      expect(
        data.some((number) => number !== 0),
        name,
      ).toBe(true);
    }
  }
});

test('a waveform at 16 kHz has what lies below 7.5 kHz, in time, and nothing from above 8.5 kHz', () => {
  const wave = (frequency: number, rate: number, length: number) =>
    Float64Array.from({ length }, (_, i) => Math.sin((2 * Math.PI * frequency * i) / rate));
  for (const frequency of [60, 440, 3000, 7400]) {
    const x = { shape: [1, 1, 2205, 1], data: wave(frequency, 22_050, 2205) };
    const { data } = evaluate({ y: resampled(input('x', x.shape)) }, { x }).y;
    expect(data.length).toBe(1600);
    const expected = wave(frequency, 16_000, 1600);
    for (let i = 40; i < 1560; i++) expect(Math.abs(data[i]! - expected[i]!)).toBeLessThan(2e-3);
  }
  for (const frequency of [8600, 10_000]) {
    const x = { shape: [1, 1, 2205, 1], data: wave(frequency, 22_050, 2205) };
    const { data } = evaluate({ y: resampled(input('x', x.shape)) }, { x }).y;
    for (let i = 40; i < 1560; i++) expect(Math.abs(data[i]!)).toBeLessThan(2e-3);
  }
});

/** From NumPy's Fourier transform: samples as float32 on stdin, 64 bands a frame on stdout. */
const spectrogram = `
import sys, numpy as np
x = np.frombuffer(sys.stdin.buffer.read(), '<f4').astype(float)
window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
frames = np.stack([x[i:i + 400] * window for i in range(0, len(x) - 399, 160)])
mel = lambda f: 1127 * np.log(1 + f / 700)
bins, edges = mel(np.arange(257) * 16000 / 512), np.linspace(mel(125), mel(7500), 66)
rise = (bins[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
fall = (edges[2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
weights = np.maximum(0, np.minimum(rise, fall))
weights[0] = 0
sys.stdout.buffer.write(np.log(np.abs(np.fft.rfft(frames, 512)) @ weights + 0.001).astype('<f4').tobytes())
`;

test.skipIf(!hasNumpy)(
  'the log-mel spectrogram is that of Fourier transforms by NumPy (needs python3-numpy)',
  async () => {
    const random = Random.seeded(4);
    const data = Float32Array.from({ length: 4000 }, (_, i) => (i < 1000 ? 0 : random.normal() * 0.1));
    const x = input('x', [1, 1, 4000, 1]);
    const ours = await run({ y: logMel(x) }, new Map(), { x: { shape: x.shape, data } });
    const bytes = execFileSync(python, ['-c', spectrogram], { input: new Uint8Array(data.buffer) });
    const theirs = new Float32Array(new Uint8Array(bytes).buffer);
    expect(ours.y!.shape).toEqual([1, 1, 23, 64]);
    expect(ours.y!.data.length).toBe(theirs.length);
    ours.y!.data.forEach((value, i) => {
      expect(Math.abs(value - theirs[i]!)).toBeLessThan(1e-3);
    });
  },
);

const [model, audio, spectra] = [
  'yamnet_spectra_in.tflite',
  'yamnet_test_audio.bin',
  'yamnet_test_spectra.bin',
].map((name) => pretrainedFile(`yamnet/${name}`));
const floats = (path: string) => new Float32Array(new Uint8Array(readFileSync(path)).buffer);
const samples = (path: string) =>
  Float32Array.from(new Int16Array(new Uint8Array(readFileSync(path)).buffer), (level) => level / 32_768);

describe('YAMNet and its own test, 0.975 s of speech', () => {
  test.skipIf(!audio || !spectra)(
    'its spectrogram is ours, but for the level at which its authors recorded it (needs ../shared/models)',
    async () => {
      const data = samples(audio!);
      const x = input('x', [1, 1, data.length, 1]);
      const ours = await run({ y: logMel(x) }, new Map(), { x: { shape: x.shape, data } });
      const theirs = floats(spectra!);
      expect(ours.y!.shape).toEqual([1, 1, 96, 64]);
      const offsets = ours.y!.data.map((value, i) => theirs[i]! - value).sort();
      const at = (share: number) => offsets[Math.floor(share * offsets.length)]!;
      expect(at(0.5)).toBeCloseTo(Math.log(4.084), 2);
      expect(at(0.9) - at(0.1)).toBeLessThan(0.05);
      expect(correlation(ours.y!.data, theirs)).toBeGreaterThan(0.999);
    },
  );

  test.skipIf(!model || !audio || !spectra)(
    'it hears speech in its spectrogram and in ours (needs ../shared/models)',
    async () => {
      const { values, parameters } = tfliteExpression(parseTfliteModel(readFileSync(model!)));
      const classes = values.get(parseTfliteModel(readFileSync(model!)).outputs[0]!)!;
      const data = samples(audio!);
      const x = input('x', [1, 1, data.length, 1]);
      const ours = (await run({ y: logMel(x) }, new Map(), { x: { shape: x.shape, data } })).y!.data;
      for (const [given, least] of [
        [floats(spectra!), 0.944],
        [ours, 0.95],
      ] as const) {
        const results = await run({ classes }, parameters, { input0: { shape: [1, 96, 64], data: given } });
        const scores = Array.from(results.classes!.data);
        expect(scores.indexOf(Math.max(...scores))).toBe(0); // Speech
        expect(scores[0]).toBeGreaterThan(least);
      }
    },
  );

  test.skipIf(!model || !spectra)(
    'its features in our network are those of the file (needs ../shared/models)',
    async () => {
      const data = floats(spectra!);
      const map = patchFeatures(input('x', [1, 1, 96, 64]), { prefix: 'sound.' });
      expect(map.shape).toEqual([1, 1024, 1, 1]);
      const ours = await run({ map }, await weightsFor(model!, map), { x: { shape: [1, 1, 96, 64], data } });
      const read = parseTfliteModel(readFileSync(model!));
      const { values, parameters } = tfliteExpression(read);
      const mean = values.get(read.operators.find(({ name }) => name === 'MEAN')!.output)!;
      const theirs = await run({ mean }, parameters, { input0: { shape: [1, 96, 64], data } });
      expect(correlation(ours.map!.data, theirs.mean!.data)).toBeGreaterThan(0.999);
    },
  );
});

test('YAMNet gives a column for each 0.48 s, each that of its own 0.975 s of the sound', async () => {
  const random = Random.seeded(6);
  const [{ kernel, stride, padding }] = yamnetWindows as [(typeof yamnetWindows)[number]];
  expect(stride).toBe(0.48 * 22_050);
  const columns = 3;
  const length = kernel - 2 * padding + (columns - 1) * stride;
  const shapeOf = (samples: number) => yamnet(input('x', [1, 1, samples, 1]), { prefix: 'sound.' }).shape;
  expect([1, 22_050, length - 1, length, length + stride].map((samples) => shapeOf(samples)[2])).toEqual([
    1, 1, 2, 3, 4,
  ]);
  const whole = yamnet(input('x', [1, 1, length, 1]), { prefix: 'sound.' });
  const parameters = randomParameters(parametersOf(whole), 2);
  const sound = Float32Array.from({ length }, () => random.normal() * 0.1);
  const all = await run({ y: whole }, parameters, { x: { shape: [1, 1, length, 1], data: sound } });
  const part = sound.subarray(stride, stride + kernel - 2 * padding);
  const single = yamnet(input('x', [1, 1, part.length, 1]), { prefix: 'sound.' });
  const alone = await run({ y: single }, parameters, { x: { shape: [1, 1, part.length, 1], data: part } });
  const second = Array.from({ length: 1024 }, (_, channel) => all.y!.data[channel * columns + 1]!);
  expect(correlation(second, alone.y!.data)).toBeGreaterThan(0.999);
});
