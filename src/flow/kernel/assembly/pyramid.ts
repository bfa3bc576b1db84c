// The image pyramid. Every sample of a level is the Gaussian-weighted mean of the level below around the place
// it stands for; the finest level is the frame under the same operator at scale 1 (the pre-smoothing).
import { VECTOR, BORDER, allocate, imageStride, repeatEdge, repeatRowEdge } from './layout';

/** Samples under the Gaussian along one axis: three before the place, four from it on; two vectors. */
const TAPS = 8;
/** A tap table holds, for every output sample, the index of its first tap (one vector, for alignment) and TAPS weights. */
const ENTRY: usize = VECTOR + TAPS * 4;

/** The taps that take an axis of `from` samples to one of `to` samples. */
export function tapTable(from: i32, to: i32, sigma: f64): usize {
  const table = allocate(ENTRY * to);
  const scale = <f64>from / <f64>to;
  for (let i = 0; i < to; i++) {
    const place = (<f64>i + 0.5) * scale - 0.5;
    const first = <i32>Math.floor(place) - 3;
    const entry = table + ENTRY * i;
    let sum: f64 = 0;
    for (let k = 0; k < TAPS; k++) sum += gaussian(<f64>(first + k) - place, sigma);
    store<i32>(entry, first);
    for (let k = 0; k < TAPS; k++)
      store<f32>(entry + VECTOR + (<usize>k << 2), <f32>(gaussian(<f64>(first + k) - place, sigma) / sum));
  }
  return table;
}

function gaussian(distance: f64, sigma: f64): f64 {
  return Math.exp((-distance * distance) / (2 * sigma * sigma));
}

/**
 * Resamples `source` (with its border) to `target` and repeats the edge of the result.
 * Rows are combined first, into `row` (one padded image row), so that only rows that exist in the target are computed.
 */
export function resample(
  source: usize, width: i32, height: i32, target: usize, targetWidth: i32, targetHeight: i32,
  columns: usize, rows: usize, row: usize,
): void {
  const stride = <usize>imageStride(width) * 4;
  const targetStride = <usize>imageStride(targetWidth) * 4;
  for (let y = 0; y < targetHeight; y++) {
    const entry = rows + ENTRY * y;
    combineRows(source, load<i32>(entry), entry + VECTOR, stride, width, height, row);
    repeatRowEdge(row, width);
    combineColumns(row, columns, target + <usize>y * targetStride, targetWidth);
  }
  repeatEdge(target, targetWidth, targetHeight);
}

function combineRows(source: usize, first: i32, weights: usize, stride: usize, width: i32, height: i32, row: usize): void {
  const r0 = rowAt(source, first, height, stride) - row;
  const r1 = rowAt(source, first + 1, height, stride) - row;
  const r2 = rowAt(source, first + 2, height, stride) - row;
  const r3 = rowAt(source, first + 3, height, stride) - row;
  const r4 = rowAt(source, first + 4, height, stride) - row;
  const r5 = rowAt(source, first + 5, height, stride) - row;
  const r6 = rowAt(source, first + 6, height, stride) - row;
  const r7 = rowAt(source, first + 7, height, stride) - row;
  const w0 = v128.load_splat<f32>(weights);
  const w1 = v128.load_splat<f32>(weights, 4);
  const w2 = v128.load_splat<f32>(weights, 8);
  const w3 = v128.load_splat<f32>(weights, 12);
  const w4 = v128.load_splat<f32>(weights, 16);
  const w5 = v128.load_splat<f32>(weights, 20);
  const w6 = v128.load_splat<f32>(weights, 24);
  const w7 = v128.load_splat<f32>(weights, 28);
  const end = row + (<usize>width << 2);
  for (let p = row; p < end; p += VECTOR) {
    const a = f32x4.add(f32x4.mul(w0, v128.load(p + r0)), f32x4.mul(w1, v128.load(p + r1)));
    const b = f32x4.add(f32x4.mul(w2, v128.load(p + r2)), f32x4.mul(w3, v128.load(p + r3)));
    const c = f32x4.add(f32x4.mul(w4, v128.load(p + r4)), f32x4.mul(w5, v128.load(p + r5)));
    const d = f32x4.add(f32x4.mul(w6, v128.load(p + r6)), f32x4.mul(w7, v128.load(p + r7)));
    v128.store(p, f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
  }
}

// @ts-ignore: decorator
@inline
function rowAt(source: usize, y: i32, height: i32, stride: usize): usize {
  return source + <usize>max(0, min(y, height - 1)) * stride;
}

function combineColumns(row: usize, columns: usize, target: usize, width: i32): void {
  // the last vector may run past the row into its border, which is overwritten afterwards; its table entries repeat
  let entry = columns;
  const last = columns + ENTRY * (width - 1);
  for (let x = 0; x < width; x += 4) {
    const a = weighted(row, entry);
    const b = weighted(row, min(entry + ENTRY, last));
    const c = weighted(row, min(entry + 2 * ENTRY, last));
    const d = weighted(row, min(entry + 3 * ENTRY, last));
    const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
    const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
    v128.store(
      target + (<usize>x << 2),
      f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7)),
    );
    entry += 4 * ENTRY;
  }
}

/** The weighted taps of one output sample, still to be summed over the four lanes. */
// @ts-ignore: decorator
@inline
function weighted(row: usize, entry: usize): v128 {
  const taps = row + ((<usize>load<i32>(entry)) << 2);
  return f32x4.add(
    f32x4.mul(v128.load(taps), v128.load(entry, VECTOR)),
    f32x4.mul(v128.load(taps, VECTOR), v128.load(entry, 2 * VECTOR)),
  );
}
