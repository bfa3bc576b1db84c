// The constant matrices of Winograd's algorithm, for tiles along an axis of a map.
import { constant } from './leaves.ts';
import type { Value } from './value.ts';

/** A window and how many results a tile of it has, along an axis. */
export interface Tiling {
  readonly window: number;
  readonly results: number;
}

/**
 * The points at which polynomials are evaluated, beside infinity, by the window's size and the results of a tile. Of those
 * tried they lose the least: in float32 the largest error is about 4e-6 of the largest result for four results of windows
 * of 3 and 384 channels, 8e-6 for five, 12e-6 of windows of 5, where adding products in order has 4e-7 (points 0, ±1, ±2
 * have 1e-5 in place of 4e-6).
 */
const pointsOf: Readonly<Record<number, Readonly<Record<number, readonly number[]>>>> = {
  3: { 4: [0, 1, -1, 1 / 2, -2], 5: [0, 1, 1 / 2, 2, -2 / 3, -3 / 2] },
  5: { 4: [0, 1, -1, 2, -2, 1 / 2, -1 / 2] },
};

/** Whether there are points for windows of this size. */
export const canTransform = (window: number): boolean => window in pointsOf;

/** Tiles that round the least: four results. */
export const exactTiling = (window: number): Tiling => ({ window, results: 4 });

/**
 * The tiles with the fewest products for a result: 13 places are 4 tiles of 4 results, that is 24 points, or 3 of 5, that is
 * 21.
 *
 * @param counts of results along both axes.
 */
export function leastTiling(window: number, counts: readonly number[]): Tiling {
  const points = ({ results }: Tiling) =>
    counts.reduce((all, count) => all * Math.ceil(count / results) * (window + results - 1), 1);
  return Object.keys(pointsOf[window]!)
    .map((results): Tiling => ({ window, results: Number(results) }))
    .reduce((least, tiling) => (points(tiling) < points(least) ? tiling : least));
}

/** Π (x − root); the lowest power first. */
function polynomialWithRoots(roots: readonly number[]): number[] {
  let factors = [1];
  for (const root of roots) factors = [0, ...factors].map((factor, i) => factor - root * (factors[i] ?? 0));
  return factors;
}

/** The three matrices of the algorithm: results [tile, points], window [points, size], map [points, points]. */
interface Transforms {
  readonly results: readonly (readonly number[])[];
  readonly window: readonly (readonly number[])[];
  readonly map: readonly (readonly number[])[];
}

/** By Toom and Cook: products of polynomials from their values; the last row is of the point at infinity. */
function transformsOf({ window: size, results: tile }: Tiling): Transforms {
  const points = pointsOf[size]![tile]!;
  const powers = (point: number, count: number) => Array.from({ length: count }, (_, i) => point ** i);
  const last = (count: number) => Array.from({ length: count }, (_, i) => (i === count - 1 ? 1 : 0));
  const others = points.map((point) => points.filter((other) => other !== point));
  const evaluations = [...points.map((point) => powers(point, tile)), last(tile)];
  return {
    results: evaluations[0]!.map((_, i) => evaluations.map((row) => row[i]!)),
    window: [
      ...points.map((point, i) => {
        const scale = others[i]!.reduce((product, other) => product * (point - other), 1);
        return powers(point, size).map((power) => power / scale);
      }),
      last(size),
    ],
    map: [...others.map((roots) => [...polynomialWithRoots(roots), 0]), polynomialWithRoots(points)],
  };
}

/** From the first place to one after the last. */
export type Range = readonly [from: number, to: number];

/** Some tiles along one axis, and the matrices that maps of that axis are multiplied with. */
export interface Strip {
  readonly tiles: number;
  /** The places that the tiles see. */
  readonly seen: Range;
  /** Their results. */
  readonly given: Range;
  /** [points · tiles, places seen]: what each tile sees, transformed. */
  readonly into: Value;
  /** [results, points · tiles]: the way back. */
  readonly back: Value;
  /** [places of the map, points · tiles]: what `into` passes back; 0 in places that are not seen. */
  readonly intoAdjoint: Value;
  /** [points · tiles, results]: what `back` passes back. */
  readonly backAdjoint: Value;
}

