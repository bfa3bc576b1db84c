/** A frame this much before its time (seconds) counts as in time: clocks are converted on the way. */
const rounding = 1e-6;

/** Chooses, as they are decoded, frames at least so many seconds apart; those without a time are all chosen. */
export class SparseFrames {
  private readonly period: number;
  private due = Number.NEGATIVE_INFINITY;

  /** @param period in seconds; 0 chooses all. */
  constructor(period: number) {
    this.period = period;
  }

  /** Whether the next frame is among them. @param time seconds; NaN where the file gives none. */
  wants(time: number): boolean {
    // a clock that jumps back begins anew
    if (time < this.due - rounding && time > this.due - 2 * this.period) return false;
    if (Number.isFinite(time)) this.due = time + this.period;
    return true;
  }
}
