import { type ColorFeature, type ColorSums, feature, Sum, shareFeatures } from './feature.ts';
import { SoftHistogram } from './soft-histogram.ts';
import { hueSaturationValue } from './spaces.ts';

const hueBins = 12;
const hundredths = [0, 33, 67, 100];

/** Names of what `HueSums` says, in order. */
export const hueFeatures: readonly ColorFeature[] = [
  feature('brightness', 0.52, 0.15),
  feature('brightnessDeviation', 0.24, 0.06),
  feature('saturation', 0.31, 0.19),
  feature('saturationDeviation', 0.18, 0.08),
  feature('hueCount', 0.25, 0.16),
  ...Array.from({ length: hueBins }, (_, bin) => feature(`hue${bin * (360 / hueBins)}`, 0.015, 0.03)),
  ...shareFeatures('brightness', hundredths),
  ...shareFeatures('saturation', hundredths),
];

/** Below this value, hue and saturation are noise. */
const darkest = 0.15;
const countedHues = 20;

/**
 * What is said of a picture by hue, saturation and value (`hueSaturationValue`).
 *
 * - `brightness`: the value. `saturation`: of a dark pixel it is noise, so that chroma (value less the least of red, green
 *   and blue) is divided by .15 at least. Of both the mean, the standard deviation, and the shares of the picture that are
 *   near to some hundredths.
 * - `hueN`: the chroma of the picture by hue, in degrees; what is gray has none.
 * - `hueCount`, as a part of 20: Ke, Tang & Jing, "The design of high-level features for photo quality assessment" (2006,
 *   section on hue count): of 20 hues those that hold more than a twentieth of what the fullest holds, of pixels with a
 *   saturation above .2 and a value of .15 to .95. Here these borders are ramps and the hues points, so that no pixel tips
 *   the count; a hue that is hardly there (half a hundredth of the picture) does not count.
 */
export class HueSums implements ColorSums {
  private pixels = 0;
  private readonly brightness = new Sum();
  private readonly saturation = new Sum();
  private readonly hues = SoftHistogram.around(hueBins);
  private readonly counted = SoftHistogram.around(countedHues);
  private readonly brightnesses = SoftHistogram.between(0, 1, hundredths.length);
  private readonly saturations = SoftHistogram.between(0, 1, hundredths.length);

  add(red: number, green: number, blue: number): void {
    const { hue, saturation, value } = hueSaturationValue(red, green, blue);
    const chroma = saturation * value;
    const saturated = chroma / Math.max(value, darkest);
    this.pixels++;
    this.brightness.add(value);
    this.saturation.add(saturated);
    this.brightnesses.add(value, 1);
    this.saturations.add(saturated, 1);
    if (chroma === 0) return;
    this.hues.add(hue, chroma);
    const counts = above(0.2, saturated) * above(darkest, value) * (1 - above(0.95, value));
    if (counts > 0) this.counted.add(hue, counts);
  }

  values(): number[] {
    const { brightness, saturation, pixels } = this;
    const border = Math.max(0.05 * Math.max(...this.counted.weights), 0.005 * pixels);
    const count = this.counted.weights.reduce((sum, weight) => sum + Math.min(1, weight / (2 * border)), 0);
    const parts = [this.hues, this.brightnesses, this.saturations].flatMap(({ weights }) => [...weights]);
    return [
      ...[brightness.mean, brightness.deviation, saturation.mean, saturation.deviation],
      count / countedHues,
      ...parts.map((weight) => weight / pixels),
    ];
  }
}

/** 0 below a border, 1 above it, and a line between, .05 to both sides. */
function above(border: number, value: number): number {
  return Math.max(0, Math.min(1, (value - border) / 0.1 + 0.5));
}
