// The flow of a level where a match of the search fits better (`fused` of `../../search.ts`).
import { VECTOR, flowAt, flowLine } from './layout';
import { GRAY_PARTS, detailStride } from './detail';
import { OUTSIDE, PIXEL_BITS, patchDistance } from './patches';
import { KEPT, MATCH, SPACING, Search, TOLERANCE, near, parts } from './search';

const PIXEL_RADIUS: i32 = 2;
const BETTER: i32 = GRAY_PARTS * (2 * PIXEL_RADIUS + 1) * (2 * PIXEL_RADIUS + 1);

/** The kept matches around a cell of pixels, nine at most. */
const around = memory.data(9 * 8, 8);

/** Changes `flow`. The pixels of a cell have the same matches around them. */
export function fuse(s: Search, first: usize, second: usize, flow: usize): void {
  const line = flowLine(s.width);
  for (let j = 0; j < s.rows; j++) {
    for (let i = 0; i < s.columns; i++) {
      const end = gatherAround(s, i, j);
      if (end == around) continue;
      for (let y = j * SPACING; y < min((j + 1) * SPACING, s.height); y++) {
        for (let x = i * SPACING; x < min((i + 1) * SPACING, s.width); x++)
          fusePixel(s, first, second, x, y, flowAt(flow, line, x, y), end);
      }
    }
  }
}

/** Returns the end of the list. */
function gatherAround(s: Search, column: i32, row: i32): usize {
  let end = around;
  for (let j = max(row - 1, 0); j <= min(row + 1, s.rows - 1); j++) {
    for (let i = max(column - 1, 0); i <= min(column + 1, s.columns - 1); i++) {
      const n = <usize>(j * s.columns + i);
      if (load<u8>(s.marks + n) != KEPT) continue;
      store<u64>(end, load<u64>(s.there + MATCH * n));
      end += 8;
    }
  }
  return end;
}

function fusePixel(s: Search, first: usize, second: usize, x: i32, y: i32, at: usize, end: usize): void {
  const u = parts(load<f32>(at));
  const v = parts(load<f32>(at, VECTOR));
  let least = -1; // until a match says something else than the flow
  for (let match = around; match < end; match += 8) {
    const du = load<i32>(match);
    const dv = load<i32>(match, 4);
    if (near(du - u, dv - v, TOLERANCE)) continue;
    if (least < 0) least = max(distance(s, first, second, x, y, u, v, OUTSIDE) - BETTER, 0);
    const far = distance(s, first, second, x, y, du, dv, least);
    if (far >= least) continue;
    least = far;
    store<f32>(at, <f32>du / <f32>(1 << PIXEL_BITS));
    store<f32>(at, <f32>dv / <f32>(1 << PIXEL_BITS), VECTOR);
  }
}

function distance(s: Search, first: usize, second: usize, x: i32, y: i32, u: i32, v: i32, limit: i32): i32 {
  return patchDistance(first, second, detailStride(s.width), s.right, s.bottom, x, y, u, v, PIXEL_RADIUS, limit);
}
