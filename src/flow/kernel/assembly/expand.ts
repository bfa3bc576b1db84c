// The flow of a coarser level as the start of the next finer one: bilinear, scaled with the frame.
import { FLOW_STEP, VECTOR, allocate, blocksOf, flowHalf, flowLine } from './layout';

/** A block of the table serves four output columns: their byte offsets in a row of (u, v) pairs, and their weights, each twice. */
const ENTRY: usize = 3 * VECTOR;

/** Where the columns of the finer level, in checkerboard order, fall among those of the coarser. */
export function expandTable(from: i32, to: i32): usize {
  const blocks = blocksOf(to);
  const table = allocate(ENTRY * blocks * 2);
  for (let parity = 0; parity < 2; parity++) {
    for (let i = 0; i < 4 * blocks; i++) {
      const place = placeOf(min(2 * i + parity, to - 1), from, to);
      const left = min(<i32>place, from - 1);
      const entry = table + ENTRY * (parity * blocks + (i >> 2));
      store<i32>(entry + ((<usize>i & 3) << 2), left << 3);
      const weight = entry + VECTOR + ((<usize>i & 3) << 3);
      store<f32>(weight, <f32>(place - <f64>left));
      store<f32>(weight, <f32>(place - <f64>left), 4);
    }
  }
  return table;
}

/** Pixel centers correspond; places before the first center take the first value. */
function placeOf(i: i32, from: i32, to: i32): f64 {
  return max<f64>(0, (<f64>i + 0.5) * (<f64>from / <f64>to) - 0.5);
}

/** `row` is room for one row of (u, v) pairs of the coarser level, and one more pair. */
export function expand(
  source: usize, width: i32, height: i32, target: usize, targetWidth: i32, targetHeight: i32, table: usize, row: usize,
): void {
  const line = flowLine(width);
  const targetLine = flowLine(targetWidth);
  const blocks = blocksOf(targetWidth);
  const fx = <f32>targetWidth / <f32>width;
  const fy = <f32>targetHeight / <f32>height;
  const scale = f32x4(fx, fy, fx, fy);
  for (let y = 0; y < targetHeight; y++) {
    const place = placeOf(y, height, targetHeight);
    const top = min(<i32>place, height - 1);
    const bottom = min(top + 1, height - 1);
    mixRows(
      flowHalf(source, line, top, 0), flowHalf(source, line, top, 1), flowHalf(source, line, bottom, 0), flowHalf(source, line, bottom, 1),
      <f32>(place - <f64>top), blocksOf(width), scale, row,
    );
    const last = row + (<usize>(width - 1) << 3);
    store<u64>(last, load<u64>(last), 8);
    for (let parity = 0; parity < 2; parity++) {
      let out = flowHalf(target, targetLine, y, parity);
      let entry = table + ENTRY * blocks * parity;
      const end = out + FLOW_STEP * blocks;
      while (out < end) {
        const p0 = v128.load(row + <usize>load<i32>(entry));
        const p1 = v128.load(row + <usize>load<i32>(entry, 4));
        const p2 = v128.load(row + <usize>load<i32>(entry, 8));
        const p3 = v128.load(row + <usize>load<i32>(entry, 12));
        const a = mix(v128.shuffle<f32>(p0, p1, 0, 1, 4, 5), v128.shuffle<f32>(p0, p1, 2, 3, 6, 7), v128.load(entry, VECTOR));
        const b = mix(v128.shuffle<f32>(p2, p3, 0, 1, 4, 5), v128.shuffle<f32>(p2, p3, 2, 3, 6, 7), v128.load(entry, 2 * VECTOR));
        v128.store(out, v128.shuffle<f32>(a, b, 0, 2, 4, 6));
        v128.store(out, v128.shuffle<f32>(a, b, 1, 3, 5, 7), VECTOR);
        entry += ENTRY;
        out += FLOW_STEP;
      }
    }
  }
}

/** Two checkerboard rows mixed, in column order, as (u, v) pairs. */
function mixRows(
  topEven: usize, topOdd: usize, bottomEven: usize, bottomOdd: usize, weight: f32, blocks: i32, scale: v128, row: usize,
): void {
  const t = f32x4.splat(weight);
  for (let i = 0; i < blocks; i++) {
    const ue = mix(v128.load(topEven), v128.load(bottomEven), t);
    const ve = mix(v128.load(topEven, VECTOR), v128.load(bottomEven, VECTOR), t);
    const uo = mix(v128.load(topOdd), v128.load(bottomOdd), t);
    const vo = mix(v128.load(topOdd, VECTOR), v128.load(bottomOdd, VECTOR), t);
    const el = v128.shuffle<f32>(ue, ve, 0, 4, 1, 5);
    const eh = v128.shuffle<f32>(ue, ve, 2, 6, 3, 7);
    const ol = v128.shuffle<f32>(uo, vo, 0, 4, 1, 5);
    const oh = v128.shuffle<f32>(uo, vo, 2, 6, 3, 7);
    v128.store(row, f32x4.mul(scale, v128.shuffle<f32>(el, ol, 0, 1, 4, 5)));
    v128.store(row, f32x4.mul(scale, v128.shuffle<f32>(el, ol, 2, 3, 6, 7)), VECTOR);
    v128.store(row, f32x4.mul(scale, v128.shuffle<f32>(eh, oh, 0, 1, 4, 5)), 2 * VECTOR);
    v128.store(row, f32x4.mul(scale, v128.shuffle<f32>(eh, oh, 2, 3, 6, 7)), 3 * VECTOR);
    topEven += FLOW_STEP;
    topOdd += FLOW_STEP;
    bottomEven += FLOW_STEP;
    bottomOdd += FLOW_STEP;
    row += 4 * VECTOR;
  }
}

// @ts-ignore: decorator
@inline
function mix(a: v128, b: v128, t: v128): v128 {
  return f32x4.add(a, f32x4.mul(t, f32x4.sub(b, a)));
}
