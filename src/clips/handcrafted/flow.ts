import { RunningStatistics } from './statistics.ts';

/** Names of `FlowFeatures.values()`, in order. */
export const flowFeatureNames: readonly string[] = [
  'flowMean',
  'flowDeviation',
  'flowMaximum',
  'flowSpread',
  'flowCoherence',
];

/**
 * How a clip's optical flow is: the mean length of its vectors, how that changes in the clip, its largest value; how
 * lengths differ over the picture; and how far vectors point the same way (1: a pan, 0: everywhere).
 */
export class FlowFeatures {
  private readonly length = new RunningStatistics();
  private readonly spread = new RunningStatistics();
  private readonly coherence = new RunningStatistics();

  add({ u, v }: { readonly u: Float32Array; readonly v: Float32Array }): void {
    let [sum, square, right, down] = [0, 0, 0, 0];
    for (let i = 0; i < u.length; i++) {
      const length = Math.sqrt(u[i]! * u[i]! + v[i]! * v[i]!);
      sum += length;
      square += length * length;
      right += u[i]!;
      down += v[i]!;
    }
    const mean = sum / u.length;
    this.length.add(mean);
    this.spread.add(Math.sqrt(Math.max(0, square / u.length - mean * mean)));
    this.coherence.add(sum > 0 ? Math.hypot(right, down) / sum : 0);
  }

  values(): number[] {
    const { length, spread, coherence } = this;
    return [length.mean, length.deviation, length.maximum, spread.mean, coherence.mean];
  }
}