export interface Axis {
  readonly strips: readonly Strip[];
  readonly points: number;
}

/**
 * Beyond this many rows, a matrix that is much longer than they are many is read slowly: processors foresee accesses to as
 * many places at a time (a product of 56 rows in place of 32 took five times as long).
 */
const mostRows = 32;

const matrix = (rows: number, columns: number, element: (row: number, column: number) => number) =>
  constant({
    shape: [rows, columns],
    data: Float64Array.from({ length: rows * columns }, (_, i) =>
      element(Math.floor(i / columns), i % columns),
    ),
  });

// Constants are the same values wherever they are needed, so that equal expressions are found to be equal.
const axes = new Map<string, Axis>();
const windows = new Map<string, Value>();
const lines = new Map<string, Value>();

/** @param map the size of what is convolved along this axis. */
export function axisOf(map: number, tiling: Tiling, padding: number): Axis {
  const { window: size, results: tile } = tiling;
  const key = String([map, size, tile, padding]);
  const known = axes.get(key);
  if (known) return known;
  const transforms = transformsOf(tiling);
  const points = transforms.map.length;
  const count = map + 2 * padding - size + 1;
  const all = Math.ceil(count / tile);
  const largest = Math.floor(mostRows / points);
  const pieces = Math.ceil(all / largest);
  const strips = Array.from({ length: pieces }, (_, piece): Strip => {
    const first = Math.ceil((piece * all) / pieces);
    const tiles = Math.ceil(((piece + 1) * all) / pieces) - first;
    const start = first * tile;
    const given = [start, Math.min(start + tiles * tile, count)] as const;
    const seen = [Math.max(start - padding, 0), Math.min(given[1] + size - 1 - padding, map)] as const;
    const into = (row: number, place: number) => {
      const [point, i] = [Math.floor(row / tiles), row % tiles];
      return transforms.map[point]![place + padding - start - i * tile] ?? 0;
    };
    const back = (result: number, column: number) => {
      const [point, i] = [Math.floor(column / tiles), column % tiles];
      return transforms.results[result - i * tile]?.[point] ?? 0;
    };
    const height = points * tiles;
    const results = given[1] - start;
    return {
      tiles,
      seen,
      given,
      into: matrix(height, seen[1] - seen[0], (row, place) => into(row, seen[0] + place)),
      back: matrix(results, height, back),
      intoAdjoint: matrix(map, height, (place, row) => (place < seen[1] ? into(row, place) : 0)),
      backAdjoint: matrix(height, results, (column, result) => back(result, column)),
    };
  });
  const axis = { strips, points };
  axes.set(key, axis);
  return axis;
}

/** [points², size²]: transforms a window. */
export function windowTransform(tiling: Tiling): Value {
  const { window } = transformsOf(tiling);
  const size = tiling.window;
  const key = String([size, tiling.results]);
  const known =
    windows.get(key) ??
    matrix(window.length ** 2, size ** 2, (row, column) => {
      const [a, b] = [Math.floor(row / window.length), row % window.length];
      return window[a]![Math.floor(column / size)]! * window[b]![column % size]!;
    });
  windows.set(key, known);
  return known;
}

/** [points, size]: transforms a window along one axis. */
export function lineTransform(tiling: Tiling): Value {
  const { window } = transformsOf(tiling);
  const key = String([tiling.window, tiling.results]);
  const known = lines.get(key) ?? matrix(window.length, tiling.window, (point, tap) => window[point]![tap]!);
  lines.set(key, known);
  return known;
}

/** The same axis, but for what `into` passes back, which is multiplied by a number. */
export function scaled({ strips, points }: Axis, factor: number): Axis {
  const multiplied = (value: Value) => {
    const [rows, columns] = value.shape as [number, number];
    const data = value.operation.reference(value, []);
    return matrix(rows, columns, (row, column) => factor * data[row * columns + column]!);
  };
  return {
    strips: strips.map((strip) => ({ ...strip, intoAdjoint: multiplied(strip.intoAdjoint) })),
    points,
  };
}
