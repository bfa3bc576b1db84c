// The search of patches (`../../search.ts`, which explains and names all of it), with the same guesses and the same whole numbers.
import { VECTOR, allocate, flowAt, flowLine } from './layout';
import { detailStride } from './detail';
import { OUTSIDE, PIXEL_BITS, patchDistance } from './patches';

export const SPACING: i32 = 3;
const PATCH_RADIUS: i32 = 3;
const FARTHEST: f64 = 0.3;
const CLOSEST: i32 = 256;
const ROUNDS: i32 = 4;
const ENOUGH: i32 = 32 * (2 * PATCH_RADIUS + 1) * (2 * PATCH_RADIUS + 1);
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
  /** The pictures of the direction that is searched. */
  first: usize = 0;
  second: usize = 0;
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

/* Marks of matches. */
const UNKNOWN: u8 = 0;
const CONFIRMED: u8 = 1;
const VISITED: u8 = 2;
const LARGE: u8 = 3;
export const KEPT: u8 = 4;

/** Finds the matches of two pictures, as `writeDetail` leaves them, and marks those that are kept. */
export function search(s: Search, first: usize, second: usize, flow: usize): void {
  s.first = first;
  s.second = second;
  startMatches(s, flow, 1, s.there);
  matches(s, s.there);
  s.first = second;
  s.second = first;
  startMatches(s, flow, -1, s.back);
  turnAround(s);
  matches(s, s.back);
  confirm(s);
  dropIslands(s);
  keepNews(s, flow);
}

// @ts-ignore: decorator
@inline
function middle(n: i32, size: i32): i32 {
  return min(n * SPACING + (SPACING >> 1), size - 1);
}

/** The nearest whole pixel, in parts. */
// @ts-ignore: decorator
@inline
function whole(displacement: i32): i32 {
  return (displacement + (1 << (PIXEL_BITS - 1))) & ~((1 << PIXEL_BITS) - 1);
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

let state: i32 = 2;

// @ts-ignore: decorator
@inline
function guess(radius: i32): i32 {
  state = state * 1664525 + 1013904223;
  return <i32>((<i64>radius * <i64>(state >> 16)) >> 15);
}

/** Tries a displacement for the patch around (x, y). */
// @ts-ignore: decorator
@inline
function attempt(s: Search, match: usize, x: i32, y: i32, u: i32, v: i32): void {
  const far = patchDistance(s.first, s.second, detailStride(s.width), s.right, s.bottom, x, y, u, v, PATCH_RADIUS, load<i32>(match, 8));
  if (far >= OUTSIDE) return; // what is no closer is given as outside
  store<i32>(match, u);
  store<i32>(match, v, 4);
  store<i32>(match, far, 8);
}

/** Patches with the flow in their middles, or its opposite. */
function startMatches(s: Search, flow: usize, sign: i32, match: usize): void {
  const line = flowLine(s.width);
  for (let j = 0; j < s.rows; j++) {
    const y = middle(j, s.height);
    for (let i = 0; i < s.columns; i++) {
      const x = middle(i, s.width);
      const at = flowAt(flow, line, x, y);
      const u = sign * parts(load<f32>(at));
      const v = sign * parts(load<f32>(at, VECTOR));
      store<i32>(match, u);
      store<i32>(match, v, 4);
      store<i32>(match, OUTSIDE, 8);
      attempt(s, match, x, y, u, v);
      match += MATCH;
    }
  }
}

/** The patch whose cell a place is in. */
// @ts-ignore: decorator
@inline
function cellOf(place: i32, count: i32): i32 {
  return min(max((place >> PIXEL_BITS) / SPACING, 0), count - 1);
}

/** Column of the patch that a match of the column `i` leads to. */
// @ts-ignore: decorator
@inline
function columnAhead(s: Search, match: usize, i: i32): i32 {
  return cellOf((middle(i, s.width) << PIXEL_BITS) + load<i32>(match), s.columns);
}

/** Row of the patch that a match of the row `j` leads to. */
// @ts-ignore: decorator
@inline
function rowAhead(s: Search, match: usize, j: i32): i32 {
  return cellOf((middle(j, s.height) << PIXEL_BITS) + load<i32>(match, 4), s.rows);
}

/** Tries for the patches back what those there found. */
function turnAround(s: Search): void {
  let match = s.there;
  for (let j = 0; j < s.rows; j++) {
    for (let i = 0; i < s.columns; i++) {
      const column = columnAhead(s, match, i);
      const row = rowAhead(s, match, j);
      const back = s.back + MATCH * <usize>(row * s.columns + column);
      attempt(s, back, middle(column, s.width), middle(row, s.height), -load<i32>(match), -load<i32>(match, 4));
      match += MATCH;
    }
  }
}

function matches(s: Search, found: usize): void {
  state = 2;
  const reach = <i32>Math.floor(FARTHEST * <f64>max(s.width, s.height) * <f64>(1 << PIXEL_BITS));
  for (let round = 0; round < ROUNDS; round++) {
    const forward = (round & 1) == 0;
    const step = forward ? MATCH : -MATCH;
    const row = step * s.columns;
    let match = forward ? found : found + MATCH * <usize>(s.columns * s.rows - 1);
    for (let k = 0; k < s.rows; k++) {
      const y = middle(forward ? k : s.rows - 1 - k, s.height);
      for (let l = 0; l < s.columns; l++) {
        const x = middle(forward ? l : s.columns - 1 - l, s.width);
        if (l > 0) attempt(s, match, x, y, load<i32>(match - step), load<i32>(match - step, 4));
        if (k > 0) attempt(s, match, x, y, load<i32>(match - row), load<i32>(match - row, 4));
        for (let radius = reach; radius > CLOSEST; radius >>= 1) {
          if (load<i32>(match, 8) < ENOUGH) break;
          const across = whole(load<i32>(match) + guess(radius));
          attempt(s, match, x, y, across, whole(load<i32>(match, 4) + guess(radius)));
        }
        match += step;
      }
    }
  }
}

function confirm(s: Search): void {
  let match = s.there;
  let mark = s.marks;
  for (let j = 0; j < s.rows; j++) {
    for (let i = 0; i < s.columns; i++) {
      store<u8>(mark, leadsBack(s, match, columnAhead(s, match, i), rowAhead(s, match, j)) ? CONFIRMED : UNKNOWN);
      match += MATCH;
      mark++;
    }
  }
}

/** Whether one of the matches back, at this place or next to it, leads to the start of a match. */
function leadsBack(s: Search, match: usize, column: i32, row: i32): bool {
  const u = load<i32>(match);
  const v = load<i32>(match, 4);
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
    for (let k = 0; k < length; k++) store<u8>(s.marks + <usize>load<i32>(s.list + (<usize>k << 2)), LARGE);
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

/** Of large regions those that say something else than the flow are kept. */
function keepNews(s: Search, flow: usize): void {
  const line = flowLine(s.width);
  let match = s.there;
  let mark = s.marks;
  for (let j = 0; j < s.rows; j++) {
    const y = middle(j, s.height);
    for (let i = 0; i < s.columns; i++) {
      if (load<u8>(mark) == LARGE) {
        const at = flowAt(flow, line, middle(i, s.width), y);
        const u = load<i32>(match) - parts(load<f32>(at));
        const v = load<i32>(match, 4) - parts(load<f32>(at, VECTOR));
        if (!near(u, v, TOLERANCE)) store<u8>(mark, KEPT);
      }
      match += MATCH;
      mark++;
    }
  }
}
