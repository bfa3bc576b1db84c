import { mean, metricNames } from '../affect/index.ts';
import type { LabeledClip } from '../datasets/index.ts';
import { Random } from '../support/random.ts';
import { filmsOf } from './intervals.ts';
import { type Dimension, inOrderOf, type Prediction } from './prediction.ts';
import type { BootstrapOptions, Interval } from './resamples.ts';
import { studentizedIntervals } from './studentized.ts';
import { metricsOfSums, type Sums, sumCount, sumsOf } from './sums.ts';

/** How much better one model is than another on the same clips; p by swapping models film by film, two-sided. */
export interface Comparison {
  /** MSE of the first − MSE of the second; below 0 when the first is better. */
  readonly mse: number;
  readonly mseInterval: Interval;
  /** How often chance alone would give so large a difference in MSE. */
  readonly mseP: number;
  /** r of the first − r of the second. */
  readonly r: number;
  readonly rInterval: Interval;
  /** How often chance alone would give so large a difference in r; NaN where r of one is undefined. */
  readonly rP: number;
}

/** Up to this many films, every way to swap is tried; beyond it, as many random ones. */
const mostForAll = 13;
const randomSwaps = 10_000;

/** Compares two models on one dimension: paired intervals and paired permutation tests (Fisher 1935), both by film. */
export function compareModels(
  clips: readonly LabeledClip[],
  first: readonly Prediction[],
  second: readonly Prediction[],
  dimension: Dimension,
  options: BootstrapOptions = {},
): Comparison {
  const labels = clips.map((clip) => clip[dimension]);
  const center = mean(labels);
  const predictions = [first, second].map((of) => inOrderOf(clips, of).map((each) => each[dimension]));
  /** For each film, the sums of the first model and then those of the second. */
  const films: Sums[] = [...filmsOf(clips).values()].map((members) =>
    Float64Array.from(
      predictions.flatMap((of) => [
        ...sumsOf(
          members.map((i) => of[i]!),
          members.map((i) => labels[i]!),
          center,
        ),
      ]),
    ),
  );
  const [mse, r] = differences(films.reduce(added));
  const [mseInterval, rInterval] = studentizedIntervals(films, differences, options);
  const errors = films.map((film) => {
    const [a, b] = [film.subarray(0, sumCount), film.subarray(sumCount)];
    return a[3]! - 2 * a[5]! - (b[3]! - 2 * b[5]!);
  });
  return {
    mse: mse!,
    mseInterval: mseInterval!,
    mseP: signFlipProbability(errors, options.seed ?? 0),
    r: r!,
    rInterval: rInterval!,
    rP: swapProbability(films, options.seed ?? 0),
  };
}

const [MSE, R] = [metricNames.indexOf('mse'), metricNames.indexOf('r')];

/** MSE and r of the first model minus those of the second. */
function differences(sums: Sums): [mse: number, r: number] {
  const [a, b] = [metricsOfSums(sums.subarray(0, sumCount)), metricsOfSums(sums.subarray(sumCount))];
  return [a[MSE]! - b[MSE]!, a[R]! - b[R]!];
}

const added = (a: Sums, b: Sums): Sums => a.map((value, i) => value + b[i]!);

/** How often the difference in r is as large when the models of each film are swapped by a coin. */
function swapProbability(films: readonly Sums[], seed: number): number {
  const swapped = films.map((film) =>
    Float64Array.of(...film.subarray(sumCount), ...film.subarray(0, sumCount)),
  );
  const threshold = Math.abs(differences(films.reduce(added))[1]) * (1 - 1e-9);
  if (Number.isNaN(threshold)) return Number.NaN;
  return extremeShare(films.length, seed, (flips) => {
    const total = new Float64Array(2 * sumCount);
    flips.forEach((flipped, i) => {
      const film = flipped ? swapped[i]! : films[i]!;
      for (let k = 0; k < total.length; k++) total[k]! += film[k]!;
    });
    return Math.abs(differences(total)[1]) >= threshold;
  });
}

/**
 * How often the sum of the differences is as far from 0 as it is, when the sign of each is a coin's:
 * a paired permutation test (Fisher 1935).
 */
export function signFlipProbability(differences: readonly number[], seed: number): number {
  const threshold = Math.abs(differences.reduce((sum, value) => sum + value, 0)) * (1 - 1e-12);
  return extremeShare(differences.length, seed, (flips) => {
    let sum = 0;
    differences.forEach((value, i) => {
      sum += flips[i] ? -value : value;
    });
    return Math.abs(sum) >= threshold;
  });
}

/** The share of all ways to throw `count` coins, or of random ones, that is extreme. */
function extremeShare(
  count: number,
  seed: number,
  isExtreme: (flips: readonly boolean[]) => boolean,
): number {
  const random = Random.seeded(seed);
  const all = count <= mostForAll;
  const ways = all ? 2 ** count : randomSwaps;
  let extreme = 0;
  for (let way = 0; way < ways; way++) {
    const flips = Array.from({ length: count }, (_, i) => (all ? (way >> i) & 1 : random.integer(2)) === 1);
    if (isExtreme(flips)) extreme++;
  }
  return all ? extreme / ways : (extreme + 1) / (ways + 1);
}
