// The search of patches (`../../search.ts`, which explains and names all of it), with the same guesses and the same whole numbers.
import { allocate, flowAt, flowLine } from './layout';
import { detailStride } from './detail';
import { OUTSIDE, PIXEL_BITS, patchDistance } from './patches';

const SPACING: i32 = 3;
const PATCH_RADIUS: i32 = 3;
const FARTHEST: f64 = 0.3;
const CLOSEST: i32 = 77;
const ROUNDS: i32 = 4;
export const TOLERANCE: i32 = 1 << PIXEL_BITS;
const SMALLEST_REGION: i32 = 10;
const ALIKE: i32 = 384;

/** Bytes of a match: its displacement and its distance. */
export const MATCH: usize = 12;

/** Matches there and back of a level, which of them are kept, and a list of matches to visit. */
export class Search {
  columns: i32;
  rows: i32;
  there: usize;
  back: usize;
  marks: usize;
  list: usize;
  /** Last column and row, in parts of a pixel. */
  right: i32;
  bottom: i32;
  constructor(public width: i32, public height: i32) {
    this.columns = (width + SPACING - 1) / SPACING;
    this.rows = (height + SPACING - 1) / SPACING;
    const count = <usize>(this.columns * this.rows);
    this.there = allocate(count * MATCH);
    this.back = allocate(count * MATCH);
    this.marks = allocate(count);
    this.list = allocate(count << 2);
    this.right = (width - 1) << PIXEL_BITS;
    this.bottom = (height - 1) << PIXEL_BITS;
  }
}

/** The first and the last of the patches around a pixel, of three at most. */
// @ts-ignore: decorator
@inline
export function firstAround(place: i32): i32 {
  return max(place / SPACING - 1, 0);
}

// @ts-ignore: decorator
@inline
export function lastAround(place: i32, count: i32): i32 {
  return min(place / SPACING + 1, count - 1);
}

/** What a match is: free of those that do not lead back, and of small regions. */
const UNKNOWN: u8 = 0;
const CONFIRMED: u8 = 1;
const VISITED: u8 = 2;
export const KEPT: u8 = 3;

/** Finds the matches of two pictures, as `writeDetail` leaves them, and marks those that are kept. */
export function search(s: Search, first: usize, second: usize, flow: usize): void {
  matches(s, first, second, flow, 1, s.there);
  matches(s, second, first, flow, -1, s.back);
  confirm(s);
  dropIslands(s);
}

// @ts-ignore: decorator
@inline
function middle(n: i32, size: i32): i32 {
  return min(n * SPACING + (SPACING >> 1), size - 1);
}

/** A displacement in whole parts of a pixel. */
// @ts-ignore: decorator
@inline
export function parts(pixels: f32): i32 {
  return <i32>Math.floor(<f64>pixels * <f64>(1 << PIXEL_BITS) + 0.5);
}

// @ts-ignore: decorator
@inline
export function near(u: i32, v: i32, limit: i32): bool {
  return <f64>u * <f64>u + <f64>v * <f64>v < <f64>limit * <f64>limit;
}

let state: i32 = 1;

// @ts-ignore: decorator
@inline
function guess(radius: i32): i32 {
  state = state * 1664525 + 1013904223;
  return <i32>((<i64>radius * <i64>(state >> 16)) >> 15);
}

