import { metricsOf } from '../affect/index.ts';
import type { LabelledClip } from '../datasets/index.ts';
import { grouped } from '../support/grouped.ts';
import { Random } from '../support/random.ts';
import { type BootstrapOptions, filmResamples, type Interval, middle95 } from './intervals.ts';
import { type Dimension, inOrderOf, type Prediction } from './prediction.ts';

/** How much better one model is than another on the same clips. */
export interface Comparison {
  /** MSE of the first − MSE of the second; below 0 when the first is better. */
  readonly mse: number;
  readonly mseInterval: Interval;
  /** How often chance alone would give so large a difference in MSE: two-sided, by swapping models film by film. */
  readonly p: number;
  /** r of the first − r of the second. */
  readonly r: number;
  readonly rInterval: Interval;
}

/** Up to this many films, every way to swap is tried; beyond it, as many random ones. */
const MOST_FOR_ALL = 13;
const RANDOM_SWAPS = 10_000;

/** Compares two models on one dimension: a paired bootstrap and a paired permutation test, both by film. */
export function compareModels(
  clips: readonly LabelledClip[],
  first: readonly Prediction[],
  second: readonly Prediction[],
  dimension: Dimension,
  options: BootstrapOptions = {},
): Comparison {
  const labels = clips.map((clip) => clip[dimension]);
  const [a, b] = [first, second].map((predictions) =>
    inOrderOf(clips, predictions).map((prediction) => prediction[dimension]),
  ) as [number[], number[]];
  const films = clips.map((clip) => clip.film);
  const difference = (indices: readonly number[]) => {
    const chosen = (values: readonly number[]) => indices.map((i) => values[i]!);
    const [of, against] = [metricsOf(chosen(a), chosen(labels)), metricsOf(chosen(b), chosen(labels))];
    return { mse: of.mse - against.mse, r: of.r - against.r };
  };
  const draws = [...filmResamples(films, options)].map(difference);
  const gains = labels.map((label, i) => (a[i]! - label) ** 2 - (b[i]! - label) ** 2);
  const byFilm = [
    ...grouped(
      gains.map((gain, i) => ({ gain, film: films[i]! })),
      ({ film }) => film,
    ).values(),
  ].map((members) => members.reduce((sum, { gain }) => sum + gain, 0));
  return {
    ...difference(labels.map((_, i) => i)),
    mseInterval: middle95(draws.map(({ mse }) => mse)),
    rInterval: middle95(draws.map(({ r }) => r)),
    p: signFlipProbability(byFilm, options.seed ?? 0),
  };
}

/**
 * How often the sum of the differences is as far from 0 as it is, when the sign of each is a coin's:
 * a paired permutation test (Fisher 1935).
 */
export function signFlipProbability(differences: readonly number[], seed: number): number {
  const threshold = Math.abs(differences.reduce((sum, value) => sum + value, 0)) * (1 - 1e-12);
  const random = Random.seeded(seed);
  const all = differences.length <= MOST_FOR_ALL;
  const count = all ? 2 ** differences.length : RANDOM_SWAPS;
  let extreme = 0;
  for (let swap = 0; swap < count; swap++) {
    let sum = 0;
    differences.forEach((value, i) => {
      const flipped = all ? (swap >> i) & 1 : random.integer(2);
      sum += flipped ? -value : value;
    });
    if (Math.abs(sum) >= threshold) extreme++;
  }
  return all ? extreme / count : (extreme + 1) / (count + 1);
}
