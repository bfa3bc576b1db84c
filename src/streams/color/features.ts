import { type ColorFeature, feature } from './feature.ts';
import { HueSums, hueFeatures } from './hues.ts';
import { LabSums, labFeatures } from './lab.ts';
import { LevelSums, levelFeatures } from './levels.ts';

/**
 * How long the shot around a picture lasts. Shots of feature films last some seconds, as a logarithm about evenly around
 * 3 s, most between 1 and 8 s (Cutting, DeLong & Nothelfer 2010, Psychological Science 21).
 */
const cutLength = feature('cutLength', 0.5, 0.4);

/** What `colorFeatures` says, in order. */
export const colorFeatureList: readonly ColorFeature[] = [
  ...labFeatures,
  ...hueFeatures,
  ...levelFeatures,
  cutLength,
];

/**
 * The color of a picture as a whole, in 50 numbers (`LabSums`, `HueSums`, `LevelSums`), and the decimal logarithm of how long
 * its shot lasts. None depends on the picture's size, or on where in it something is, and small changes of levels change
 * them little.
 *
 * @param rgb three bytes a pixel, at least one pixel.
 * @param shot seconds that the shot around it lasts, above 0.
 * @returns numbers of about −1 … 1, in the order of `colorFeatureList`.
 */
export function colorFeatures(rgb: Uint8Array, shot: number): number[] {
  const [lab, hues, levels] = [new LabSums(), new HueSums(), new LevelSums()];
  for (let i = 0; i + 2 < rgb.length; i += 3) {
    const [red, green, blue] = [rgb[i]! / 255, rgb[i + 1]! / 255, rgb[i + 2]! / 255];
    lab.add(red, green, blue);
    hues.add(red, green, blue);
    levels.add(red, green, blue);
  }
  return [...[lab, hues, levels].flatMap((sums) => sums.values()), Math.log10(shot)];
}