function matches(s: Search, first: usize, second: usize, flow: usize, sign: i32, found: usize): void {
  const stride = detailStride(s.width);
  const line = flowLine(s.width);
  const columns = s.columns;
  const rows = s.rows;
  const right = s.right;
  const bottom = s.bottom;
  let match = found;
  for (let j = 0; j < rows; j++) {
    const y = middle(j, s.height);
    for (let i = 0; i < columns; i++) {
      const x = middle(i, s.width);
      const at = flowAt(flow, line, x, y);
      const u = sign * parts(load<f32>(at));
      const v = sign * parts(load<f32>(at, 16));
      store<i32>(match, u);
      store<i32>(match, v, 4);
      store<i32>(match, patchDistance(first, second, stride, right, bottom, x, y, u, v, PATCH_RADIUS, OUTSIDE), 8);
      match += MATCH;
    }
  }
  state = 1;
  const reach = <i32>Math.floor(FARTHEST * <f64>max(s.width, s.height) * <f64>(1 << PIXEL_BITS));
  const row = MATCH * columns;
  for (let round = 0; round < ROUNDS; round++) {
    const forward = (round & 1) == 0;
    for (let k = 0; k < rows; k++) {
      const j = forward ? k : rows - 1 - k;
      const y = middle(j, s.height);
      for (let l = 0; l < columns; l++) {
        const i = forward ? l : columns - 1 - l;
        const x = middle(i, s.width);
        const match = found + row * j + MATCH * i;
        let u = load<i32>(match);
        let v = load<i32>(match, 4);
        let least = load<i32>(match, 8);
        if (l > 0) {
          const beside = forward ? match - MATCH : match + MATCH;
          const du = load<i32>(beside);
          const dv = load<i32>(beside, 4);
          const far = patchDistance(first, second, stride, right, bottom, x, y, du, dv, PATCH_RADIUS, least);
          if (far < least) {
            least = far;
            u = du;
            v = dv;
          }
        }
        if (k > 0) {
          const above = forward ? match - row : match + row;
          const du = load<i32>(above);
          const dv = load<i32>(above, 4);
          const far = patchDistance(first, second, stride, right, bottom, x, y, du, dv, PATCH_RADIUS, least);
          if (far < least) {
            least = far;
            u = du;
            v = dv;
          }
        }
        for (let radius = reach; radius > CLOSEST; radius >>= 1) {
          const du = u + guess(radius);
          const dv = v + guess(radius);
          const far = patchDistance(first, second, stride, right, bottom, x, y, du, dv, PATCH_RADIUS, least);
          if (far < least) {
            least = far;
            u = du;
            v = dv;
          }
        }
        store<i32>(match, u);
        store<i32>(match, v, 4);
        store<i32>(match, least, 8);
      }
    }
  }
}

/** The patch whose cell a place is in. */
// @ts-ignore: decorator
@inline
function cellOf(place: i32, count: i32): i32 {
  return min(max((place >> PIXEL_BITS) / SPACING, 0), count - 1);
}

function confirm(s: Search): void {
  let match = s.there;
  let mark = s.marks;
  for (let j = 0; j < s.rows; j++) {
    const y = middle(j, s.height) << PIXEL_BITS;
    for (let i = 0; i < s.columns; i++) {
      const u = load<i32>(match);
      const v = load<i32>(match, 4);
      const column = cellOf((middle(i, s.width) << PIXEL_BITS) + u, s.columns);
      const row = cellOf(y + v, s.rows);
      store<u8>(mark, leadsBack(s, u, v, column, row) ? CONFIRMED : UNKNOWN);
      match += MATCH;
      mark++;
    }
  }
}

function leadsBack(s: Search, u: i32, v: i32, column: i32, row: i32): bool {
  for (let j = max(row - 1, 0); j <= min(row + 1, s.rows - 1); j++) {
    for (let i = max(column - 1, 0); i <= min(column + 1, s.columns - 1); i++) {
      const back = s.back + MATCH * <usize>(j * s.columns + i);
      if (near(u + load<i32>(back), v + load<i32>(back, 4), TOLERANCE)) return true;
    }
  }
  return false;
}

function dropIslands(s: Search): void {
  const columns = s.columns;
  const count = columns * s.rows;
  for (let start = 0; start < count; start++) {
    if (load<u8>(s.marks + <usize>start) != CONFIRMED) continue;
    let length = 0;
    length = visit(s, start, length);
    for (let k = 0; k < length; k++) {
      const n = load<i32>(s.list + (<usize>k << 2));
      const column = n % columns;
      if (column > 0) length = visitAlike(s, n, n - 1, length);
      if (column < columns - 1) length = visitAlike(s, n, n + 1, length);
      if (n >= columns) length = visitAlike(s, n, n - columns, length);
      if (n < count - columns) length = visitAlike(s, n, n + columns, length);
    }
    if (length < SMALLEST_REGION) continue;
    for (let k = 0; k < length; k++) store<u8>(s.marks + <usize>load<i32>(s.list + (<usize>k << 2)), KEPT);
  }
}

function visit(s: Search, n: i32, length: i32): i32 {
  store<u8>(s.marks + <usize>n, VISITED);
  store<i32>(s.list + (<usize>length << 2), n);
  return length + 1;
}

function visitAlike(s: Search, from: i32, n: i32, length: i32): i32 {
  if (load<u8>(s.marks + <usize>n) != CONFIRMED) return length;
  const a = s.there + MATCH * <usize>from;
  const b = s.there + MATCH * <usize>n;
  return near(load<i32>(b) - load<i32>(a), load<i32>(b, 4) - load<i32>(a, 4), ALIKE) ? visit(s, n, length) : length;
}
