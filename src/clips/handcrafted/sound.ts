import FFT from 'fft.js';
import { RunningStatistics } from './statistics.ts';

const windowLength = 1024;
const hop = 512;
const averaged = [
  'loudness',
  'spectralCentroid',
  'spectralRolloff',
  'spectralFlatness',
  'spectralFlux',
  'zeroCrossings',
] as const;

/** Names of `SoundFeatures.values()`, in order. */
export const soundFeatureNames: readonly string[] = [
  ...averaged.flatMap((name) => [name, `${name}Deviation`]),
  'loudnessMaximum',
  'onsetRate',
];

/**
 * The usual descriptors of a waveform's short-time spectrum (Peeters, "A large set of audio features for sound
 * description", 2004): loudness in dB full scale, centroid and 85% roll-off in Hz, flatness, flux, zero
 * crossings, and onsets a second (peaks of the flux). A silent or missing waveform gives loudness −100 and zeros.
 */
export class SoundFeatures {
  private readonly transform = new FFT(windowLength);
  private readonly spectrum: number[] = this.transform.createComplexArray();
  private readonly hann: Float64Array = Float64Array.from(
    { length: windowLength },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / windowLength),
  );
  private readonly statistics = averaged.map(() => new RunningStatistics());
  private readonly fluxes: number[] = [];
  private readonly sampleRate: number;
  private magnitudes: Float64Array = new Float64Array(windowLength / 2);
  private pending: Float32Array = new Float32Array(0);

  /** @param sampleRate samples a second. */
  constructor(sampleRate: number) {
    this.sampleRate = sampleRate;
  }

  /** @param samples the next part of the waveform, in [−1, 1]. */
  add(samples: Float32Array): void {
    const waveform = new Float32Array(this.pending.length + samples.length);
    waveform.set(this.pending);
    waveform.set(samples, this.pending.length);
    let start = 0;
    for (; start + windowLength <= waveform.length; start += hop) {
      this.addWindow(waveform.subarray(start, start + windowLength));
    }
    this.pending = waveform.slice(start);
  }

  private addWindow(samples: Float32Array): void {
    let energy = 0;
    let crossings = 0;
    for (let i = 0; i < windowLength; i++) {
      energy += samples[i]! ** 2;
      if (i > 0 && samples[i]! < 0 !== samples[i - 1]! < 0) crossings++;
    }
    this.transform.realTransform(
      this.spectrum,
      samples.map((sample, i) => sample * this.hann[i]!),
    );
    const magnitudes = new Float64Array(windowLength / 2);
    let total = 0;
    let weighted = 0;
    let logarithms = 0;
    let flux = 0;
    for (let bin = 1; bin < magnitudes.length; bin++) {
      const magnitude = Math.hypot(this.spectrum[2 * bin]!, this.spectrum[2 * bin + 1]!);
      magnitudes[bin] = magnitude;
      total += magnitude;
      weighted += magnitude * bin;
      logarithms += Math.log(magnitude + 1e-10);
      flux += Math.max(0, magnitude - this.magnitudes[bin]!);
    }
    this.magnitudes = magnitudes;
    this.fluxes.push(flux);
    const hertz = this.sampleRate / windowLength;
    const audible = total > 1e-6;
    [
      Math.max(-100, 10 * Math.log10(energy / windowLength + 1e-10)),
      audible ? (weighted / total) * hertz : 0,
      audible ? rolloffBin(magnitudes, 0.85 * total) * hertz : 0,
      audible ? Math.exp(logarithms / (magnitudes.length - 1)) / (total / (magnitudes.length - 1)) : 0,
      flux,
      crossings / windowLength,
    ].forEach((number, i) => {
      this.statistics[i]!.add(number);
    });
  }

  values(): number[] {
    if (this.fluxes.length === 0)
      return soundFeatureNames.map((name) => (/^loudness(Maximum)?$/.test(name) ? -100 : 0));
    const duration = (this.fluxes.length * hop) / this.sampleRate;
    return [
      ...this.statistics.flatMap((statistics) => [statistics.mean, statistics.deviation]),
      this.statistics[0]!.maximum,
      this.onsets() / duration,
    ];
  }

  /** Peaks of the flux that stand out from the second around them. */
  private onsets(): number {
    const reach = Math.round(this.sampleRate / hop / 2);
    return this.fluxes.filter((flux, i) => {
      const around = this.fluxes.slice(Math.max(0, i - reach), i + reach + 1);
      const mean = around.reduce((sum, value) => sum + value, 0) / around.length;
      const peak = flux >= (this.fluxes[i - 1] ?? 0) && flux > (this.fluxes[i + 1] ?? 0);
      return peak && flux > 1.5 * mean && flux > 1e-3;
    }).length;
  }
}

function rolloffBin(magnitudes: Float64Array, threshold: number): number {
  let sum = 0;
  for (let bin = 0; bin < magnitudes.length; bin++) {
    sum += magnitudes[bin]!;
    if (sum >= threshold) return bin;
  }
  return magnitudes.length - 1;
}
