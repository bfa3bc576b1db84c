/** A pause between frames longer than this many seconds is a hole, if the decoder complained. */
const LONGEST_PAUSE = 1;

/** Adds up the seconds of picture that could be decoded. */
export class Coverage {
  private readonly interval: number;
  private first = Number.NaN;
  private last = Number.NaN;
  private holes = 0;

  constructor(frameRate: number) {
    this.interval = frameRate > 0 ? 1 / frameRate : 0.04;
  }

  add(time: number): void {
    if (Number.isNaN(this.first)) this.first = time;
    const pause = time - this.last;
    if (pause > Math.max(LONGEST_PAUSE, 2 * this.interval)) this.holes += pause - this.interval;
    this.last = time;
  }

  /** @param damaged whether the decoder complained; a slide show has long pauses and no damage. */
  seconds(damaged: boolean): number {
    if (Number.isNaN(this.first)) return 0;
    return this.last + this.interval - this.first - (damaged ? this.holes : 0);
  }
}
