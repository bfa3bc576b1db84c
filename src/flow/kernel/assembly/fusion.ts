// The flow of a level where a match of the search fits better (`fused` of `../../search.ts`).
import { VECTOR, flowAt, flowLine } from './layout';
import { GRAY_PARTS, detailStride } from './detail';
import { OUTSIDE, PIXEL_BITS, patchDistance } from './patches';
import { KEPT, MATCH, Search, TOLERANCE, firstAround, lastAround, near, parts } from './search';

const PIXEL_RADIUS: i32 = 2;
const BETTER: i32 = GRAY_PARTS * (2 * PIXEL_RADIUS + 1) * (2 * PIXEL_RADIUS + 1);

/** Changes `flow`. */
export function fuse(s: Search, first: usize, second: usize, flow: usize): void {
  const line = flowLine(s.width);
  for (let y = 0; y < s.height; y++) {
    for (let x = 0; x < s.width; x++) fusePixel(s, first, second, x, y, flowAt(flow, line, x, y));
  }
}

function fusePixel(s: Search, first: usize, second: usize, x: i32, y: i32, at: usize): void {
  const u = parts(load<f32>(at));
  const v = parts(load<f32>(at, VECTOR));
  let least = -1; // until a match says something else than the flow
  for (let j = firstAround(y); j <= lastAround(y, s.rows); j++) {
    for (let i = firstAround(x); i <= lastAround(x, s.columns); i++) {
      const n = j * s.columns + i;
      if (load<u8>(s.marks + <usize>n) != KEPT) continue;
      const match = s.there + MATCH * <usize>n;
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
}

function distance(s: Search, first: usize, second: usize, x: i32, y: i32, u: i32, v: i32, limit: i32): i32 {
  return patchDistance(first, second, detailStride(s.width), s.right, s.bottom, x, y, u, v, PIXEL_RADIUS, limit);
}
