import {
  add,
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

// A constant-Q transform (Brown 1991, "Calculation of a constant Q spectral transform", Journal of the Acoustical Society of
// America 89): bands as far from each other as tones of a scale, so that an interval looks the same wherever it lies.

/** Hz; A1. */
const lowestBand = 55;
const bandsPerOctave = 24;
const octaves = 7;
const bands = octaves * bandsPerOctave;
/** Samples: .19 s, which tell semitones apart from 180 Hz on; lower bands are as wide as that. */
const longestWindow = 4096;
const hop = 512;
/** What is added to amplitudes before the logarithm, so that silence is 0: 60 dB below full scale. */
const floor = 0.001;

const layersOverTime = [
  { kernel: [3, 15], stride: [1, 1], channels: 16 },
  { kernel: [3, 9], stride: [2, 2], channels: 32 },
  { kernel: [3, 9], stride: [2, 2], channels: 48 },
  { kernel: [3, 5], stride: [2, 2], channels: 64 },
] as const;
const lastLayer = { kernel: 3, stride: 2, channels: 192 };

/**
 * A small ConvNet over a constant-Q transform. Its windows over time have the rate of SoundNet's pool5.
 *
 * @param x waveforms [N, 1, samples, 1], 22,050 Hz, mono, in [−1, 1], as SoundNet takes them.
 * @returns [N, 192, columns, 1]: a column for each 8,192 samples. See columns.ts.
 */
export function constantQNetwork(x: Value, layers: Layers): Value {
  let y = constantQ(x);
  layersOverTime.forEach(({ kernel, stride, channels }, i) => {
    const padding = [(kernel[0] - 1) / 2, (kernel[1] - 1) / 2] as const;
    y = convolutionLayer(y, layers, `layer${i + 1}.conv`, { channels, kernel, stride, padding, bias: false });
    y = normRelu(y, layers, `layer${i + 1}.norm`);
  });
  // what comes from all bands together
  const { kernel, stride, channels } = lastLayer;
  y = convolutionLayer(y, layers, 'layer5.conv', {
    channels,
    kernel: [kernel, y.shape[3]!],
    stride: [stride, 1],
    padding: [(kernel - 1) / 2, 0],
    bias: false,
  });
  return normRelu(y, layers, 'layer5.norm');
}

/** All windows of the network along time, the transform's first. */
export const constantQWindows: readonly Window[] = [
  { kernel: longestWindow, stride: hop, padding: longestWindow / 2 },
  ...[
    ...layersOverTime.map(({ kernel, stride }) => ({ kernel: kernel[0], stride: stride[0] })),
    lastLayer,
  ].map(({ kernel, stride }) => ({ kernel, stride, padding: (kernel - 1) / 2 })),
];

/**
 * Amplitudes of 168 bands, quarter tones from 55 to 6,840 Hz, as log(1 + 1000 · amplitude): a sine of amplitude a at a
 * band's frequency has about a.
 *
 * @param x [N, 1, samples, 1], 22,050 Hz.
 * @returns [N, 1, frames, bands], a frame for each 512 samples.
 */
export function constantQ(x: Value): Value {
  const waves = constant({ shape: [2 * bands, 1, longestWindow, 1], data: windowedWaves() });
  const parts = convolution(x, waves, { stride: [hop, 1], padding: [longestWindow / 2, 0] });
  const squared = multiply(parts, parts);
  const power = add(slice(squared, 1, 0, bands), slice(squared, 1, bands, 2 * bands));
  const [count, , frames] = power.shape as [number, number, number];
  const amplitudes = reshape(sqrt(power), [count, bands, frames]);
  const levels = log(add(multiply(amplitudes, 1 / floor), 1));
  return reshape(transpose(levels, [0, 2, 1]), [count, 1, frames, bands]);
}

/** [2 · bands, window]: of each band a cosine, then of each a sine, under Hann windows of a sum of 2 each, in the middle. */
function windowedWaves(): Float32Array {
  const data = new Float32Array(2 * bands * longestWindow);
  const q = 1 / (2 ** (1 / bandsPerOctave) - 1);
  for (let band = 0; band < bands; band++) {
    const frequency = lowestBand * 2 ** (band / bandsPerOctave);
    const length = Math.min(longestWindow, Math.round((q * sampleRate) / frequency));
    const first = (longestWindow - length) >> 1;
    for (let i = 0; i < length; i++) {
      const hann = (2 / length) * (1 - Math.cos((2 * Math.PI * (i + 0.5)) / length));
      const phase = (2 * Math.PI * frequency * (i - length / 2)) / sampleRate;
      data[band * longestWindow + first + i] = hann * Math.cos(phase);
      data[(bands + band) * longestWindow + first + i] = hann * Math.sin(phase);
    }
  }
  return data;
}
