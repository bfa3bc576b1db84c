// Which frames of a film are looked at, and which pairs of them motion is taken from.
import type { Preprocessing } from './preprocessing.ts';

/** Seconds between the moments at which a frame is looked at: every tenth frame of 25 a second. */
export const momentPeriod = 0.4;
/** So many moments are held back at most, until it is known how long the shots around them last: a little more than 12 s. */
export const mostHeldMoments = 40;
/** Seconds between the frames of a pair, as nearly as whole frames allow: the frame rate of the paper's films. */
export const pairPeriod = 0.04;
/** The paper's words: every so many frames one is looked at. */
export const framesPerMoment = 10;

/** A frame that motion is taken from, and what is known of the pair it ends. */
export interface PairedFrame {
  /** Not of the first frame. */
  readonly pair?: {
    /** What its displacements, in picture heights, are multiplied by to be those of 1/25 s. */
    readonly rate: number;
    /** Where it lies among the moments: seconds, or the number of its frame. */
    readonly place: number;
  };
  /** Pairs at rest that come before it, by their place: a frame was held. */
  readonly rests: readonly number[];
}

/** Chooses frames one after the other, as they are decoded. */
export interface PairSampling {
  /** @returns undefined for a frame that is passed over. */
  next(frame: {
    readonly index: number;
    readonly time: number;
    readonly gray: Uint8Array;
  }): PairedFrame | undefined;
  /** The place of a moment's frame. */
  place(frame: { readonly index: number; readonly time: number }): number;
}

/** Which pairs of frames motion is taken from, by the clock or as the paper counts frames. */
export function pairSampling(sampling: Preprocessing['sampling']): PairSampling {
  return sampling === 'clock' ? new PairClock() : everyFrame;
}

/** The paper's words: the flow of every frame to the next. */
const everyFrame: PairSampling = {
  next: ({ index }) => ({ rests: [], ...(index > 0 && { pair: { rate: 1, place: index - 0.5 } }) }),
  place: ({ index }) => index,
};

/** A frame that differs by less than this many levels on average is a copy of the one before. */
const copyLevels = 0.02;
/** So is one that differs by less than this share of what frames of this film usually differ by. */
const copyShare = 0.2;
/** Frames that this share is taken of. */
const differencesKept = 9;
/** Longer steps than this (seconds) are stills or few frames a second, not a rhythm of copies. */
const longestRhythm = 0.1;

interface Chosen {
  readonly time: number;
  readonly gray: Uint8Array;
}

/**
 * Pairs 1/25 s apart, as nearly as whole frames allow: every frame at up to 37 frames a second, every second one of 50 or
 * 60. Copies of a frame (25 frames a second stored at 50, films shown at 30 by repeating one in five) are passed over, so
 * that a pair spans what it shows; in a still, one pair per moment remains. Rates come from the times of the frames.
 */
export class PairClock implements PairSampling {
  private chosen: Chosen | undefined;
  private previousTime = 0;
  private hasCopies = false;
  /** How much the last chosen frames differed from those before. */
  private readonly differences: number[] = [];
  /** Times of the frames chosen in the last moment, in one rhythm. */
  private rhythm: number[] = [];

  place({ time }: { readonly time: number }): number {
    return time;
  }

  next({ time, gray }: { readonly time: number; readonly gray: Uint8Array }): PairedFrame | undefined {
    const interval = time - this.previousTime;
    this.previousTime = time;
    const { chosen } = this;
    if (!chosen) {
      this.choose({ time, gray }, time);
      return { rests: [] };
    }
    const step = time - chosen.time;
    // the frame after this one would be farther from the clock
    if (step < pairPeriod - interval / 2 - 1e-6) return undefined;
    const difference = meanDifference(chosen.gray, gray);
    if (step < momentPeriod - interval / 2 - 1e-6 && this.isCopy(difference)) {
      this.hasCopies = true;
      return undefined;
    }
    this.differences.push(difference);
    if (this.differences.length > differencesKept) this.differences.shift();
    this.choose({ time, gray }, chosen.time);
    const rests = interval > momentPeriod ? restsWithin(chosen.time, step) : [];
    return { rests, pair: this.pairOf(time, step - rests.length * momentPeriod) };
  }

  private choose(frame: Chosen, before: number): void {
    this.chosen = frame;
    if (frame.time - before > longestRhythm) {
      this.rhythm = [];
      this.hasCopies = false;
    }
    this.rhythm = this.rhythm.filter((time) => time > frame.time - momentPeriod - 1e-6);
    this.rhythm.push(frame.time);
  }

  private isCopy(difference: number): boolean {
    const usual = this.differences.toSorted((a, b) => a - b)[this.differences.length >> 1] ?? 0;
    return difference < Math.max(copyLevels, copyShare * usual);
  }

  /** @param step seconds in which what the pair shows has moved. */
  private pairOf(time: number, step: number): { rate: number; place: number } {
    // Where copies fill up a faster clock, steps alternate by a frame of it; the film's own step is their mean.
    const { rhythm } = this;
    const own =
      this.hasCopies && rhythm.length > 2 ? (rhythm.at(-1)! - rhythm[0]!) / (rhythm.length - 1) : step;
    return { rate: pairPeriod / own, place: time - step / 2 };
  }
}

/** Where a frame is held for longer than a moment there is rest to be seen; in what is left of the step it moves. */
function restsWithin(from: number, step: number): number[] {
  const count = Math.ceil(step / momentPeriod - 1e-6) - 1;
  return Array.from({ length: count }, (_, i) => from + (i + 0.5) * momentPeriod);
}

/** Of gray levels, over every fourth pixel. */
function meanDifference(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let sum = 0;
  for (let i = 0; i < a.length; i += 4) sum += Math.abs(a[i]! - b[i]!);
  return sum / Math.ceil(a.length / 4);
}
