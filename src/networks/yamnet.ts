import {
  add,
  concat,
  constant,
  convolution,
  log,
  matMul,
  multiply,
  pad,
  reduceMean,
  reshape,
  slice,
  sqrt,
  transpose,
  type Value,
} from '../graph/index.ts';
import { sampleRate } from '../support/sound.ts';
import type { Layers } from './layers.ts';
import { mobilenet1 } from './mobilenet.ts';

// YAMNet (https://github.com/tensorflow/models/tree/master/research/audioset/yamnet): MobileNetV1 over log-mel spectrograms.

/** Samples a second that YAMNet hears. */
const rate = 16_000;
/** Of the spectrogram: windows of 25 ms every 10 ms, Fourier transforms of 512 samples, 64 mel bands. */
const windowLength = 400;
const hop = 160;
const transformLength = 512;
const bins = transformLength / 2 + 1;
const bands = 64;
const lowestBand = 125;
const highestBand = 7500;
/** Frames that YAMNet looks at together (0.96 s), and from one such patch to the next. */
const patchFrames = 96;
const patchHop = 48;

/** Samples that a patch takes at 16 kHz (0.975 s), and from one to the next (0.48 s). */
const patchLength = (patchFrames - 1) * hop + windowLength;
const patchStep = patchHop * hop;

/**
 * YAMNet up to its 1024 features, with weights of AudioSet.
 *
 * @param x waveforms [N, 1, samples, 1], 22,050 Hz, mono, in [−1, 1], as SoundNet takes them.
 * @returns [N, 1024, columns, 1]: a column for each 0.975 s, 0.48 s apart, as `yamnetWindows` says; a waveform that is
 *   shorter is filled up with silence to one.
 */
export function yamnet(x: Value, layers: Layers): Value {
  const heard = resampled(x);
  const samples = heard.shape[2]!;
  const patches = 1 + Math.max(0, Math.floor((samples - patchLength) / patchStep));
  const needed = patchLength + (patches - 1) * patchStep;
  const whole =
    needed <= samples
      ? slice(heard, 2, 0, needed)
      : pad(heard, [
          [0, 0],
          [0, 0],
          [0, needed - samples],
          [0, 0],
        ]);
  return patchFeatures(logMel(whole), layers);
}

/**
 * @param spectrogram [N, 1, 96 + 48 · n, 64].
 * @returns [N, 1024, n + 1, 1].
 */
export function patchFeatures(spectrogram: Value, layers: Layers): Value {
  const [count, , frames] = spectrogram.shape as [number, number, number];
  const halves = frames / patchHop;
  const split = reshape(spectrogram, [count, halves, patchHop, bands]);
  const overlapping = concat([slice(split, 1, 0, halves - 1), slice(split, 1, 1, halves)], 2);
  const patches = halves - 1;
  const map = mobilenet1(reshape(overlapping, [count * patches, 1, patchFrames, bands]), layers);
  return reshape(transpose(reshape(reduceMean(map, [2, 3]), [count, patches, 1024]), [0, 2, 1]), [
    count,
    1024,
    patches,
    1,
  ]);
}

/**
 * YAMNet's spectrogram: magnitudes of Fourier transforms under periodic Hann windows, gathered in mel bands from 125 to
 * 7,500 Hz, as log(x + 0.001).
 *
 * @param x [N, 1, samples, 1], 16 kHz.
 * @returns [N, 1, frames, 64].
 */
export function logMel(x: Value): Value {
  const waves = constant({ shape: [2 * bins, 1, windowLength, 1], data: windowedWaves() });
  const parts = convolution(x, waves, { stride: [hop, 1] });
  const squared = multiply(parts, parts);
  const power = add(slice(squared, 1, 0, bins), slice(squared, 1, bins, 2 * bins));
  const [count, , frames] = power.shape as [number, number, number];
  const magnitudes = reshape(sqrt(power), [count, bins, frames]);
  const mel = matMul(constant({ shape: [bands, bins], data: melBands() }), magnitudes);
  return reshape(transpose(log(add(mel, 0.001)), [0, 2, 1]), [count, 1, frames, bands]);
}

