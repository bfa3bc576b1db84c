import { Random } from '../support/random.ts';

/** Numbers that a vector is reduced to, to be scanned. */
export const reduced = 8;
/** Rounds of the iteration; the first directions are found long before. */
const rounds = 12;

/** Directions along which vectors differ most: orthonormal, so that reduced vectors are never farther apart than whole ones. */
export interface Basis {
  mean: Float64Array;
  /** `reduced` directions, one after the other; directions beyond the vectors' dimensions are zero. */
  directions: Float64Array;
}

/**
 * The principal directions of a sample, by subspace iteration (Rutishauser 1969).
 *
 * @param sample vectors of `dimensions` numbers, one after the other.
 */
export function fitBasis(sample: Float32Array, dimensions: number): Basis {
  const count = sample.length / dimensions;
  const mean = new Float64Array(dimensions);
  for (let index = 0; index < sample.length; index++) mean[index % dimensions]! += sample[index]! / count;
  const random = Random.seeded(1);
  let directions = Float64Array.from({ length: reduced * dimensions }, () => random.normal());
  orthonormalize(directions, dimensions);
  const centered = new Float64Array(dimensions);
  for (let round = 0; round < rounds; round++) {
    const next = new Float64Array(reduced * dimensions);
    for (let at = 0; at < sample.length; at += dimensions) {
      for (let i = 0; i < dimensions; i++) centered[i] = sample[at + i]! - mean[i]!;
      for (let k = 0; k < reduced; k++) {
        const start = k * dimensions;
        let along = 0;
        for (let i = 0; i < dimensions; i++) along += directions[start + i]! * centered[i]!;
        for (let i = 0; i < dimensions; i++) next[start + i]! += along * centered[i]!;
      }
    }
    orthonormalize(next, dimensions);
    directions = next;
  }
  return { mean, directions };
}

/** Gram and Schmidt, twice for what rounding leaves; a direction that the others span already becomes zero. */
function orthonormalize(directions: Float64Array, dimensions: number): void {
  for (let k = 0; k < reduced; k++) {
    const own = directions.subarray(k * dimensions, (k + 1) * dimensions);
    const before = Math.hypot(...own);
    for (let pass = 0; pass < 2; pass++)
      for (let other = 0; other < k; other++) {
        const one = directions.subarray(other * dimensions, (other + 1) * dimensions);
        let along = 0;
        for (let i = 0; i < dimensions; i++) along += own[i]! * one[i]!;
        for (let i = 0; i < dimensions; i++) own[i]! -= along * one[i]!;
      }
    const left = Math.hypot(...own);
    const by = left > 1e-9 * before && left > 0 ? 1 / left : 0;
    for (let i = 0; i < dimensions; i++) own[i]! *= by;
  }
}

/** Vectors along the directions of a basis. */
export function reduce(vectors: Float32Array, { mean, directions }: Basis): Float32Array {
  const dimensions = mean.length;
  const result = new Float32Array((vectors.length / dimensions) * reduced);
  for (let at = 0, to = 0; at < vectors.length; at += dimensions)
    for (let k = 0; k < reduced; k++, to++) {
      let along = 0;
      for (let i = 0; i < dimensions; i++)
        along += directions[k * dimensions + i]! * (vectors[at + i]! - mean[i]!);
      result[to] = along;
    }
  return result;
}
