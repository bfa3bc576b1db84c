/** Running mean, spread and maximum of a stream of numbers (Welford 1962). */
export class RunningStatistics {
  private count = 0;
  private center = 0;
  private squares = 0;
  private largest = 0;

  add(value: number): void {
    this.count++;
    const distance = value - this.center;
    this.center += distance / this.count;
    this.squares += distance * (value - this.center);
    this.largest = this.count === 1 ? value : Math.max(this.largest, value);
  }

  /** 0 before the first number. */
  get mean(): number {
    return this.center;
  }

  /** Standard deviation of the numbers themselves; 0 before the second. */
  get deviation(): number {
    return this.count > 1 ? Math.sqrt(this.squares / this.count) : 0;
  }

  /** 0 before the first number. */
  get maximum(): number {
    return this.largest;
  }
}

/** Mean and spread of several streams of numbers that come side by side, as `RunningStatistics` has those of each. */
export class SideBySideStatistics {
  private count = 0;
  private readonly centers: Float64Array;
  private readonly squares: Float64Array;

  /** @param streams how many. */
  constructor(streams: number) {
    this.centers = new Float64Array(streams);
    this.squares = new Float64Array(streams);
  }

  /** @param values the next of each stream. */
  add(values: Float64Array): void {
    const { centers, squares } = this;
    const count = ++this.count;
    for (let i = 0; i < centers.length; i++) {
      const distance = values[i]! - centers[i]!;
      const center = centers[i]! + distance / count;
      centers[i] = center;
      squares[i]! += distance * (values[i]! - center);
    }
  }

  /** 0 before the first numbers. */
  mean(stream: number): number {
    return this.centers[stream]!;
  }

  /** Standard deviation of the numbers themselves; 0 before the second. */
  deviation(stream: number): number {
    return this.count > 1 ? Math.sqrt(this.squares[stream]! / this.count) : 0;
  }
}
