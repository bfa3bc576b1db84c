import { pieces } from './shape.ts';

/** A film as it is scanned. */
export interface ScannedFilm {
  /** The curve's number. */
  curve: number;
  start: number;
  step: number;
  /** Points of the curve from one moment to the next. */
  every: number;
  /** At each point, the sum of all before it of the curve in standard deviations about its mean; one more than points. */
  sums: { valence: Float64Array; arousal: Float64Array };
  /** `reduced` numbers for each moment; empty where there are none. */
  features: Float32Array;
}

/** Where something was found: a curve, the index of a point or moment, and how far it is from what was looked for. */
export interface Hit {
  curve: number;
  index: number;
  distance: number;
}

/** The sums of a curve, from its values. */
export function sumsOf(values: Float32Array): Float64Array {
  let mean = 0;
  for (const value of values) mean += value;
  mean /= Math.max(values.length, 1);
  let variance = 0;
  for (const value of values) variance += (value - mean) ** 2;
  const deviation = Math.sqrt(variance / Math.max(values.length, 1));
  const sums = new Float64Array(values.length + 1);
  // a curve without course has no shape
  for (let index = 0; index < values.length; index++)
    sums[index + 1] = sums[index]! + (deviation > 1e-6 ? (values[index]! - mean) / deviation : 0);
  return sums;
}

/**
 * Where curves look like a shape: at each moment, the root mean square of what the means of the curve over the shape's
 * pieces lie off it. Of stretches that overlap by more than half only the best is given.
 */
export function scanShapes(
  films: readonly ScannedFilm[],
  {
    values,
    length,
    dimension,
  }: { values: readonly number[]; length: number; dimension: 'valence' | 'arousal' },
  limit: number,
): Hit[] {
  const best = new Best(limit);
  const offsets = new Int32Array(pieces + 1);
  const shares = new Float64Array(pieces);
  for (const { curve, step, every, sums: both } of films) {
    const sums = both[dimension];
    const points = Math.round(length / step);
    if (points < pieces || points >= sums.length) continue;
    for (let piece = 0; piece <= pieces; piece++) offsets[piece] = Math.round((piece * points) / pieces);
    for (let piece = 0; piece < pieces; piece++) shares[piece] = 1 / (offsets[piece + 1]! - offsets[piece]!);
    let held: Hit | undefined;
    for (let index = 0; index + points < sums.length; index += every) {
      let squares = 0;
      let before = sums[index]!;
      // most stretches are off by more than the best after a few pieces
      for (let piece = 0; piece < pieces && squares < best.worst; piece++) {
        const after = sums[index + offsets[piece + 1]!]!;
        const off = (after - before) * shares[piece]! - values[piece]!;
        squares += off * off;
        before = after;
      }
      if (squares >= best.worst) continue;
      if (held && index - held.index >= points / 2) {
        best.add(held);
        held = undefined;
      }
      if (!held || squares < held.distance) held = { curve, index, distance: squares };
    }
    if (held) best.add(held);
  }
  return best.hits().map((hit) => ({ ...hit, distance: Math.sqrt(hit.distance / pieces) }));
}

/** The moments whose reduced vectors are nearest to one, by squared distance. */
export function scanFeatures(films: readonly ScannedFilm[], wanted: Float32Array, limit: number): Hit[] {
  const best = new Best(limit);
  const size = wanted.length;
  for (const { curve, features } of films) {
    const count = features.length / size;
    for (let index = 0, at = 0; index < count; index++, at += size) {
      let distance = 0;
      for (let k = 0; k < size; k++) {
        const off = features[at + k]! - wanted[k]!;
        distance += off * off;
      }
      if (distance < best.worst) best.add({ curve, index, distance });
    }
  }
  return best.hits();
}

/** The nearest so far. */
class Best {
  /** What is farther is not among them. */
  worst: number = Number.POSITIVE_INFINITY;
  private found: Hit[] = [];
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  add(hit: Hit): void {
    this.found.push(hit);
    if (this.found.length >= 2 * this.limit + 16) this.prune();
  }

  hits(): Hit[] {
    this.prune();
    return this.found;
  }

  private prune(): void {
    this.found.sort((a, b) => a.distance - b.distance);
    this.found.length = Math.min(this.found.length, this.limit);
    if (this.found.length === this.limit) this.worst = this.found.at(-1)!.distance;
  }
}
