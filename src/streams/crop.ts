import type { Random } from '../support/random.ts';
import type { Picture } from './material.ts';

/** A square part of a picture, in its pixels. */
export interface Crop {
  readonly left: number;
  readonly top: number;
  readonly side: number;
  /** Whether left and right are exchanged after cutting it out. */
  readonly mirrored: boolean;
}

/** The middle of a picture. @throws TypeError when the picture is smaller than the square. */
export function centerCrop(width: number, height: number, side: number): Crop {
  fits(width, height, side);
  return { left: (width - side) >> 1, top: (height - side) >> 1, side, mirrored: false };
}

/**
 * What evaluation sees of a moment: the middle of its picture, of every other moment mirrored. A network that learned from
 * mirrored pictures as well does not answer quite the same to both; over some moments, a film and its mirror image then give
 * the same.
 *
 * @param moment its number in the film or the clip, from 0.
 */
export function momentCrop(width: number, height: number, side: number, moment: number): Crop {
  return { ...centerCrop(width, height, side), mirrored: moment % 2 === 1 };
}

/** The paper's augmentation, section 4: a random square, mirrored half of the time. One serves all frames of a clip. */
export function randomCrop(width: number, height: number, side: number, random: Random): Crop {
  fits(width, height, side);
  return {
    left: random.integer(width - side + 1),
    top: random.integer(height - side + 1),
    side,
    mirrored: random.uniform() < 0.5,
  };
}

function fits(width: number, height: number, side: number): void {
  if (side > width || side > height)
    throw new TypeError(`a square of ${side} does not fit ${width}×${height}`);
}

/**
 * The crop of a picture.
 *
 * @returns a picture of side × side.
 */
export function cropPicture({ width, rgb, shot }: Picture, { left, top, side, mirrored }: Crop): Picture {
  const cropped = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    const row = ((top + y) * width + left) * 3;
    if (!mirrored) cropped.set(rgb.subarray(row, row + side * 3), y * side * 3);
    else {
      for (let x = 0; x < side; x++) {
        const from = row + 3 * (side - 1 - x);
        cropped.set(rgb.subarray(from, from + 3), (y * side + x) * 3);
      }
    }
  }
  return { width: side, height: side, rgb: cropped, shot };
}
