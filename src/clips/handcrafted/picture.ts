import { cieLab, hueSaturationValue } from '../../streams/index.ts';
import { RunningStatistics } from './statistics.ts';

const hueBins = 12;
const lightnessBins = 8;

const averaged = [
  'brightness',
  'contrast',
  'saturation',
  'colorfulness',
  'hueCount',
  'lightness',
  'redGreen',
  'blueYellow',
] as const;

/** Names of `PictureFeatures.values()`, in order. */
export const pictureFeatureNames: readonly string[] = [
  ...averaged.flatMap((name) => [name, `${name}Deviation`]),
  ...Array.from({ length: hueBins }, (_, bin) => `hue${bin * (360 / hueBins)}`),
  ...Array.from({ length: lightnessBins }, (_, bin) => `lightnessShare${bin}`),
];

/**
 * Color and light of a clip's RGB frames: HSV and CIE Lab means with their spread over the clip, histograms
 * of hue (weighted by saturation) and lightness, the colorfulness of Hasler & Süsstrunk ("Measuring
 * colourfulness in natural images", 2003, section 7) and the hue count of Ke, Tang & Jing ("The design of
 * high-level features for photo quality assessment", 2006, section 3.3).
 */
export class PictureFeatures {
  private readonly statistics = averaged.map(() => new RunningStatistics());
  private readonly hues = new Float64Array(hueBins);
  private readonly lightnesses = new Float64Array(lightnessBins);

  /** @param rgb packed 8-bit RGB, three bytes a pixel. */
  add(rgb: Uint8Array): void {
    const pixels = Math.floor(rgb.length / 3);
    if (pixels === 0) return;
    const value = new RunningStatistics();
    const saturation = new RunningStatistics();
    const redGreenOpponent = new RunningStatistics();
    const yellowBlueOpponent = new RunningStatistics();
    const lightness = new RunningStatistics();
    const a = new RunningStatistics();
    const b = new RunningStatistics();
    const hues = new Float64Array(hueBins);
    // every second pixel: the means of half the pixels are the picture's for any purpose here
    for (let i = 0; i < pixels; i += 2) {
      const red = rgb[3 * i]! / 255;
      const green = rgb[3 * i + 1]! / 255;
      const blue = rgb[3 * i + 2]! / 255;
      const hsv = hueSaturationValue(red, green, blue);
      const lab = cieLab(red, green, blue);
      value.add(hsv.value);
      saturation.add(hsv.saturation);
      redGreenOpponent.add(red - green);
      yellowBlueOpponent.add((red + green) / 2 - blue);
      lightness.add(lab.lightness);
      a.add(lab.a);
      b.add(lab.b);
      if (hsv.value > 0.15) hues[Math.min(hueBins - 1, Math.floor(hsv.hue * hueBins))]! += hsv.saturation;
      this.lightnesses[Math.min(lightnessBins - 1, Math.floor((lab.lightness / 100) * lightnessBins))]!++;
    }
    hues.forEach((weight, bin) => {
      this.hues[bin]! += weight;
    });
    const colorfulness =
      Math.hypot(redGreenOpponent.deviation, yellowBlueOpponent.deviation) +
      0.3 * Math.hypot(redGreenOpponent.mean, yellowBlueOpponent.mean);
    const hueCount = hues.filter((weight) => weight > 0.05 * Math.max(...hues)).length;
    [
      value.mean,
      value.deviation,
      saturation.mean,
      colorfulness,
      hueCount,
      lightness.mean,
      a.mean,
      b.mean,
    ].forEach((number, i) => {
      this.statistics[i]!.add(number);
    });
  }

  values(): number[] {
    return [
      ...this.statistics.flatMap((statistics) => [statistics.mean, statistics.deviation]),
      ...shares(this.hues),
      ...shares(this.lightnesses),
    ];
  }
}

function shares(histogram: Float64Array): number[] {
  const total = histogram.reduce((sum, weight) => sum + weight, 0);
  return Array.from(histogram, (weight) => (total > 0 ? weight / total : 0));
}
