import { type Detail, detailOf, patchDistance, pixelParts } from './patches.ts';
import { newPlane, type Plane } from './plane.ts';

/* What was chosen on which pairs: docs/flow.md. Displacements are in parts of a pixel, `pixelParts`. */

/** Pixels between patches that are searched for. */
const spacing = 3;
/** A patch has (2 · 3 + 1)² pixels, one that decides a single pixel (2 · 2 + 1)². */
const patchRadius = 3;
const pixelRadius = 2;
/** Longest displacement that is guessed, as a share of the picture's longer side, beyond what is found by then. */
const farthest = 0.3;
/** Closest guesses, in parts of a pixel. All lead to whole pixels, where patches are compared in a third of the time. */
const closest = 256;
const rounds = 4;
/** Parts of a gray level at each pixel of a patch: what differs less is found, and nothing is guessed for it. */
const enough = 32;
/** Parts of a pixel by which the way back may miss the start. */
const tolerance = 256;
/** Fewer patches than this that move alike are mistakes. */
const smallestRegion = 10;
/** Parts of a pixel by which neighbors of a region may differ. */
const alike = 384;
/** Parts of a gray level by which a match has to be closer than what the flow says, at each pixel of the patch. */
const margin = 32;

/** Where the patches of a regular grid are in the other picture, each around a pixel (x, y). */
interface Matches {
  readonly columns: number;
  readonly rows: number;
  readonly x: Int32Array;
  readonly y: Int32Array;
  readonly u: Int32Array;
  readonly v: Int32Array;
}

/**
 * The flow, and in its place the displacement of a patch that was searched for where that fits better: a pyramid loses what is small
 * and moves far, and repeating texture leads it astray; a search over the whole neighborhood finds both.
 *
 * Patches are searched for as in PatchMatch (Barnes, Shechtman, Finkelstein and Goldman, SIGGRAPH 2009), from the first picture to
 * the second and back. Those that do not come back to where they started are hidden or mistaken and left out (Hu, Song and Li, CVPR
 * 2016), and so are small regions. Guesses are the same each time, and so is the flow of the same pictures.
 *
 * @returns both components, new.
 */
export function searched(first: Plane, second: Plane, flow: readonly [Plane, Plane]): [Plane, Plane] {
  const border = patchRadius + 1;
  const [a, b] = [detailOf(first, border), detailOf(second, border)];
  const there = matches(a, b, grid(flow, 1));
  const back = matches(b, a, grid(flow, -1), there);
  return fused(a, b, flow, there, news(there, grid(flow, 1), withoutIslands(there, confirmed(there, back))));
}

const parts = (pixels: number) => Math.floor(pixels * pixelParts + 0.5);
/** The nearest whole pixel, in parts. */
const whole = (displacement: number) => pixelParts * Math.floor(displacement / pixelParts + 0.5);
const near = (u: number, v: number, limit: number) => u * u + v * v < limit * limit;

/**
 * Searches for all patches: what neighbors found is tried, and guesses ever closer around the best so far; before that what matches
 * of the other direction say, whose luck then serves both.
 */
function matches(first: Detail, second: Detail, found: Matches, other?: Matches): Matches {
  const { columns, rows, x, y, u, v } = found;
  const distance = patchDistance(first, second, patchRadius);
  const least = u.map((_, n) => distance(x[n]!, y[n]!, u[n]!, v[n]!));
  const attempt = (n: number, du: number, dv: number) => {
    const far = distance(x[n]!, y[n]!, du, dv, least[n]);
    if (far < least[n]!) [least[n], u[n], v[n]] = [far, du, dv];
  };
  other?.u.forEach((across, n) => {
    const [column, row] = cellOf(
      found,
      other.x[n]! * pixelParts + across,
      other.y[n]! * pixelParts + other.v[n]!,
    );
    attempt(row * columns + column, -across, -other.v[n]!);
  });
  const guess = guesses();
  const reach = Math.floor(farthest * Math.max(first.width, first.height) * pixelParts);
  for (let round = 0; round < rounds; round++) {
    const forward = round % 2 === 0;
    for (let k = 0; k < u.length; k++) {
      const n = forward ? k : u.length - 1 - k;
      const [column, row] = [n % columns, Math.floor(n / columns)];
      const [beside, above] = forward ? [n - 1, n - columns] : [n + 1, n + columns];
      if (forward ? column > 0 : column < columns - 1) attempt(n, u[beside]!, v[beside]!);
      if (forward ? row > 0 : row < rows - 1) attempt(n, u[above]!, v[above]!);
      for (let radius = reach; radius > closest; radius >>= 1) {
        if (least[n]! < enough * (2 * patchRadius + 1) ** 2) break;
        attempt(n, whole(u[n]! + guess(radius)), whole(v[n]! + guess(radius)));
      }
    }
  }
  return found;
}

