import {
  add,
  averagePool,
  concat,
  constant,
  convolution,
  log,
  multiply,
  reshape,
  slice,
  sqrt,
  transpose,
  type Value,
} from '../graph/index.ts';
import { sampleRate } from '../support/sound.ts';
import type { Window } from './columns.ts';
import { convolutionLayer, type Layers, normRelu } from './layers.ts';

// A constant-Q transform: bands as far from each other as tones of a scale, so that an interval looks the same wherever it
// lies (Brown 1991, "Calculation of a constant Q spectral transform", Journal of the Acoustical Society of America 89).

/** Hz; A1. */
const lowestBand = 55;
const bandsPerOctave = 24;
const octaves = 7;
const hop = 512;
/** Samples, of an octave's own rate, between the windows of a band: less than any is long, so that nothing falls between. */
const step = 64;
/** Amplitudes are told from silence, which is 0, from about here on: 60 dB below full scale. */
const faintest = 0.001;

/** Of the highest octave. */
const frequencies = Array.from(
  { length: bandsPerOctave },
  (_, band) => lowestBand * 2 ** (octaves - 1 + band / bandsPerOctave),
);
/** Samples that a band's window has at a frequency: as many periods of each, so that neighbors are told apart. */
const windowLength = (frequency: number) => sampleRate / (frequency * (2 ** (1 / bandsPerOctave) - 1));
const reach = Math.ceil(windowLength(frequencies[0]!) / 2);
/** Samples to either side that halving the rate looks at. */
const halvingReach = 13;

/** Windows over frames and bands; `halved`: frames are averaged in pairs after it. */
const layersOfAllBands = [
  { kernel: [3, 15], bandStride: 1, channels: 16, halved: true },
  { kernel: [3, 9], bandStride: 2, channels: 32, halved: true },
  { kernel: [3, 9], bandStride: 2, channels: 48, halved: true },
  { kernel: [3, 5], bandStride: 3, channels: 48, halved: false },
] as const;
/** Over all bands; frames are averaged in pairs after it, too. */
const lastLayer = { kernel: 3, channels: 128 };

/**
 * A small ConvNet over a constant-Q transform. Its columns follow each other as those of SoundNet's pool5. Frames become
 * fewer by averages rather than strides, which would make the answer depend on where the sound begins (Zhang 2019, "Making
 * convolutional networks shift-invariant again").
 *
 * @param x waveforms [N, 1, samples, 1], 22,050 Hz, mono, in [−1, 1], as SoundNet takes them.
 * @returns [N, 128, columns, 1]: a column for each 8,192 samples. See columns.ts.
 */
export function constantQNetwork(x: Value, layers: Layers): Value {
  let y = constantQ(x);
  layersOfAllBands.forEach(({ kernel, bandStride, channels, halved }, i) => {
    const padding = [(kernel[0] - 1) / 2, (kernel[1] - 1) / 2] as const;
    const stride = [1, bandStride] as const;
    y = convolutionLayer(y, layers, `layer${i + 1}.conv`, { channels, kernel, stride, padding, bias: false });
    y = normRelu(y, layers, `layer${i + 1}.norm`);
    if (halved) y = averagePool(y, { kernel: [2, 1] });
  });
  const { kernel, channels } = lastLayer;
  y = convolutionLayer(y, layers, 'layer5.conv', {
    channels,
    kernel: [kernel, y.shape[3]!],
    padding: [(kernel - 1) / 2, 0],
    bias: false,
  });
  return averagePool(normRelu(y, layers, 'layer5.norm'), { kernel: [2, 1] });
}

/** All windows of the network along time, the transform's lowest band first. */
export const constantQWindows: readonly Window[] = [
  { kernel: 2 * reachOfTransform() + 1, stride: hop, padding: reachOfTransform() },
  ...[
    ...layersOfAllBands.map(({ kernel, halved }) => ({ kernel: kernel[0], halved })),
    { kernel: lastLayer.kernel, halved: true },
  ].flatMap(({ kernel, halved }) => [
    { kernel, stride: 1, padding: (kernel - 1) / 2 },
    ...(halved ? [{ kernel: 2, stride: 2, padding: 0 }] : []),
  ]),
];

/** Samples to either side of a frame that its lowest band depends on. */
function reachOfTransform(): number {
  const slowest = 2 ** (octaves - 1);
  return reach * slowest + halvingReach * (slowest - 1);
}

