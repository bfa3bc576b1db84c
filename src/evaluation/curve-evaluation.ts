// A curve against people's ratings of the same film, and baselines beside it. Pure functions over times and values.
import { bestLag, mean, metricNames, metricsOf, resampled, smoothed } from '../affect/index.ts';
import { Random } from '../support/random.ts';
import { type BootstrapOptions, type Interval, middle95 } from './resamples.ts';
import { studentizedIntervals } from './studentized.ts';
import { metricsOfSums, type Sums, sumsOf } from './sums.ts';
import type { Table } from './table.ts';

/** Values of something along a film. */
export interface Series {
  /** Seconds from the film's beginning, ascending. */
  readonly times: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** One film: what people said, and what predicts it, by name; the model is one of the predictors. */
export interface RatedFilm {
  readonly film: string;
  readonly ratings: Series;
  readonly predictors: Readonly<Record<string, Series>>;
}

/** How one predictor follows the ratings of all films. */
export interface CurveScore {
  readonly predictor: string;
  /** Pearson's r within a film, at lag 0, averaged over the films. */
  readonly r: number;
  /** By film (bootstrap-t) where there are at least three, else by blocks of `block` seconds within the films. */
  readonly rInterval: Interval;
  /** The same when every film's ratings are moved back by the lag that suits this predictor best, up to 8 s. */
  readonly rAtBestLag: number;
  /** Seconds; the mean over films. */
  readonly lag: number;
  /** Concordance over all seconds of all films, on the scale of the ratings; NaN for predictors of another scale. */
  readonly ccc: number;
  /** Pearson's r over all seconds of all films together. */
  readonly pooled: number;
  /** Pearson's r of the films' means; NaN below three films. */
  readonly between: number;
}

/** Seconds that ratings and predictors are averaged over. */
export const curveWindow = 5;
/** Seconds that are drawn together where single seconds are no independent answers. */
export const block = 30;
const longestLag = 8;
const fewestBlocks = 4;
const fewFilms = 3;

/** A film's ratings and predictors at every second that the ratings cover. */
interface Sampled {
  readonly seconds: readonly number[];
  readonly ratings: Float64Array;
  readonly predictors: ReadonlyMap<string, Float64Array>;
}

/**
 * Every predictor of the films, beside two that know nothing of them: `position`, which rises from the first second to
 * the last, and `constant`, the ratings' mean (no r; its CCC is 0).
 *
 * @param comparable predictors whose values are on the scale of the ratings, of which CCC is told.
 * @throws TypeError when a film lacks a predictor of the others, or ratings and a film share fewer than 10 seconds.
 */
export function evaluateCurves(
  films: readonly RatedFilm[],
  comparable: readonly string[] = [],
  options: BootstrapOptions = {},
): CurveScore[] {
  const sampled = films.map(sampledFilm);
  const names = Object.keys(films[0]!.predictors);
  const withPosition = sampled.map(({ ratings, predictors }) => ({
    ratings,
    predictors: new Map([
      ...predictors,
      ['position', ratings.map((_, i) => i / ratings.length)],
      ['constant', ratings.map(() => 0)],
    ]),
  }));
  return [...names, 'position', 'constant'].map((predictor) => {
    const pairs = withPosition.map(({ ratings, predictors }) => {
      const values = predictors.get(predictor);
      if (!values) throw new TypeError(`a film lacks '${predictor}'`);
      return { ratings, values };
    });
    return scoreOf(predictor, pairs, predictor === 'constant' || comparable.includes(predictor), options);
  });
}

interface Pair {
  readonly ratings: Float64Array;
  readonly values: Float64Array;
}

function scoreOf(
  predictor: string,
  pairs: readonly Pair[],
  isComparable: boolean,
  options: BootstrapOptions,
): CurveScore {
  const lags = pairs.map(({ ratings, values }) => bestLag(values, ratings, 1, 0, longestLag));
  const known = pairs.map(({ ratings, values }) => together(values, ratings));
  const all = [known.flatMap(([p]) => p), known.flatMap(([, l]) => l)] as const;
  const means = known.map(([p, l]) => [mean(p), mean(l)] as const);
  const within = mean(lags.map(({ rUnmoved }) => rUnmoved));
  return {
    predictor,
    r: within,
    rInterval:
      pairs.length >= fewFilms
        ? filmInterval(
            lags.map(({ rUnmoved }) => rUnmoved),
            options,
          )
        : blockInterval(known, options),
    rAtBestLag: mean(lags.map(({ r }) => r)),
    lag: mean(lags.map(({ seconds }) => seconds)),
    ccc: isComparable ? metricsOf(...all).ccc : Number.NaN,
    pooled: metricsOf(...all).r,
    between:
      pairs.length < 3
        ? Number.NaN
        : metricsOf(
            means.map(([p]) => p),
            means.map(([, l]) => l),
          ).r,
  };
}

/** The seconds that both have. */
function together(values: Float64Array, ratings: Float64Array): [number[], number[]] {
  const both = [...values.keys()].filter((i) => !Number.isNaN(values[i]!) && !Number.isNaN(ratings[i]!));
  return [both.map((i) => values[i]!), both.map((i) => ratings[i]!)];
}

/** Of the mean of one r for each film. */
function filmInterval(each: readonly number[], options: BootstrapOptions): Interval {
  const films = each.map((r) => Float64Array.of(1, r));
  return studentizedIntervals(films, ([count, sum]) => [sum! / count!], options)[0]!;
}

/**
 * Of the mean r within films, when blocks of each film are drawn with replacement (Künsch 1989); none where a film has
 * too few blocks to draw from.
 */
function blockInterval(films: readonly [number[], number[]][], options: BootstrapOptions): Interval {
  if (films.some(([values]) => values.length < fewestBlocks * block))
    return { low: Number.NaN, high: Number.NaN };
  const { resamples = 2000, seed = 0 } = options;
  const random = Random.seeded(seed);
  const blocks = films.map(([values, ratings]): Sums[] =>
    Array.from({ length: Math.max(1, values.length - block + 1) }, (_, from) =>
      sumsOf(values.slice(from, from + block), ratings.slice(from, from + block), 0),
    ),
  );
  const drawn = Array.from({ length: resamples }, () =>
    mean(
      blocks.map((of, film) => {
        const total = new Float64Array(of[0]!.length);
        for (let seconds = 0; seconds < films[film]![0].length; seconds += block)
          of[random.integer(of.length)]!.forEach((value, k) => {
            total[k]! += value;
          });
        return rOfSums(total);
      }),
    ),
  );
  return middle95(drawn);
}

const rOfSums = (sums: Sums) => metricsOfSums(sums)[metricNames.indexOf('r')]!;

/** Ratings and predictors by the second, over the seconds of the ratings, smoothed alike. */
function sampledFilm({ film, ratings, predictors }: RatedFilm): Sampled {
  const first = Math.ceil(ratings.times[0]!);
  const last = Math.floor(ratings.times[ratings.times.length - 1]!);
  const seconds = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  const bySecond = ({ times, values }: Series) => smoothed(resampled(times, values, seconds), curveWindow);
  const sampled = {
    seconds,
    ratings: bySecond(ratings),
    predictors: new Map(Object.entries(predictors).map(([name, series]) => [name, bySecond(series)])),
  };
  for (const [name, values] of sampled.predictors)
    if (together(values, sampled.ratings)[0].length < 10)
      throw new TypeError(`${film}: ratings and '${name}' share fewer than 10 seconds`);
  return sampled;
}

/** A film's ratings and one predictor by the second, to be drawn; with what is to be said of them. */
export function sampledPair(
  film: RatedFilm,
  predictor: string,
): { seconds: readonly number[]; ratings: number[]; model: number[]; about: string } {
  const { seconds, ratings, predictors } = sampledFilm(film);
  const values = predictors.get(predictor)!;
  const { r, rUnmoved, seconds: lag } = bestLag(values, ratings, 1, 0, longestLag);
  return {
    seconds,
    ratings: [...ratings],
    model: [...values],
    about: `r ${rUnmoved.toFixed(2)}; ${r.toFixed(2)} with ratings moved back by ${lag} s`,
  };
}

/** The scores of one dimension, for people to read. */
export function curveTable(
  dimension: string,
  scores: readonly CurveScore[],
  films: number,
  kinds: readonly string[],
): Table {
  const interval = films >= fewFilms ? 'by film (bootstrap-t)' : `by blocks of ${block} s within the film`;
  return {
    title: `${dimension}, ${films} ${films === 1 ? 'film' : 'films'}, ratings ${kinds.join(', ')}`,
    columns: [
      { name: 'predictor' },
      { name: 'r within a film', digits: 2 },
      { name: 'r at best lag', digits: 2 },
      { name: 'lag, s', digits: 1 },
      { name: 'CCC', digits: 2 },
      { name: 'r of all seconds', digits: 2 },
      { name: 'r between films', digits: 2 },
    ],
    rows: scores.map(({ predictor, r, rInterval, rAtBestLag, lag, ccc, pooled, between }) => [
      predictor,
      { value: r, ...rInterval },
      rAtBestLag,
      lag,
      ccc,
      pooled,
      between,
    ]),
    notes: [
      `Ratings and predictors are means over ${curveWindow} s. Brackets: 95% intervals ${interval}. The best lag, 0 to ${longestLag} s, is chosen for each film and predictor on these very ratings, and so flatters a little. CCC is told where the ratings' scale is known, both on the scale of the model.`,
    ],
  };
}
