import type { ColorFeature } from './feature.ts';
import { HueSums, hueFeatures } from './hues.ts';
import { LabSums, labFeatures } from './lab.ts';
import { LevelSums, levelFeatures } from './levels.ts';

/** What `colorFeatures` says, in order. */
export const colorFeatureList: readonly ColorFeature[] = [...labFeatures, ...hueFeatures, ...levelFeatures];

/**
 * The color of a picture as a whole, in 50 numbers (`LabSums`, `HueSums`, `LevelSums`). None depends on the picture's size,
 * or on where in it something is, and small changes of levels change them little.
 *
 * @param rgb three bytes a pixel, at least one pixel.
 * @returns numbers of about −1 … 1, in the order of `colorFeatureList`.
 */
export function colorFeatures(rgb: Uint8Array): number[] {
  const [lab, hues, levels] = [new LabSums(), new HueSums(), new LevelSums()];
  for (let i = 0; i + 2 < rgb.length; i += 3) {
    const [red, green, blue] = [rgb[i]! / 255, rgb[i + 1]! / 255, rgb[i + 2]! / 255];
    lab.add(red, green, blue);
    hues.add(red, green, blue);
    levels.add(red, green, blue);
  }
  return [lab, hues, levels].flatMap((sums) => sums.values());
}
