// What the flow is computed of, and what is made of it.
import type { FlowField, GrayImage } from '../flow/index.ts';
import type { Field, Preprocessing } from '../streams/index.ts';

/**
 * A field in the unit of the preprocessing, in its own arrays: nobody else has them.
 *
 * @param factor from pixels of the field to that unit.
 */
export function inUnit(
  { width, height, u, v }: FlowField,
  factor: number,
  { flow: { scale, largest } }: Preprocessing,
): Field {
  for (const plane of [u, v])
    if (scale === 'root')
      for (let i = 0; i < plane.length; i++) {
        const value = plane[i]!;
        plane[i] = Math.sign(value) * Math.sqrt(Math.abs(value) * factor * largest);
      }
    else for (let i = 0; i < plane.length; i++) plane[i] = plane[i]! * factor;
  return { width, height, u, v };
}

/** Halved, by the means of 2 × 2 pixels, while the shorter side keeps at least so many pixels. */
export function reduced(image: GrayImage, lines: number): GrayImage {
  const width = image.width >> 1;
  const height = image.height >> 1;
  if (Math.min(width, height) < lines) return image;
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const upper = 2 * y * image.width;
    const lower = upper + image.width;
    for (let x = 0; x < width; x++)
      data[y * width + x] =
        (image.data[upper + 2 * x]! +
          image.data[upper + 2 * x + 1]! +
          image.data[lower + 2 * x]! +
          image.data[lower + 2 * x + 1]!) /
        4;
  }
  return reduced({ width, height, data }, lines);
}