/** [2 · bins, window]: cosines, then sines, under a Hann window. */
function windowedWaves(): Float64Array {
  const data = new Float64Array(2 * bins * windowLength);
  for (let bin = 0; bin < bins; bin++)
    for (let i = 0; i < windowLength; i++) {
      const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / windowLength);
      const phase = (2 * Math.PI * bin * i) / transformLength;
      data[bin * windowLength + i] = hann * Math.cos(phase);
      data[(bins + bin) * windowLength + i] = hann * Math.sin(phase);
    }
  return data;
}

/** [bands, bins]: triangles that are even on the mel scale (HTK's), of height 1; the constant part belongs to none. */
function melBands(): Float64Array {
  const mel = (frequency: number) => 1127 * Math.log1p(frequency / 700);
  const [lowest, highest] = [mel(lowestBand), mel(highestBand)];
  const width = (highest - lowest) / (bands + 1);
  const data = new Float64Array(bands * bins);
  for (let bin = 1; bin < bins; bin++) {
    const place = (mel((bin * rate) / transformLength) - lowest) / width;
    for (let band = 0; band < bands; band++)
      data[band * bins + bin] = Math.max(0, 1 - Math.abs(place - (band + 1)));
  }
  return data;
}

// 22,050 : 16,000 = 441 : 320, so that 441 samples become 320, each by a low-pass filter of its own.
const samplesIn = 441;
const samplesOut = 320;
/** The filter's length to either side, in samples given; its cutoff is the highest frequency that 16 kHz can hold. */
const reach = 40;

/** The network's one window along time, in samples given, from the waveform to the columns of its map. */
export const yamnetWindows: readonly { kernel: number; stride: number; padding: number }[] = [
  {
    kernel: Math.ceil((patchLength * samplesIn) / samplesOut) + 2 * reach,
    stride: (patchStep * samplesIn) / samplesOut,
    padding: reach,
  },
];

/**
 * A waveform at 16 kHz.
 *
 * @param x [N, 1, samples, 1] at 22,050 Hz.
 * @returns [N, 1, ⌊samples · 320 / 441⌋, 1], of one sample at least.
 */
export function resampled(x: Value): Value {
  const [count, , samples] = x.shape as [number, number, number];
  const blocks = Math.ceil(samples / samplesIn);
  const margins = [reach, blocks * samplesIn + reach - samples] as const;
  const filters = constant({ shape: [samplesOut, 1, samplesIn + 2 * reach, 1], data: lowPass() });
  const padded = pad(x, [[0, 0], [0, 0], margins, [0, 0]]);
  const byBlock = convolution(padded, filters, { stride: [samplesIn, 1] });
  const all = reshape(transpose(byBlock, [0, 2, 1, 3]), [count, 1, blocks * samplesOut, 1]);
  return slice(all, 2, 0, Math.max(1, Math.floor((samples * samplesOut) / samplesIn)));
}

/** [320, 441 + 2 · reach]: for each sample that comes out, a sinc around its place under a Kaiser window (−60 dB). */
function lowPass(): Float64Array {
  const length = samplesIn + 2 * reach;
  const cutoff = rate / sampleRate;
  const beta = 5.65;
  const data = new Float64Array(samplesOut * length);
  for (let out = 0; out < samplesOut; out++) {
    const center = reach + (out * samplesIn) / samplesOut;
    for (let i = Math.ceil(center - reach); i <= center + reach && i < length; i++) {
      const distance = i - center;
      const phase = Math.PI * cutoff * distance;
      const sinc = phase === 0 ? 1 : Math.sin(phase) / phase;
      const kaiser = bessel(beta * Math.sqrt(1 - (distance / reach) ** 2)) / bessel(beta);
      data[out * length + i] = cutoff * sinc * kaiser;
    }
  }
  return data;
}

/** The modified Bessel function of order 0, by its power series. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
