// What a head over time must be better than: predictors of a film's curve that have no such head, each fitted to films
// with ratings and then used on others. One dimension at a time.
import { mean, metricsOf, smoothed, variance } from '../affect/index.ts';
import { leastSquares } from './ridge.ts';

/** What the mean-linear head says of a film, at each second. */
export interface LinearCurve {
  /** Of the ten seconds around it: the curve that `analyze` gives. */
  readonly curve: ArrayLike<number>;
  /** Of the second alone. */
  readonly answers: ArrayLike<number>;
}

/** The same of a film that people rated; NaN where nobody did. */
export interface RatedLinearCurve extends LinearCurve {
  readonly ratings: ArrayLike<number>;
}

/** Films to be fitted to → what it then predicts of a film. */
export type CurveBaseline = (known: readonly RatedLinearCurve[]) => (film: LinearCurve) => Float64Array;

/** Seconds, odd. */
const widths = [1, 3, 5, 7, 9, 11, 15, 21, 31];
/** Seconds; people trail a film by 2 to 8 (Mariooryad & Busso 2015). */
const lags = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const positionDegree = 3;

/** By their names, in the order of tables. */
export const curveBaselines: Readonly<Record<string, CurveBaseline>> = {
  'mean-linear': () => (film) => Float64Array.from(film.curve),

  'position in film': (known) => {
    const powers = (count: number, time: number) =>
      Array.from({ length: positionDegree + 1 }, (_, power) => ((time + 0.5) / count) ** power);
    const rows = known
      .flatMap(({ ratings }) =>
        Array.from(ratings, (rating, time) => ({ rating, row: powers(ratings.length, time) })),
      )
      .filter(({ rating }) => !Number.isNaN(rating));
    const factors = leastSquares(
      rows.map(({ row }) => row),
      rows.map(({ rating }) => rating),
      1e-9 * rows.length,
    );
    return ({ curve }) =>
      Float64Array.from(curve, (_, time) =>
        powers(curve.length, time).reduce((sum, power, i) => sum + power * factors[i]!, 0),
      );
  },

  smoothing: (known) => {
    const width = best(
      widths,
      (candidate) => agreementOf(known, ({ answers }) => smoothed(answers, candidate)).ccc,
    );
    return ({ answers }) => smoothed(answers, width);
  },

  'smoothing, lag, scale': (known) => {
    const { width, lag, slope, intercept } = fittedSmoothing(known);
    return ({ answers }) => late(smoothed(answers, width), lag).map((value) => intercept + slope * value);
  },
};

/** A curve made of the mean-linear head's answers: `intercept + slope · answers`, smoothed, later. */
export interface FittedSmoothing {
  /** Seconds that it is the mean of. */
  readonly width: number;
  /** Seconds that ratings trail it. */
  readonly lag: number;
  readonly slope: number;
  readonly intercept: number;
}

/** Width and lag of the highest r on these films, then brought to the mean and the deviation of their ratings. */
export function fittedSmoothing(known: readonly RatedLinearCurve[]): FittedSmoothing {
  const candidates = widths.flatMap((width) => lags.map((lag) => ({ width, lag })));
  const moved =
    ({ width, lag }: (typeof candidates)[number]) =>
    ({ answers }: LinearCurve) =>
      late(smoothed(answers, width), lag);
  const chosen = best(candidates, (candidate) => agreementOf(known, moved(candidate)).r);
  const [predicted, ratings] = pairsOf(known, moved(chosen));
  const slope = Math.sqrt(variance(ratings) / variance(predicted)) || 0;
  return { ...chosen, slope, intercept: mean(ratings) - slope * mean(predicted) };
}

/** Seconds later: until then its first value. */
function late(values: Float64Array, lag: number): Float64Array {
  return values.map((_, time) => values[Math.max(0, time - lag)]!);
}

/** The candidate of the highest score; the first of equals. Undefined scores are lowest. */
function best<Candidate>(
  candidates: readonly Candidate[],
  score: (candidate: Candidate) => number,
): Candidate {
  const scores = candidates.map((candidate) => score(candidate) || 0);
  return candidates[scores.indexOf(Math.max(...scores))]!;
}

const agreementOf = (known: readonly RatedLinearCurve[], of: (film: LinearCurve) => Float64Array) =>
  metricsOf(...pairsOf(known, of));

/** What is predicted of all seconds that were rated, and their ratings. */
function pairsOf(
  known: readonly RatedLinearCurve[],
  of: (film: LinearCurve) => Float64Array,
): [predicted: number[], ratings: number[]] {
  const [predicted, ratings]: [number[], number[]] = [[], []];
  for (const film of known) {
    const values = of(film);
    Array.from(film.ratings).forEach((rating, time) => {
      if (Number.isNaN(rating)) return;
      predicted.push(values[time]!);
      ratings.push(rating);
    });
  }
  return [predicted, ratings];
}
