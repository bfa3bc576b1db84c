// The constant matrices of Winograd's algorithm, for tiles along an axis of a map.
import { constant } from './leaves.ts';
import type { Value } from './value.ts';

/** Whether there are points for windows of this size. */
export const canTransform = (size: number): boolean => size in pointsOf;

/** Results of a tile along an axis. */
const tile = 4;

/**
 * The points at which polynomials are evaluated, beside infinity, by the window's size. Of those tried they lose the least:
 * in float32 the largest error is about 4e-6 of the largest result for 384 channels, where adding products in order has
 * 4e-7 (points 0, ±1, ±2 have 1e-5).
 */
const pointsOf: Readonly<Record<number, readonly number[]>> = {
  3: [0, 1, -1, 1 / 2, -2],
  5: [0, 1, -1, 2, -2, 1 / 2, -1 / 2],
};

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
function transformsOf(size: number): Transforms {
  const points = pointsOf[size]!;
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
const windows = new Map<number, Value>();
const lines = new Map<number, Value>();

/**
 * @param map the size of what is convolved along this axis.
 * @param size of the window.
 */
export function axisOf(map: number, size: number, padding: number): Axis {
  const key = String([map, size, padding]);
  const known = axes.get(key);
  if (known) return known;
  const transforms = transformsOf(size);
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
export function windowTransform(size: number): Value {
  const { window } = transformsOf(size);
  const known =
    windows.get(size) ??
    matrix(window.length ** 2, size ** 2, (row, column) => {
      const [a, b] = [Math.floor(row / window.length), row % window.length];
      return window[a]![Math.floor(column / size)]! * window[b]![column % size]!;
    });
  windows.set(size, known);
  return known;
}

/** [points, size]: transforms a window along one axis. */
export function lineTransform(size: number): Value {
  const { window } = transformsOf(size);
  const known = lines.get(size) ?? matrix(window.length, size, (point, tap) => window[point]![tap]!);
  lines.set(size, known);
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