/**
 * Amplitudes of 168 bands, quarter tones from 55 to 6,840 Hz, as log(1 + 1000 · amplitude): a sine of amplitude a at a
 * band's frequency has a there. Each octave by the same windows, on a waveform of half the rate of the octave above
 * (Schörkhuber & Klapuri 2010, "Constant-Q transform toolbox for music processing"). Windows of high bands are shorter than
 * what lies between two frames: they are taken every 64 samples, and a frame has the root of the mean square of those
 * around it, so that where the sound begins matters little.
 *
 * @param x [N, 1, samples, 1], 22,050 Hz.
 * @returns [N, 1, frames, bands], a frame for each 512 samples, the first in the middle of the first sample.
 */
export function constantQ(x: Value): Value {
  const waves = constant({ shape: [2 * bandsPerOctave, 1, 2 * reach + 1, 1], data: windowedWaves() });
  const lowPass = constant({ shape: [1, 1, 2 * halvingReach + 1, 1], data: halfBand() });
  const parts: Value[] = [];
  let samples = x;
  for (let octave = 0; octave < octaves; octave++) {
    if (octave > 0) samples = convolution(samples, lowPass, { stride: [2, 1], padding: [halvingReach, 0] });
    const stride = Math.min(step, hop >> octave);
    const steps = (hop >> octave) / stride;
    parts.unshift(amplitudes(samples, waves, stride, steps));
  }
  const all = concat(parts, 1);
  const [count, bands, frames] = all.shape as [number, number, number];
  const levels = log(add(multiply(all, 1 / faintest), 1));
  return reshape(transpose(reshape(levels, [count, bands, frames]), [0, 2, 1]), [count, 1, frames, bands]);
}

/**
 * Of an octave, [N, bands, frames, 1].
 *
 * @param samples [N, 1, samples, 1] at its rate.
 * @param steps windows of a frame, so many samples apart, the frame's middle in the middle of them.
 */
function amplitudes(samples: Value, waves: Value, stride: number, steps: number): Value {
  const frames = Math.ceil(samples.shape[2]! / (stride * steps));
  const before = (stride * (steps - 1)) / 2;
  const parts = convolution(samples, waves, { stride: [stride, 1], padding: [reach + before, 0] });
  const squared = multiply(parts, parts);
  const squares = add(
    slice(squared, 1, 0, bandsPerOctave),
    slice(squared, 1, bandsPerOctave, 2 * bandsPerOctave),
  );
  if (steps === 1) return sqrt(squares);
  return sqrt(averagePool(slice(squares, 2, 0, frames * steps), { kernel: [steps, 1] }));
}

/** [2 · bands of the highest octave, window]: of each band a cosine, then of each a sine, under Hann windows of a sum of 2. */
function windowedWaves(): Float32Array {
  const size = 2 * reach + 1;
  const data = new Float32Array(2 * bandsPerOctave * size);
  for (const [band, frequency] of frequencies.entries()) {
    const length = windowLength(frequency);
    const hann = Array.from({ length: size }, (_, i) =>
      Math.abs(i - reach) < length / 2 ? 1 + Math.cos((2 * Math.PI * (i - reach)) / length) : 0,
    );
    const sum = hann.reduce((total, weight) => total + weight, 0);
    for (const [i, weight] of hann.entries()) {
      const phase = (2 * Math.PI * frequency * (i - reach)) / sampleRate;
      data[band * size + i] = (2 * weight * Math.cos(phase)) / sum;
      data[(bandsPerOctave + band) * size + i] = (2 * weight * Math.sin(phase)) / sum;
    }
  }
  return data;
}

/** A sinc that lets through what half the rate can hold, under a Hann window, of a sum of 1. */
function halfBand(): Float32Array {
  const data = Float32Array.from({ length: 2 * halvingReach + 1 }, (_, i) => {
    const distance = i - halvingReach;
    const sinc = distance === 0 ? 0.5 : Math.sin((Math.PI * distance) / 2) / (Math.PI * distance);
    return sinc * (1 + Math.cos((Math.PI * distance) / (halvingReach + 1)));
  });
  const sum = data.reduce((total, weight) => total + weight, 0);
  return data.map((weight) => weight / sum);
}
