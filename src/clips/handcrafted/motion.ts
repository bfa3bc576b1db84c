import { levelCounts } from '../../support/level-counts.ts';
import { RunningStatistics } from './statistics.ts';

const levels = 32;
/** Half the summed difference of two gray histograms above which two frames belong to different shots. */
const cutThreshold = 0.35;

/** Names of `MotionFeatures.values()`, in order. */
export const motionFeatureNames: readonly string[] = [
  'motionEnergy',
  'motionEnergyDeviation',
  'motionEnergyMaximum',
  'flicker',
  'cutRate',
];

/** How much a clip's gray frames change: motion energy (mean absolute difference, cuts left out), flicker, cuts a second. */
export class MotionFeatures {
  private readonly energy = new RunningStatistics();
  private readonly flicker = new RunningStatistics();
  private previous: { gray: Uint8Array; histogram: Float64Array; mean: number } | undefined;
  private cuts = 0;
  private firstTime: number | undefined;
  private lastTime = 0;

  /** @param gray 8-bit levels, all frames of one size; @param time in seconds, rising. */
  add(gray: Uint8Array, time: number): void {
    const counts = levelCounts(gray);
    const histogram = new Float64Array(levels);
    let sum = 0;
    counts.forEach((count, level) => {
      histogram[level >> 3]! += count;
      sum += count * level;
    });
    const mean = sum / gray.length / 255;
    const { previous } = this;
    if (previous && previous.gray.length === gray.length) {
      let changed = 0;
      for (let bin = 0; bin < levels; bin++) changed += Math.abs(histogram[bin]! - previous.histogram[bin]!);
      if (changed / (2 * gray.length) > cutThreshold) this.cuts++;
      else {
        this.energy.add(differenceOf(gray, previous.gray) / gray.length / 255);
        this.flicker.add(Math.abs(mean - previous.mean));
      }
    }
    this.previous = { gray, histogram, mean };
    this.firstTime ??= time;
    this.lastTime = time;
  }

  values(): number[] {
    const duration = this.lastTime - (this.firstTime ?? 0);
    return [
      this.energy.mean,
      this.energy.deviation,
      this.energy.maximum,
      this.flicker.mean,
      duration > 0 ? this.cuts / duration : 0,
    ];
  }
}

/** The summed distance of levels: a whole number, however it is added up. */
function differenceOf(a: Uint8Array, b: Uint8Array): number {
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference += Math.abs(a[i]! - b[i]!);
  return difference;
}
