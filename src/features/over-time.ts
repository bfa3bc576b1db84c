/**
 * The vectors of moments whose fusion runs over time: the mean over places of the ReLU of what the moment before, the
 * moment itself and the moment after it add (`partsOverTime`); nothing is added from beyond the ends of a film.
 */
export class OverTime {
  private readonly channels: number;
  /** What the moment before the last one adds to that, and all that the last one adds. */
  private before: Float32Array | undefined;
  private last: readonly [before: Float32Array, itself: Float32Array, after: Float32Array] | undefined;

  /** @param channels of the vectors. */
  constructor(channels: number) {
    this.channels = channels;
  }

  /**
   * @param parts of the next moment, [3 · channels, places].
   * @returns the vector of the moment before it; undefined of the first.
   */
  push(parts: Float32Array): Float32Array | undefined {
    const third = parts.length / 3;
    const [before, itself, after] = [0, 1, 2].map((of) => parts.subarray(of * third, (of + 1) * third));
    const vector = this.vectorOfLast(after);
    this.before = this.last?.[0];
    this.last = [before!, itself!, after!];
    return vector;
  }

  /** The vector of the last moment, once there are no more; undefined without any. */
  end(): Float32Array | undefined {
    return this.vectorOfLast(undefined);
  }

  private vectorOfLast(after: Float32Array | undefined): Float32Array | undefined {
    const { last, before } = this;
    if (!last) return undefined;
    const [, itself] = last;
    const places = itself.length / this.channels;
    return Float32Array.from({ length: this.channels }, (_, channel) => {
      let sum = 0;
      for (let i = channel * places; i < (channel + 1) * places; i++)
        sum += Math.max(0, itself[i]! + (before?.[i] ?? 0) + (after?.[i] ?? 0));
      return sum / places;
    });
  }
}
