// How well curves agree with ratings, film by film, and whether one predictor is better than another.
import { type Metrics, mean, metricsOf } from '../affect/index.ts';
import { signFlipProbability } from './comparison.ts';
import type { Spread } from './spread.ts';

/** A curve of a film and its ratings at the same seconds; NaN where nobody rated. */
export interface CurveAndRatings {
  readonly values: ArrayLike<number>;
  readonly ratings: ArrayLike<number>;
}

/** How one predictor agrees with the ratings of several films. */
export interface CurveFigures {
  /** Of each film by itself. */
  readonly films: readonly Metrics[];
  /** Mean and standard deviation over films; of r, over those where it is defined. */
  readonly ccc: Spread;
  readonly r: Spread;
  readonly mse: Spread;
  /** Of all seconds of all films together. */
  readonly pooled: Metrics;
}

/** @param films each with at least one second that was rated. */
export function curveFigures(films: readonly CurveAndRatings[]): CurveFigures {
  const pairs = films.map(({ values, ratings }) => {
    const rated = Array.from(ratings).flatMap((rating, time) => (Number.isNaN(rating) ? [] : [time]));
    return [rated.map((time) => values[time]!), rated.map((time) => ratings[time]!)] as const;
  });
  const each = pairs.map(([predicted, ratings]) => metricsOf(predicted, ratings));
  const over = (name: 'ccc' | 'r' | 'mse') =>
    spreadOfValues(each.map((metrics) => metrics[name]).filter((value) => !Number.isNaN(value)));
  return {
    films: each,
    ...{ ccc: over('ccc'), r: over('r'), mse: over('mse') },
    pooled: metricsOf(
      pairs.flatMap(([predicted]) => predicted),
      pairs.flatMap(([, ratings]) => ratings),
    ),
  };
}

/** Standard deviation of a sample (n − 1); NaN of one. */
function spreadOfValues(values: readonly number[]): Spread {
  const center = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return { mean: center, deviation: Math.sqrt(squares / (values.length - 1)) };
}

/** By how much the mean CCC of a film is higher, and how often chance alone would give so large a difference. */
export interface CurveComparison {
  readonly ccc: number;
  /** Two-sided; by swapping the two film by film (Fisher 1935). */
  readonly p: number;
}

/** Two predictors on the same films. */
export function compareCurves(first: CurveFigures, second: CurveFigures, seed = 0): CurveComparison {
  const differences = first.films.map(({ ccc }, film) => ccc - second.films[film]!.ccc);
  return { ccc: mean(differences), p: signFlipProbability(differences, seed) };
}
