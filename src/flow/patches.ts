import { nearest, newPlane, type Plane } from './plane.ts';

/* Gray values and displacements are whole numbers here, so that the kernel and its oracle agree to the bit. */

/** Displacements are counted in such parts of a pixel. */
export const pixelParts = 256;
/** Gray values are counted in such parts of a gray level. */
export const grayParts = 32;
/** The distance from what is outside the picture. */
export const outside: number = 2 ** 30;
/** Around each pixel (2 · 4 + 1)² pixels make the mean that its gray value is taken from. */
const surroundings = 4;
/** Weights of 15 bits, as vectors of 16-bit numbers are multiplied with. */
const one = 2 ** 15;

/**
 * What patches of a picture are compared by: each gray value less the mean of its surroundings, so that a change of light does not
 * count, in parts of a gray level; edges are repeated.
 */
export interface Detail {
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  /** From this many pixels above and left of the picture on. */
  readonly border: number;
  readonly data: Int16Array;
}

/**
 * Distance of the patch around (x, y) of the first picture from that around (x + u, y + v) of the second: the sum of absolute
 * differences in parts of a gray level, or `outside` where that is `limit` or more, or the second patch has its middle outside the
 * picture. x and y are in pixels and inside the picture, u and v in parts of a pixel.
 */
export type PatchDistance = (x: number, y: number, u: number, v: number, limit?: number) => number;

/** Compares patches of (2 · `radius` + 1)² pixels; between the pixels of the second picture values are bilinear. */
export function patchDistance(first: Detail, second: Detail, radius: number): PatchDistance {
  const { width, height, stride, border, data: b } = second;
  const side = 2 * radius + 1;
  const offset = (border - radius) * stride + border - radius;
  return (x, y, u, v, limit = outside) => {
    const [toX, toY] = [x * pixelParts + u, y * pixelParts + v];
    if (toX < 0 || toX > (width - 1) * pixelParts || toY < 0 || toY > (height - 1) * pixelParts)
      return outside;
    const [left, top] = [Math.floor(toX / pixelParts), Math.floor(toY / pixelParts)];
    const across = (toX - left * pixelParts) * (one / pixelParts);
    const down = (toY - top * pixelParts) * (one / pixelParts);
    let difference = 0;
    for (let j = 0; j < side; j++) {
      const here = (y + j) * stride + x + offset;
      const there = (top + j) * stride + left + offset;
      for (let i = 0; i < side; i++) {
        const above = between(b[there + i]!, b[there + i + 1]!, across);
        const below = between(b[there + i + stride]!, b[there + i + stride + 1]!, across);
        difference += Math.abs(between(above, below, down) - first.data[here + i]!);
      }
      if (difference >= limit) return outside;
    }
    return difference;
  };
}

/** From a to b, rounded as the 16-bit multiplication of vectors does. */
function between(a: number, b: number, weight: number): number {
  return a + (((b - a) * weight + one / 2) >> 15);
}

/** @param border pixels around the picture that patches may reach. */
export function detailOf(image: Plane, border: number): Detail {
  const { width, height, data } = image;
  const across = newPlane(width, height);
  const detail = new Int16Array(width * height);
  const count = 2 * surroundings + 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let i = x - surroundings; i <= x + surroundings; i++) sum += data[y * width + nearest(i, width)]!;
      across.data[y * width + x] = sum;
    }
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let j = y - surroundings; j <= y + surroundings; j++)
        sum += across.data[nearest(j, height) * width + x]!;
      const value = data[y * width + x]! - sum / count ** 2;
      detail[y * width + x] = Math.floor(value * grayParts + 0.5);
    }
  }
  const stride = width + 2 * border;
  const padded = Int16Array.from({ length: stride * (height + 2 * border) }, (_, p) => {
    const [x, y] = [(p % stride) - border, Math.floor(p / stride) - border];
    return detail[nearest(y, height) * width + nearest(x, width)]!;
  });
  return { width, height, stride, border, data: padded };
}
