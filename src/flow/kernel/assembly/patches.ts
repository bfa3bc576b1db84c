// The distance of two patches (`../../patches.ts`), a row of eight 16-bit numbers at a time.
import { VECTOR } from './layout';

/** Parts of a pixel that displacements are counted in, as a power of two. */
export const PIXEL_BITS: i32 = 8;
/** Distance from what is outside the picture, or too far. */
export const OUTSIDE: i32 = 1 << 30;

/** Which of eight pixels in a row belong to a patch, by its radius: one vector each. */
const members = memory.data<i16>([1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0], 16);

/**
 * The sum of absolute differences of the patch around (x, y) of the first picture and that around (x + u, y + v) of the second,
 * bilinear; `OUTSIDE` where that is `limit` or more, or ends outside. u and v are in parts of a pixel. Pictures are as
 * `writeDetail` leaves them, both of `stride` bytes a row.
 *
 * @param right last column, in parts of a pixel
 * @param bottom last row
 */
export function patchDistance(
  first: usize, second: usize, stride: usize, right: i32, bottom: i32, x: i32, y: i32, u: i32, v: i32, radius: i32, limit: i32,
): i32 {
  const toX = (x << PIXEL_BITS) + u;
  const toY = (y << PIXEL_BITS) + v;
  if (<u32>toX > <u32>right || <u32>toY > <u32>bottom) return OUTSIDE;
  const inside = v128.load(members + <usize>radius * VECTOR);
  const here = first + <usize>(y - radius) * stride + (<usize>(x - radius) << 1);
  const there = second + <usize>((toY >> PIXEL_BITS) - radius) * stride + (<usize>((toX >> PIXEL_BITS) - radius) << 1);
  const part = (1 << PIXEL_BITS) - 1;
  return (toX | toY) & part
    ? distanceBetween(here, there, stride, toX & part, toY & part, inside, 2 * radius, limit)
    : distanceAt(here, there, stride, inside, 2 * radius, limit);
}

/** Of patches of `last` + 1 rows, from their first pixels, the second at a whole pixel. */
function distanceAt(here: usize, there: usize, stride: usize, inside: v128, last: i32, limit: i32): i32 {
  let sums = i32x4.splat(0);
  for (let j = last; ; j--) {
    const difference = i16x8.abs(i16x8.sub(v128.load(there), v128.load(here)));
    sums = i32x4.add(sums, i32x4.dot_i16x8_s(difference, inside));
    if (!(j & 1)) {
      // every other row, for a sum across a vector takes as long as a row
      const distance = total(sums);
      if (distance >= limit) return OUTSIDE;
      if (j == 0) return distance;
    }
    here += stride;
    there += stride;
  }
  return OUTSIDE;
}

/** The same between pixels: `across` and `down` are parts of a pixel. */
function distanceBetween(
  here: usize, there: usize, stride: usize, across: i32, down: i32, inside: v128, last: i32, limit: i32,
): i32 {
  const toRight = i16x8.splat(<i16>(across << (15 - PIXEL_BITS)));
  const toBelow = i16x8.splat(<i16>(down << (15 - PIXEL_BITS)));
  let above = between(v128.load(there), v128.load(there, 2), toRight);
  let sums = i32x4.splat(0);
  for (let j = last; ; j--) {
    there += stride;
    const below = between(v128.load(there), v128.load(there, 2), toRight);
    const difference = i16x8.abs(i16x8.sub(between(above, below, toBelow), v128.load(here)));
    sums = i32x4.add(sums, i32x4.dot_i16x8_s(difference, inside));
    if (!(j & 1)) {
      const distance = total(sums);
      if (distance >= limit) return OUTSIDE;
      if (j == 0) return distance;
    }
    above = below;
    here += stride;
  }
  return OUTSIDE;
}

// @ts-ignore: decorator
@inline
function total(sums: v128): i32 {
  const pairs = i32x4.add(sums, v128.shuffle<i32>(sums, sums, 2, 3, 0, 1));
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1);
}

// @ts-ignore: decorator
@inline
function between(a: v128, b: v128, weight: v128): v128 {
  return i16x8.add(a, i16x8.q15mulr_sat_s(i16x8.sub(b, a), weight));
}
