// A median filter on the flow, 3 × 3: it removes the outliers that a level would otherwise pass on to the next finer one
// (Sun, Roth & Black, "Secrets of optical flow estimation and their principles", CVPR 2010).
import { FLOW_STEP, VECTOR, even, flowHalf, flowLine, imageStride, odd, repeatEdge } from './layout';

/** Room for the sorted columns of a row, the `rows` of `medianFilter`. */
export function medianBytes(width: i32): usize {
  return pitchOf(width) * 3;
}

/** A padded image row, and a vector more at each end. */
function pitchOf(width: i32): usize {
  return (<usize>imageStride(width) << 2) + 2 * VECTOR;
}

/** `u` and `v` are room for two image planes with their border. */
export function medianFilter(flow: usize, width: i32, height: i32, u: usize, v: usize, rows: usize): void {
  const line = flowLine(width);
  const stride = <usize>imageStride(width) << 2;
  for (let y = 0; y < height; y++)
    unpackRow(flowHalf(flow, line, y, 0), flowHalf(flow, line, y, 1), u + <usize>y * stride, v + <usize>y * stride, width);
  repeatEdge(u, width, height);
  repeatEdge(v, width, height);
  for (let y = 0; y < height; y++) {
    const evenHalf = flowHalf(flow, line, y, 0);
    const oddHalf = flowHalf(flow, line, y, 1);
    filterRow(u + <usize>y * stride, stride, rows, width, evenHalf, oddHalf);
    filterRow(v + <usize>y * stride, stride, rows, width, evenHalf + VECTOR, oddHalf + VECTOR);
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
 * Each column of three is sorted once, for the three medians that it is part of: the median of nine is that of the greatest of
 * the least, the median of the middle ones and the least of the greatest.
 */
function filterRow(row: usize, stride: usize, rows: usize, width: i32, evenHalf: usize, oddHalf: usize): void {
  const pitch = pitchOf(width);
  const least = rows + VECTOR; // of column 0: those before it belong to the border
  const middle = least + pitch;
  const greatest = middle + pitch;
  const end = <usize>((width + 7) & ~7) << 2;
  for (let x: usize = 0; x <= end + VECTOR; x += VECTOR) {
    const p = row + x - VECTOR;
    const a = v128.load(p - stride);
    const b = v128.load(p);
    const c = v128.load(p + stride);
    const less = f32x4.pmin(a, b);
    const more = f32x4.pmax(a, b);
    const rest = f32x4.pmax(less, c);
    v128.store(least + x - VECTOR, f32x4.pmin(less, c));
    v128.store(middle + x - VECTOR, f32x4.pmin(more, rest));
    v128.store(greatest + x - VECTOR, f32x4.pmax(more, rest));
  }
  for (let x: usize = 0; x < end; x += 2 * VECTOR) {
    const a = medianOfNine(least + x, middle + x, greatest + x);
    const b = medianOfNine(least + x + VECTOR, middle + x + VECTOR, greatest + x + VECTOR);
    v128.store(evenHalf, even(a, b));
    v128.store(oddHalf, odd(a, b));
    evenHalf += FLOW_STEP;
    oddHalf += FLOW_STEP;
  }
}

// @ts-ignore: decorator
@inline
function medianOfNine(least: usize, middle: usize, greatest: usize): v128 {
  return medianOfThree(
    f32x4.pmax(f32x4.pmax(v128.load(least - 4), v128.load(least)), v128.load(least + 4)),
    medianOfThree(v128.load(middle - 4), v128.load(middle), v128.load(middle + 4)),
    f32x4.pmin(f32x4.pmin(v128.load(greatest - 4), v128.load(greatest)), v128.load(greatest + 4)),
  );
}

// @ts-ignore: decorator
@inline
function medianOfThree(a: v128, b: v128, c: v128): v128 {
  return f32x4.pmin(f32x4.pmax(a, b), f32x4.pmax(f32x4.pmin(a, b), c));
}
