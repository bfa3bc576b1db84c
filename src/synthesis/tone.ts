import { sampleRate } from '../support/sound.ts';
import type { Factors } from './laws.ts';

/** Seconds that a beat sounds on after the next has begun. */
export const release = 0.06;
/** Above the highest frequency that stays clear of what the codec cuts off, in Hz. */
export const highest = 8000;

/** A stretch of sound between two strokes, and all that it sounds like; seconds. */
export interface Beat {
  readonly start: number;
  readonly end: number;
  readonly seed: number;
  readonly factors: Factors;
  /** Lowest note, as MIDI number. */
  readonly register: number;
  /** Root of the mean square of what it sounds at its full level. */
  readonly gain: number;
}

/** Samples of a beat with what sounds on of it. */
export function lengthOf(beat: Beat): number {
  return Math.round((beat.end - beat.start + release) * sampleRate);
}

/** Adds `values` from place `first` on, as far as there are samples for them. */
export function addTo(samples: Float32Array, values: ArrayLike<number>, first: number): void {
  const from = Math.max(0, -first);
  const to = Math.min(values.length, samples.length - first);
  for (let i = from; i < to; i++) samples[first + i]! += values[i]!;
}

/** 0 … 1 at sample `i` of a beat that fades in within `attack` seconds and out within its release. */
export function envelope(i: number, length: number, attack: number): number {
  const rise = Math.min(1, i / sampleRate / attack);
  const hold = length - release * sampleRate;
  return rise * (i < hold ? 1 : (length - i) / (length - hold));
}

/** Adds level · sin(2π · frequency · time + phase), each sample from the two before. */
export function addSine(sum: Float64Array, frequency: number, level: number, phase: number): void {
  const step = (2 * Math.PI * frequency) / sampleRate;
  const twice = 2 * Math.cos(step);
  let before = level * Math.sin(phase - 2 * step);
  let last = level * Math.sin(phase - step);
  for (let i = 0; i < sum.length; i++) {
    const next = twice * last - before;
    sum[i]! += next;
    before = last;
    last = next;
  }
}
