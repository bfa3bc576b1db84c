// A median filter on the flow, 5 × 5, which removes outliers that a warp would otherwise pass on to the next
// (Sun, Roth & Black, "Secrets of optical flow estimation and their principles", CVPR 2010).
import { FLOW_STEP, VECTOR, even, flowHalf, flowLine, imageStride, repeatEdge } from './layout';

/** The values among which the median is sought. */
const candidates = memory.data(14 * 16, 16);

/** `u` and `v` are room for two image planes with their border. */
export function medianFilter(flow: usize, width: i32, height: i32, u: usize, v: usize): void {
  const line = flowLine(width);
  const stride = <usize>imageStride(width) << 2;
  for (let y = 0; y < height; y++)
    unpackRow(flowHalf(flow, line, y, 0), flowHalf(flow, line, y, 1), u + <usize>y * stride, v + <usize>y * stride, width);
  repeatEdge(u, width, height);
  repeatEdge(v, width, height);
  for (let y = 0; y < height; y++) {
    for (let parity = 0; parity < 2; parity++) {
      let block = flowHalf(flow, line, y, parity);
      let offset = <usize>y * stride + (<usize>parity << 2);
      for (let x = 0; x < width; x += 8) {
        v128.store(block, medianAround(u + offset, stride));
        v128.store(block, medianAround(v + offset, stride), VECTOR);
        block += FLOW_STEP;
        offset += 2 * VECTOR;
      }
    }
  }
}

/** A row of the flow as two rows in column order. */
export function unpackRow(evenHalf: usize, oddHalf: usize, u: usize, v: usize, width: i32): void {
  const end = u + (<usize>width << 2);
  while (u < end) {
    interleave(evenHalf, oddHalf, u);
    interleave(evenHalf + VECTOR, oddHalf + VECTOR, v);
    evenHalf += FLOW_STEP;
    oddHalf += FLOW_STEP;
    u += 2 * VECTOR;
    v += 2 * VECTOR;
  }
}

// @ts-ignore: decorator
@inline
function interleave(evenHalf: usize, oddHalf: usize, target: usize): void {
  const a = v128.load(evenHalf);
  const b = v128.load(oddHalf);
  v128.store(target, v128.shuffle<f32>(a, b, 0, 4, 1, 5));
  v128.store(target, v128.shuffle<f32>(a, b, 2, 6, 3, 7), VECTOR);
}

/**
 * The medians of the 25 values around four pixels, every other column from `p` on. Of 14 of the values neither the least nor the
 * greatest can be the median of all 25: both are dropped and the next value is taken in, until one is left.
 */
function medianAround(p: usize, stride: usize): v128 {
  for (let i = 0; i < 14; i++) v128.store(candidates + (<usize>i << 4), tap(p, stride, i));
  let end = candidates + 14 * VECTOR;
  for (let next = 14; next < 26; next++) {
    // from the first two on, the least and the greatest so far are carried along and the others stay behind, one place further down
    const a = v128.load(candidates);
    const b = v128.load(candidates, VECTOR);
    let least = f32x4.pmin(a, b);
    let greatest = f32x4.pmax(a, b);
    for (let q = candidates + 2 * VECTOR; q < end; q += VECTOR) {
      const value = v128.load(q);
      const rest = f32x4.pmax(least, value);
      v128.store(q - VECTOR, f32x4.pmin(greatest, rest));
      least = f32x4.pmin(least, value);
      greatest = f32x4.pmax(greatest, rest);
    }
    if (next < 25) v128.store(candidates, tap(p, stride, next));
    end -= VECTOR;
  }
  return v128.load(candidates, VECTOR);
}

// @ts-ignore: decorator
@inline
function tap(p: usize, stride: usize, i: i32): v128 {
  const q = p + <usize>(i / 5 - 2) * stride + (<usize>(i % 5 - 2) << 2);
  return even(v128.load(q), v128.load(q, VECTOR));
}
