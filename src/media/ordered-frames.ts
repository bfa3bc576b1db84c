import type { FrameClock } from './timeline.ts';

/** Frames with the times that a clock gives them; each waits for the next one, on which its time depends. */
export class OrderedFrames<Frame extends { readonly time: number }> {
  private readonly clock: FrameClock;
  private held: Frame | undefined;

  constructor(clock: FrameClock) {
    this.clock = clock;
  }

  /** @param next undefined after the last one. @returns the frame before it, where there is one. */
  push(next: Frame | undefined): { frame: Frame; time: number }[] {
    const frame = this.held;
    this.held = next;
    return frame ? [{ frame, time: this.clock.next(frame.time, next?.time ?? Number.NaN) }] : [];
  }
}
