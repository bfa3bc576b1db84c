/** Formats made for broadcasting, where recordings joined end to end start their clocks anew. */
export const formatsWithResets: readonly string[] = ['mpegts', 'mpeg'];

const largestStepForward = 10;
const largestStepBack = 0.1;

/**
 * Continues the clock where joined recordings start it anew, as FFmpeg's command line does: when a stream's
 * decoding time jumps, all streams move by what brings it back to where its last packet ended.
 */
export class Discontinuities {
  private readonly resets: boolean;
  private readonly last = new Map<number, { start: number; end: number }>();
  private total = 0;

  /** @param format the demuxer's name. */
  constructor(format: string) {
    this.resets = formatsWithResets.includes(format);
  }

  /**
   * Seconds to add to the times of a packet.
   *
   * @param decodingTime in seconds, NaN if unknown; packets come in the order of the file.
   */
  shift(stream: number, decodingTime: number, duration: number): number {
    if (!this.resets || Number.isNaN(decodingTime)) return this.total;
    const last = this.last.get(stream);
    if (last) {
      const step = decodingTime + this.total - last.end;
      const back = last.start - (decodingTime + this.total);
      if (step > largestStepForward || back > largestStepBack) this.total -= step;
    }
    const start = decodingTime + this.total;
    this.last.set(stream, { start, end: start + (duration || 0) });
    return this.total;
  }
}
