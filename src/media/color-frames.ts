import type { DecodingRequest } from './plan.ts';

/** A frame this much before its time (seconds) counts as in time: containers round. */
const rounding = 0.005;

/** Chooses, as they are decoded, the frames that are given in color. */
export class ColorFrames {
  private readonly request: Pick<DecodingRequest, 'rgbEvery' | 'rgbPeriod'>;
  private index = -1;
  private due = Number.NEGATIVE_INFINITY;

  constructor(request: Pick<DecodingRequest, 'rgbEvery' | 'rgbPeriod'>) {
    this.request = request;
  }

  /** Whether the next frame is among them. @param time seconds from the film's start; NaN where the file gives none. */
  wants(time: number): boolean {
    const { rgbEvery, rgbPeriod } = this.request;
    this.index++;
    if (rgbPeriod === 0) return rgbEvery > 0 && this.index % rgbEvery === 0;
    const known = Number.isFinite(time) ? time : this.index / 25;
    // a clock that jumps back begins anew
    if (known < this.due - 2 * rgbPeriod) this.due = Number.NEGATIVE_INFINITY;
    if (known < this.due - rounding) return false;
    this.due = (Math.floor((known + rounding) / rgbPeriod) + 1) * rgbPeriod;
    return true;
  }
}
