/** In a damaged film, a pause between frames longer than this many seconds, or than so many frames, is a hole. */
const longestPause = 0.25;
const longestPauseFrames = 3;

/** Adds up the seconds of picture that could be decoded. */
export class Coverage {
  private readonly interval: number;
  private first = Number.NaN;
  private last = Number.NaN;
  private holes = 0;
  private damaged = 0;

  constructor(frameRate: number) {
    this.interval = frameRate > 0 ? 1 / frameRate : 0.04;
  }

  /** @param damaged whether the frame was made of what was left of damaged data. */
  add(time: number, damaged: boolean): void {
    if (Number.isNaN(this.first)) this.first = time;
    const pause = time - this.last;
    if (pause > Math.max(longestPause, longestPauseFrames * this.interval))
      this.holes += pause - this.interval;
    if (damaged) this.damaged += this.interval;
    this.last = time;
  }

  /** When the last frame ends, in seconds from the film's start. */
  get end(): number {
    return Number.isNaN(this.last) ? 0 : this.last + this.interval;
  }

  /**
   * Which share of the picture could be decoded.
   *
   * @param declared seconds that the file says the picture lasts; 0 if unknown.
   * @param damage whether anything speaks of damage. Without, the declared duration is no more than a promise: headers
   *   are generous, pieces of a film declare the whole, and a slide show has long pauses.
   */
  share(declared: number, damage: boolean): number {
    if (Number.isNaN(this.first)) return 0;
    if (!damage) return 1;
    const span = this.end - this.first;
    return Math.max(0, span - this.holes - this.damaged) / Math.max(span, declared);
  }
}
