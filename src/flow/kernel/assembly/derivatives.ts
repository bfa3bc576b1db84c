// The first frame's image and gradient at the pixels. A level of the pyramid holds coefficients of a cubic B-spline
// surface; at a pixel the spline weighs its neighbors 1:4:1, and its slope is half their difference.
import { VECTOR, blocksOf, even, imageStride, odd, repeatRowEdge } from './layout';

/** Bytes of a block of samples: four pixels of I, of ∂x I and of ∂y I. */
export const SAMPLE_BLOCK: usize = 3 * VECTOR;

/** `rows` is room for two padded image rows. */
export function sampleSpline(surface: usize, width: i32, height: i32, samples: usize, rows: usize): void {
  const stride = <usize>imageStride(width) * 4;
  const half = SAMPLE_BLOCK * blocksOf(width);
  const level = rows;
  const slope = rows + stride;
  for (let y = 0; y < height; y++) {
    const row = surface + <usize>y * stride;
    for (let x: usize = 0; x < <usize>width << 2; x += VECTOR) {
      const above = v128.load(row - stride + x);
      const below = v128.load(row + stride + x);
      v128.store(level + x, oneFourOne(above, v128.load(row + x), below));
      v128.store(slope + x, f32x4.mul(f32x4.splat(0.5), f32x4.sub(below, above)));
    }
    repeatRowEdge(level, width);
    repeatRowEdge(slope, width);
    let block = samples + <usize>y * half * 2;
    const end = level + (<usize>width << 2);
    for (let p = level; p < end; p += 2 * VECTOR) {
      const q = p + stride;
      store2(block, half, value(p), value(p + VECTOR));
      store2(block + VECTOR, half, difference(p), difference(p + VECTOR));
      store2(block + 2 * VECTOR, half, value(q), value(q + VECTOR));
      block += SAMPLE_BLOCK;
    }
  }
}

// @ts-ignore: decorator
@inline
function oneFourOne(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.splat(1.0 / 6.0), f32x4.add(a, c)), f32x4.mul(f32x4.splat(4.0 / 6.0), b));
}

// @ts-ignore: decorator
@inline
function value(p: usize): v128 {
  return oneFourOne(v128.load(p - 4), v128.load(p), v128.load(p + 4));
}

// @ts-ignore: decorator
@inline
function difference(p: usize): v128 {
  return f32x4.mul(f32x4.splat(0.5), f32x4.sub(v128.load(p + 4), v128.load(p - 4)));
}

/** Stores eight neighboring pixels as four of the even half and four of the odd half. */
// @ts-ignore: decorator
@inline
function store2(block: usize, half: usize, a: v128, b: v128): void {
  v128.store(block, even(a, b));
  v128.store(block + half, odd(a, b));
}