/** Patches at regular distances, with the flow in their middles, or its opposite. */
function grid([{ width, height, data: u }, { data: v }]: readonly [Plane, Plane], sign: 1 | -1): Matches {
  const [columns, rows] = [Math.ceil(width / spacing), Math.ceil(height / spacing)];
  const middle = (n: number, size: number) => Math.min(n * spacing + (spacing >> 1), size - 1);
  const x = Int32Array.from({ length: columns * rows }, (_, n) => middle(n % columns, width));
  const y = Int32Array.from({ length: columns * rows }, (_, n) => middle(Math.floor(n / columns), height));
  const at = (component: Float32Array) =>
    Int32Array.from(x, (across, n) => sign * parts(component[y[n]! * width + across]!));
  return { columns, rows, x, y, u: at(u), v: at(v) };
}

/**
 * Numbers from −radius to radius, by the linear congruential generator of Numerical Recipes. An evenly spread sequence would give the
 * patches of one row almost the same guesses.
 */
function guesses(): (radius: number) => number {
  let state = 2;
  return (radius) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return Math.floor((radius * (state >> 16)) / 2 ** 15);
  };
}

/** Column and row of the patch that is nearest to a place. */
function cellOf({ columns, rows }: Matches, x: number, y: number): [number, number] {
  const cell = (place: number, count: number) =>
    Math.min(Math.max(Math.floor(place / pixelParts / spacing), 0), count - 1);
  return [cell(x, columns), cell(y, rows)];
}

/** For each match 1 where one of the matches back, next to where it leads, leads to its start again; else 0. */
function confirmed({ x, y, u, v }: Matches, back: Matches): Uint8Array {
  return Uint8Array.from(u, (across, n) => {
    const [column, row] = cellOf(back, x[n]! * pixelParts + across, y[n]! * pixelParts + v[n]!);
    const [left, right] = [Math.max(column - 1, 0), Math.min(column + 1, back.columns - 1)];
    const [top, bottom] = [Math.max(row - 1, 0), Math.min(row + 1, back.rows - 1)];
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        const k = row * back.columns + column;
        if (near(across + back.u[k]!, v[n]! + back.v[k]!, tolerance)) return 1;
      }
    }
    return 0;
  });
}

/** The marks without those of small regions of matches that move alike. */
function withoutIslands({ columns, rows, u, v }: Matches, marks: Uint8Array): Uint8Array {
  const kept = new Uint8Array(marks.length);
  const seen = new Uint8Array(marks.length);
  for (let start = 0; start < marks.length; start++) {
    if (!marks[start] || seen[start]) continue;
    const region = [start];
    seen[start] = 1;
    for (const n of region) {
      const [column, row] = [n % columns, Math.floor(n / columns)];
      const visit = (k: number, inside: boolean) => {
        if (!inside || !marks[k] || seen[k] || !near(u[k]! - u[n]!, v[k]! - v[n]!, alike)) return;
        seen[k] = 1;
        region.push(k);
      };
      visit(n - 1, column > 0);
      visit(n + 1, column < columns - 1);
      visit(n - columns, row > 0);
      visit(n + columns, row < rows - 1);
    }
    if (region.length >= smallestRegion) for (const n of region) kept[n] = 1;
  }
  return kept;
}

/** The marks without those of matches that only say what the flow says: most, where little moves, and then little is left to do. */
function news({ u, v }: Matches, start: Matches, marks: Uint8Array): Uint8Array {
  return marks.map((mark, n) => (near(u[n]! - start.u[n]!, v[n]! - start.v[n]!, tolerance) ? 0 : mark));
}

/** For each pixel the flow, or of the kept matches around it the one that fits best there, if clearly better. */
function fused(
  first: Detail,
  second: Detail,
  [u, v]: readonly [Plane, Plane],
  { columns, rows, ...matched }: Matches,
  kept: Uint8Array,
): [Plane, Plane] {
  const { width, height } = first;
  const [across, down] = [newPlane(width, height), newPlane(width, height)];
  const distance = patchDistance(first, second, pixelRadius);
  const better = margin * (2 * pixelRadius + 1) ** 2;
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / spacing);
    for (let x = 0; x < width; x++) {
      const p = y * width + x;
      const column = Math.floor(x / spacing);
      [across.data[p], down.data[p]] = [u.data[p]!, v.data[p]!];
      const [flowU, flowV] = [parts(u.data[p]!), parts(v.data[p]!)];
      let least = -1; // until a match says something else than the flow
      for (let j = Math.max(row - 1, 0); j <= Math.min(row + 1, rows - 1); j++) {
        for (let i = Math.max(column - 1, 0); i <= Math.min(column + 1, columns - 1); i++) {
          const n = j * columns + i;
          const [du, dv] = [matched.u[n]!, matched.v[n]!];
          if (!kept[n] || near(du - flowU, dv - flowV, tolerance)) continue;
          if (least < 0) least = Math.max(distance(x, y, flowU, flowV) - better, 0);
          const far = distance(x, y, du, dv, least);
          if (far < least) [least, across.data[p], down.data[p]] = [far, du / pixelParts, dv / pixelParts];
        }
      }
    }
  }
  return [across, down];
}
