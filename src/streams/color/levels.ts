import { type ColorFeature, type ColorSums, feature, Sum } from './feature.ts';

/** Names of what `LevelSums` says, in order. */
export const levelFeatures: readonly ColorFeature[] = [
  feature('colorfulness', 0.16, 0.1),
  feature('contrast', 0.88, 0.11),
];

/**
 * What is said of a picture by its levels of red, green and blue, 0 … 1.
 *
 * - `colorfulness`: Hasler & Süsstrunk, "Measuring colourfulness in natural images" (2003, section 7).
 * - `contrast`: Ke, Tang & Jing, "The design of high-level features for photo quality assessment" (2006, section on
 *   contrast): how wide the middle 98% of all levels are, those of all three colors together.
 */
export class LevelSums implements ColorSums {
  private readonly redLessGreen = new Sum();
  private readonly yellowLessBlue = new Sum();
  private readonly counts = new Uint32Array(256);

  add(red: number, green: number, blue: number): void {
    this.redLessGreen.add(red - green);
    this.yellowLessBlue.add((red + green) / 2 - blue);
    this.counts[Math.round(255 * red)]!++;
    this.counts[Math.round(255 * green)]!++;
    this.counts[Math.round(255 * blue)]!++;
  }

  values(): number[] {
    const { redLessGreen, yellowLessBlue } = this;
    return [
      Math.hypot(redLessGreen.deviation, yellowLessBlue.deviation) +
        0.3 * Math.hypot(redLessGreen.mean, yellowLessBlue.mean),
      (this.levelAt(0.99) - this.levelAt(0.01)) / 255,
    ];
  }

  /** The lowest level at or below which this part of all lies. */
  private levelAt(part: number): number {
    const total = this.counts.reduce((sum, count) => sum + count, 0);
    let sum = 0;
    return this.counts.findIndex((count) => {
      sum += count;
      return sum >= part * total;
    });
  }
}
