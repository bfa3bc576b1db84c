/** Running mean, spread and maximum of a stream of numbers (Welford 1962). */
export class RunningStatistics {
  private count = 0;
  private centre = 0;
  private squares = 0;
  private largest = 0;

  add(value: number): void {
    this.count++;
    const distance = value - this.centre;
    this.centre += distance / this.count;
    this.squares += distance * (value - this.centre);
    this.largest = this.count === 1 ? value : Math.max(this.largest, value);
  }

  /** 0 before the first number. */
  get mean(): number {
    return this.centre;
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
