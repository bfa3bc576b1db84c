import { SAMPLE_RATE } from './types.ts';

/** A jump in time beyond the declared end, by more than this many seconds, is damage and not film. */
const LARGEST_JUMP = 10;

/** A film declared to be longer than this (seconds) has a damaged header. */
export const LONGEST_FILM: number = 48 * 3600;

/** Seconds by which sound that is under way may be off before silence is put in or samples are dropped. */
const SOUND_TOLERANCE = 0.1;

/** Puts the times of frames in order: missing, repeated and senseless ones follow the frame before. */
export class FrameClock {
  private readonly duration: number;
  private readonly interval: number;
  private last = Number.NEGATIVE_INFINITY;

  constructor(declaredDuration: number, frameRate: number) {
    this.duration = declaredDuration;
    this.interval = frameRate > 0 ? 1 / frameRate : 0.04;
  }

  next(time: number): number {
    const last = Math.max(this.last, -this.interval);
    const lost = Number.isNaN(time) || isSenseless(time, last, this.duration);
    this.last = lost ? last + this.interval : Math.max(time, 0, this.last + 1e-3);
    return this.last;
  }
}

/** Lays the waveform out from the film's start: silence before late sound and in holes, overlap dropped. */
export class SoundTrack {
  private readonly duration: number;
  /** Samples laid out so far. */
  length = 0;

  constructor(declaredDuration: number) {
    this.duration = declaredDuration;
  }

  /** The stretches that follow, of at most a second each where they are silence. */
  *place(time: number, samples: Float32Array): Generator<Float32Array> {
    const reached = this.length / SAMPLE_RATE;
    const lost = Number.isNaN(time) || isSenseless(time, reached, this.duration);
    const tolerance = this.length > 0 ? SOUND_TOLERANCE : 0;
    const offset =
      lost || Math.abs(time - reached) < tolerance ? 0 : Math.round(time * SAMPLE_RATE) - this.length;
    for (let silence = offset; silence > 0; silence -= SAMPLE_RATE) {
      yield* this.add(new Float32Array(Math.min(silence, SAMPLE_RATE)));
    }
    yield* this.add(offset < 0 ? samples.slice(-offset) : samples);
  }

  private *add(samples: Float32Array): Generator<Float32Array> {
    if (samples.length === 0) return;
    this.length += samples.length;
    yield samples;
  }
}

function isSenseless(time: number, last: number, declaredDuration: number): boolean {
  return time - last > LARGEST_JUMP && time > declaredDuration + LARGEST_JUMP;
}
