import { Random } from '../support/random.ts';
import type { DrawnFace } from './drawn-face.ts';

/** A face that is seen throughout a shot. */
export interface ShownFace extends Pick<DrawnFace, 'radius' | 'skin'> {
  /** Of its middle, as shares of the picture's width and height. */
  readonly across: number;
  readonly down: number;
}

/** Of the films that may show faces, those that show none. */
const shareWithout = 0.3;
/** Of the shots of the others. */
const shareWithFace = 0.65;

/** Half the width of a head, in lines of 108: from a figure in the scene to a close-up. */
const smallest = 8;
const largest = 30;

/** How large a face of a radius is among those that are shown, 0 … 1. */
export function sizeOf({ radius }: Pick<DrawnFace, 'radius'>): number {
  return (radius - smallest) / (largest - smallest);
}

/** Whether a film shows any face; one with this seed always does, or never. */
export function showsFaces(filmSeed: number): boolean {
  return Random.seeded(filmSeed ^ 0x5bd1e995).uniform() >= shareWithout;
}

/** The face of a shot, by the shot's seed; undefined where it has none. */
export function faceOfShot(shotSeed: number): ShownFace | undefined {
  const random = Random.seeded(shotSeed ^ 0x2c1b3c6d);
  if (random.uniform() >= shareWithFace) return undefined;
  return {
    radius: smallest + (largest - smallest) * random.uniform(),
    skin: 0.5 + 0.4 * random.uniform(),
    across: 0.3 + 0.4 * random.uniform(),
    down: 0.42 + 0.1 * random.uniform(),
  };
}
