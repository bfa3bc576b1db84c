/**
 * A histogram whose bins are points at equal distances: what lies between two of them counts for both, by how near it is,
 * so that a small change moves a small share.
 */
export class SoftHistogram {
  /** What each bin was given, from the lowest to the highest. */
  readonly weights: Float64Array;
  private readonly lowest: number;
  private readonly scale: number;
  private readonly last: number;
  /** Whether the bin after the last is the first. */
  private readonly isCircular: boolean;

  private constructor(bins: number, lowest: number, scale: number, isCircular: boolean) {
    this.weights = new Float64Array(bins);
    this.lowest = lowest;
    this.scale = scale;
    this.last = isCircular ? bins : bins - 1;
    this.isCircular = isCircular;
  }

  /** Bins from the lowest to the highest; what lies beyond counts for the last. */
  static between(lowest: number, highest: number, bins: number): SoftHistogram {
    return new SoftHistogram(bins, lowest, (bins - 1) / (highest - lowest), false);
  }

  /** Bins around a circle, the first at 0; values in turns, 0 to 1. */
  static around(bins: number): SoftHistogram {
    return new SoftHistogram(bins, 0, bins, true);
  }

  add(value: number, weight: number): void {
    const { weights, last } = this;
    const place = Math.max(0, Math.min(last, (value - this.lowest) * this.scale));
    const below = Math.min(Math.floor(place), last - 1);
    const above = below + 1 === last && this.isCircular ? 0 : below + 1;
    const share = place - below;
    weights[below]! += weight * (1 - share);
    weights[above]! += weight * share;
  }
}
