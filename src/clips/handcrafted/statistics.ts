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
