import { cieLab, hueSaturationValue } from '../../streams/index.ts';
import { RunningStatistics, SideBySideStatistics } from './statistics.ts';

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

/** Places of the numbers that each pixel gives. */
const place = { value: 0, saturation: 1, redGreen: 2, yellowBlue: 3, lightness: 4, a: 5, b: 6 } as const;
const placeCount = Object.keys(place).length;

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
    const statistics = new SideBySideStatistics(placeCount);
    const numbers = new Float64Array(placeCount);
    const hues = new Float64Array(hueBins);
    // every second pixel: the means of half the pixels are the picture's for any purpose here
    for (let i = 0; i < pixels; i += 2) {
      const red = rgb[3 * i]! / 255;
      const green = rgb[3 * i + 1]! / 255;
      const blue = rgb[3 * i + 2]! / 255;
      const hsv = hueSaturationValue(red, green, blue);
      const lab = cieLab(red, green, blue);
      numbers[place.value] = hsv.value;
      numbers[place.saturation] = hsv.saturation;
      numbers[place.redGreen] = red - green;
      numbers[place.yellowBlue] = (red + green) / 2 - blue;
      numbers[place.lightness] = lab.lightness;
      numbers[place.a] = lab.a;
      numbers[place.b] = lab.b;
      statistics.add(numbers);
      if (hsv.value > 0.15) hues[Math.min(hueBins - 1, Math.floor(hsv.hue * hueBins))]! += hsv.saturation;
      this.lightnesses[Math.min(lightnessBins - 1, Math.floor((lab.lightness / 100) * lightnessBins))]!++;
    }
    hues.forEach((weight, bin) => {
      this.hues[bin]! += weight;
    });
    const mean = (of: keyof typeof place) => statistics.mean(place[of]);
    const deviation = (of: keyof typeof place) => statistics.deviation(place[of]);
    const colorfulness =
      Math.hypot(deviation('redGreen'), deviation('yellowBlue')) +
      0.3 * Math.hypot(mean('redGreen'), mean('yellowBlue'));
    const hueCount = hues.filter((weight) => weight > 0.05 * Math.max(...hues)).length;
    [
      mean('value'),
      deviation('value'),
      mean('saturation'),
      colorfulness,
      hueCount,
      mean('lightness'),
      mean('a'),
      mean('b'),
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
