import { Biquad, type Coefficients } from './biquad.ts';

/** Below this a block counts as silence, in LUFS (ITU-R BS.1770-4, annex 1). */
const absoluteGate = -70;
/** Blocks this much below the mean of those above the first gate do not count, in LU. */
const relativeGate = -10;
/** A block is four steps of a tenth of a second. */
const stepsPerBlock = 4;
const secondsPerStep = 0.1;

/**
 * The integrated loudness of a waveform by EBU R 128 (ITU-R BS.1770-4): K-weighted, in blocks of 0.4 s that overlap by
 * three quarters, silence and quiet passages left out.
 */
export class Loudness {
  private readonly weighting: readonly Biquad[];
  private readonly samplesPerStep: number;
  /** Mean square of each finished step. */
  private readonly steps: number[] = [];
  private sum = 0;
  private count = 0;

  constructor(sampleRate: number) {
    this.weighting = [new Biquad(headShelf(sampleRate)), new Biquad(lowCut(sampleRate))];
    this.samplesPerStep = Math.round(secondsPerStep * sampleRate);
  }

  /** @param samples mono, what follows the samples before; [−1, 1] is full scale. */
  push(samples: Float32Array): void {
    const [shelf, cut] = this.weighting;
    for (const weighted of cut!.apply(shelf!.apply(samples))) {
      this.sum += weighted * weighted;
      if (++this.count < this.samplesPerStep) continue;
      this.steps.push(this.sum / this.count);
      this.sum = 0;
      this.count = 0;
    }
  }

  /** In LUFS; undefined where all is silence, or shorter than a block. */
  integrated(): number | undefined {
    const blocks: number[] = [];
    for (let i = stepsPerBlock; i <= this.steps.length; i++)
      blocks.push(mean(this.steps.slice(i - stepsPerBlock, i)));
    const audible = blocks.filter((power) => decibels(power) > absoluteGate);
    if (audible.length === 0) return undefined;
    const threshold = decibels(mean(audible)) + relativeGate;
    return decibels(mean(audible.filter((power) => decibels(power) > threshold)));
  }
}

function decibels(power: number): number {
  return -0.691 + 10 * Math.log10(power);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The first stage of the K-weighting, the effect of the head, for any sample rate (analog prototype of BS.1770-4's table 1). */
function headShelf(sampleRate: number): Coefficients {
  const q = 0.7071752369554196;
  const k = Math.tan((Math.PI * 1681.974450955533) / sampleRate);
  const high = 10 ** (3.999843853973347 / 20);
  const band = high ** 0.4996667741545416;
  const norm = 1 + k / q + k * k;
  return {
    b: [
      (high + (band * k) / q + k * k) / norm,
      (2 * (k * k - high)) / norm,
      (high - (band * k) / q + k * k) / norm,
    ],
    a: [(2 * (k * k - 1)) / norm, (1 - k / q + k * k) / norm],
  };
}

/** The second stage: a high-pass at 38 Hz (table 2), whose numerator is not normalized. */
function lowCut(sampleRate: number): Coefficients {
  const q = 0.5003270373238773;
  const k = Math.tan((Math.PI * 38.13547087602444) / sampleRate);
  const norm = 1 + k / q + k * k;
  return { b: [1, -2, 1], a: [(2 * (k * k - 1)) / norm, (1 - k / q + k * k) / norm] };
}
