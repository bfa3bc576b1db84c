import { fitBasis, reduce, reduced } from './basis.ts';
import { bandAround, type Staying, type Warping, warping } from './warping.ts';

/** What is aligned: `dimensions` numbers for each place, one place after the other. */
export interface Sequence {
  dimensions: number;
  vectors: Float32Array;
}

/** How two sequences are compared. */
export interface AlignmentOptions {
  /** What it costs, in the unit, to stay in one while the other goes on. */
  staying: Staying;
  /** What a distance is divided by: 1 leaves it; `spread`: that of two places drawn at random, so that 1 means unrelated. */
  unit: 1 | 'spread';
  /** Places of the shortest run that counts as lacking in the other. */
  shortestRun: number;
}

/** Two sequences, place by place. */
export interface Alignment extends Warping {
  /** Of the first and of the second: runs from a place to before another that the other sequence has nothing for. */
  readonly alone: readonly [Run[], Run[]];
  /** Mean distance of the pairs outside of these runs. */
  readonly distance: number;
}

/** Places `from` … `to` − 1. */
export type Run = readonly [from: number, to: number];

/** Places of either sequence between which the course of the path is looked for. */
const mostCoarse = 2000;
/** Places beyond that course that the path may take, besides a coarse one. */
const margin = 6;
/** Vectors that the directions for the coarse path are fitted to. */
const sampleVectors = 256;

/**
 * Aligns two sequences of vectors by their Euclidean distance, on two levels, as Salvador & Chan (2007) do on more: the
 * course of the path between means of neighbors, at most 2,000 of each, along the 8 directions in which the vectors differ
 * most; then the path itself between whole vectors, within a band around it. Time and memory grow with the length, not with
 * its square.
 *
 * @throws TypeError when one of them has no place.
 */
export function align(a: Sequence, b: Sequence, { unit, staying, shortestRun }: AlignmentOptions): Alignment {
  const [rows, columns] = [a.vectors.length / a.dimensions, b.vectors.length / b.dimensions];
  const scale = unit === 1 ? 1 : spreadOf([a.vectors, b.vectors], a.dimensions);
  const every = Math.max(1, Math.ceil(Math.max(rows, columns) / mostCoarse));
  const [coarseA, coarseB] = shortened(a, b).map((sequence) => means(sequence, every));
  const course = warping(
    Math.ceil(rows / every),
    Math.ceil(columns / every),
    distances(coarseA!, coarseB!, scale),
    staying,
  );
  const apart = distances(a, b, scale);
  const band = bandAround(course.path, every, every + margin, rows, columns);
  const { path } = warping(rows, columns, apart, staying, band);
  const runs = ([0, 1] as const).map((side) => runsOf(path, side, shortestRun, apart));
  const together = path.filter(
    (_, index) => !runs.some((own) => own.some(({ begin, end }) => index >= begin && index < end)),
  );
  const sum = together.reduce((total, [i, j]) => total + apart(i, j), 0);
  const [first, second] = runs.map((own) => own.map(({ places }) => places));
  return { path, alone: [first!, second!], distance: sum / Math.max(together.length, 1) };
}

function distances(a: Sequence, b: Sequence, scale: number): (i: number, j: number) => number {
  const { dimensions, vectors: first } = a;
  const { vectors: second } = b;
  const factor = scale > 0 ? 1 / scale : 0;
  const whole = dimensions - (dimensions % 4);
  return (i, j) => {
    let x = i * dimensions;
    let y = j * dimensions;
    const endOfFour = x + whole;
    const end = x + dimensions;
    // four sums that do not wait for each other take less time than one
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (; x < endOfFour; x += 4, y += 4) {
      const d0 = first[x]! - second[y]!;
      const d1 = first[x + 1]! - second[y + 1]!;
      const d2 = first[x + 2]! - second[y + 2]!;
      const d3 = first[x + 3]! - second[y + 3]!;
      s0 += d0 * d0;
      s1 += d1 * d1;
      s2 += d2 * d2;
      s3 += d3 * d3;
    }
    for (; x < end; x++, y++) s0 += (first[x]! - second[y]!) ** 2;
    return factor * Math.sqrt(s0 + s1 + s2 + s3);
  };
}

/** The root mean square of the distances of all vectors from each other. */
function spreadOf(all: readonly Float32Array[], dimensions: number): number {
  const count = all.reduce((sum, { length }) => sum + length, 0) / dimensions;
  const mean = new Float64Array(dimensions);
  for (const vectors of all)
    for (let at = 0; at < vectors.length; at += dimensions)
      for (let k = 0; k < dimensions; k++) mean[k]! += vectors[at + k]! / count;
  let variance = 0;
  for (const vectors of all)
    for (let at = 0; at < vectors.length; at += dimensions)
      for (let k = 0; k < dimensions; k++) variance += (vectors[at + k]! - mean[k]!) ** 2 / count;
  // what rounding leaves of vectors that are all the same is no spread
  const size = mean.reduce((sum, value) => sum + value * value, 0);
  return variance > 1e-12 * size ? Math.sqrt(2 * variance) : 0;
}

/** Both along the directions in which their vectors differ most. */
function shortened(a: Sequence, b: Sequence): [Sequence, Sequence] {
  const { dimensions } = a;
  if (dimensions <= reduced) return [a, b];
  const counts = [a, b].map(({ vectors }) => vectors.length / dimensions);
  const every = Math.ceil((counts[0]! + counts[1]!) / sampleVectors);
  const drawn = [a, b].flatMap(({ vectors }, side) =>
    Array.from({ length: Math.ceil(counts[side]! / every) }, (_, index) =>
      vectors.subarray(index * every * dimensions, (index * every + 1) * dimensions),
    ),
  );
  const sample = new Float32Array(drawn.length * dimensions);
  for (const [index, vector] of drawn.entries()) sample.set(vector, index * dimensions);
  const basis = fitBasis(sample, dimensions);
  const along = ({ vectors }: Sequence) => ({ dimensions: reduced, vectors: reduce(vectors, basis) });
  return [along(a), along(b)];
}

/** The means of every few neighbors; the last may be of fewer. */
function means({ dimensions, vectors }: Sequence, every: number): Sequence {
  if (every === 1) return { dimensions, vectors };
  const count = vectors.length / dimensions;
  const result = new Float32Array(Math.ceil(count / every) * dimensions);
  for (let place = 0; place < count; place++) {
    const to = Math.floor(place / every);
    const share = 1 / Math.min(every, count - to * every);
    for (let k = 0; k < dimensions; k++)
      result[to * dimensions + k]! += share * vectors[place * dimensions + k]!;
  }
  return { dimensions, vectors: result };
}

/** A run as a part of the path, and the places that the other sequence has nothing for. */
interface PathRun {
  begin: number;
  end: number;
  places: Run;
}

/** Where a path moves in one sequence alone for long. */
function runsOf(
  path: Warping['path'],
  side: 0 | 1,
  shortest: number,
  apart: (i: number, j: number) => number,
): PathRun[] {
  const runs: PathRun[] = [];
  const other = 1 - side;
  for (let begin = 0; begin < path.length; ) {
    let end = begin + 1;
    while (end < path.length && path[end]![other] === path[begin]![other]) end++;
    if (end - begin > shortest) {
      // the place of the other that all of these share belongs to that end of the run which is nearer to it
      const atFirst = apart(...path[begin]!) <= apart(...path[end - 1]!);
      const [first, last] = atFirst ? [begin + 1, end] : [begin, end - 1];
      runs.push({ begin: first, end: last, places: [path[first]![side], path[last - 1]![side] + 1] });
    }
    begin = end;
  }
  return runs;
}
