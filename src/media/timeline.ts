import { sampleRate } from '../support/sound.ts';

/** A film declared to be longer than this (seconds) has a damaged header. */
export const longestFilm: number = 48 * 3600;

/** A jump in time of more than this many seconds has to be believed before it is followed. */
const largestStep = 10;

/** Where a file declares no duration, a pause longer than this many seconds is damage and not film. */
const longestPause = 600;

/** Time that goes back by more than this many seconds and goes on from there is a clock that started anew. */
const largestOverlap = 1;

/** Whether a film may go on at `time`, when it has come to `last`. */
function isSenseless(time: number, last: number, declaredDuration: number): boolean {
  if (time - last <= largestStep) return false;
  if (time > longestFilm) return true;
  return declaredDuration > 0 ? time > declaredDuration + largestStep : time - last > longestPause;
}

/**
 * Puts the times of frames in order: missing, repeated and senseless ones follow the frame before. Where the clock
 * itself jumps, or starts anew, it is set so that the film goes on.
 */
export class FrameClock {
  private readonly duration: number;
  private readonly interval: number;
  private last = Number.NEGATIVE_INFINITY;
  /** Added to the file's times. */
  private correction = 0;

  /** @param declaredDuration in seconds; 0 if unknown. */
  constructor(declaredDuration: number, frameRate: number) {
    this.duration = declaredDuration;
    this.interval = frameRate > 0 ? 1 / frameRate : 0.04;
  }

  /**
   * @param time of the frame on the file's clock, NaN if unknown.
   * @param following that of the frame after it, NaN if unknown or if there is none.
   */
  next(time: number, following: number): number {
    const last = Math.max(this.last, -this.interval);
    const expected = last + this.interval;
    if (this.correction !== 0 && Math.abs(time - expected) < largestOverlap) this.correction = 0;
    const corrected = time + this.correction;
    const goesOn = following > time && following - time <= largestStep;
    const back = corrected < last - largestOverlap && Number.isFinite(this.last) && goesOn;
    const ahead = isSenseless(corrected, last, this.duration);
    // a single frame far ahead, after which time goes back, is damage
    const alone = corrected - last > largestStep && following < time;
    if (Number.isNaN(time) || back || ahead || alone) {
      if (back || (ahead && goesOn)) this.correction += expected - corrected;
      this.last = expected;
    } else {
      this.last = Math.max(corrected, 0, this.last + 1e-3);
    }
    return this.last;
  }
}

/** Sound that is under way is laid end to end while its times are off by less than this many seconds. */
const soundTolerance = 0.1;

/** Times that are off are believed when they hold for this many seconds of sound … */
const listenedSeconds = 1;

/** … to within this many seconds per second. */
const unsteady = 0.25;

/** A codec's last frame may be longer than the sound: up to so many seconds beyond the declared end are its padding. */
const longestPadding = 0.05;

interface TimedSound {
  time: number;
  /** Mono. */
  samples: Float32Array;
}

/**
 * Lays the waveform out from the film's start. Sound is laid end to end, whatever the times of its packets; only when
 * they are off in the same way for a second is silence put in (a real gap) or an overlap dropped.
 */
export class SoundTrack {
  private readonly duration: number;
  private readonly start: number;
  private correction = 0;
  private waiting: TimedSound[] = [];
  private waitingLength = 0;
  /** The sample at which the sound is declared to end, and what came after it, which may be padding. */
  private declaredEnd: number;
  private beyond: Float32Array[] = [];
  /** Samples laid out so far. */
  length = 0;
  /** Of these, samples of silence that were put into holes; what precedes late sound is none. */
  holes = 0;
  /** Of these, samples whose times contradicted each other. */
  unreliable = 0;

  /**
   * @param declaredDuration in seconds; 0 if unknown.
   * @param start when the track is said to begin, in seconds.
   * @param end when it is said to end.
   */
  constructor(declaredDuration: number, start = 0, end: number = Number.POSITIVE_INFINITY) {
    this.duration = declaredDuration;
    this.start = start;
    this.declaredEnd = Math.round(end * sampleRate);
  }

  /** The stretches that follow, of at most a second each where they are silence. */
  *place(time: number, samples: Float32Array): Generator<Float32Array> {
    if (samples.length === 0) return;
    const reached = this.length / sampleRate;
    if (this.length > 0 && this.waitingLength === 0) {
      if (this.correction !== 0 && Math.abs(time - reached) < soundTolerance) this.correction = 0;
      if (Number.isNaN(time) || Math.abs(time + this.correction - reached) < soundTolerance) {
        yield* this.add(samples);
        return;
      }
    }
    this.waiting.push({ time, samples });
    this.waitingLength += samples.length;
    if (this.waitingLength >= listenedSeconds * sampleRate) yield* this.settle();
  }

  /** What is still held back at the end. */
  *end(): Generator<Float32Array> {
    if (this.waitingLength > 0) yield* this.settle();
  }

  private *settle(): Generator<Float32Array> {
    let offset = Math.round(this.offsetOfWaiting() * sampleRate);
    const sounds = this.waiting;
    this.waiting = [];
    this.waitingLength = 0;
    if (this.length > 0) this.holes += Math.max(0, offset);
    for (; offset > 0; offset -= Math.min(offset, sampleRate)) {
      yield* this.add(new Float32Array(Math.min(offset, sampleRate)));
    }
    for (const { samples } of sounds) {
      const dropped = Math.min(-offset, samples.length);
      offset += dropped;
      yield* this.add(dropped > 0 ? samples.slice(dropped) : samples);
    }
  }

  /** By how many seconds the sound that waits is to be moved from where it would follow. */
  private offsetOfWaiting(): number {
    const reached = this.length / sampleRate;
    let position = reached;
    const offsets: number[] = [];
    for (const { time, samples } of this.waiting) {
      if (!Number.isNaN(time)) offsets.push(time + this.correction - position);
      position += samples.length / sampleRate;
    }
    const seconds = this.waitingLength / sampleRate;
    const range = Math.max(...offsets) - Math.min(...offsets);
    const first = this.length === 0;
    if (!(range <= Math.max(soundTolerance, unsteady * seconds))) {
      if (offsets.length > 0) this.unreliable += this.waitingLength;
      return first ? this.start : 0;
    }
    const offset = offsets[0]!;
    if (!first && Math.abs(offset) < soundTolerance) return 0;
    if (isSenseless(reached + offset, reached, this.duration) || offset < -largestOverlap) {
      this.correction -= offset;
      return first ? this.start : 0;
    }
    return offset;
  }

  private *add(samples: Float32Array): Generator<Float32Array> {
    const within = Math.max(0, this.declaredEnd - this.length);
    if (samples.length <= within) {
      yield* this.give(samples);
      return;
    }
    yield* this.give(samples.subarray(0, within));
    this.beyond.push(samples.subarray(within));
    const padding = this.beyond.reduce((sum, { length }) => sum + length, 0);
    if (padding <= longestPadding * sampleRate) return;
    this.declaredEnd = Number.POSITIVE_INFINITY;
    for (const late of this.beyond) yield* this.give(late);
    this.beyond = [];
  }

  private *give(samples: Float32Array): Generator<Float32Array> {
    if (samples.length === 0) return;
    this.length += samples.length;
    yield samples;
  }
}
