import { Random } from '../support/random.ts';
import { type BootstrapOptions, type Interval, quantile } from './resamples.ts';
import type { Sums } from './sums.ts';

/**
 * 95% intervals of figures that follow from sums over films: the bootstrap-t (Efron & Tibshirani 1993, section 12.5).
 * Films are drawn with replacement, since clips of one film resemble each other; each draw's distance from the figure
 * is measured in standard errors of that draw, by leaving out films (jackknife). With few films that still promises a
 * little too much, so that it is widened by Student's factor for as many films, t / z.
 *
 * @param films the sums of each film.
 * @param figures of the summed films; on a scale where their error is symmetric (see `scaleOf`).
 * @returns an interval for each figure; NaN where there are fewer than two films, or the figure is undefined.
 */
export function studentizedIntervals(
  films: readonly Sums[],
  figures: (sums: Sums) => readonly number[],
  { resamples = 2000, seed = 0 }: BootstrapOptions = {},
): Interval[] {
  const own = estimate(films, figures);
  const random = Random.seeded(seed);
  const distances: number[][] = own.map(() => []);
  for (let draw = 0; draw < resamples; draw++) {
    const drawn = estimate(
      films.map(() => films[random.integer(films.length)]!),
      figures,
    );
    drawn.forEach(({ figure, error }, k) => {
      const distance = (figure - own[k]!.figure) / error;
      if (Number.isFinite(distance)) distances[k]!.push(distance);
    });
  }
  const widening = studentFactor(films.length);
  return own.map(({ figure, error }, k) => {
    if (error === 0) return { low: figure, high: figure };
    const sorted = distances[k]!.sort((a, b) => a - b);
    return {
      low: figure - widening * quantile(sorted, 0.975) * error,
      high: figure - widening * quantile(sorted, 0.025) * error,
    };
  });
}

/** Figures and their standard errors by leaving out one film after the other. */
function estimate(films: readonly Sums[], figures: (sums: Sums) => readonly number[]) {
  const total = films[0]!.map((_, i) => films.reduce((sum, film) => sum + film[i]!, 0));
  const known = new Map<Sums, readonly number[]>();
  const left = films.map((film) => {
    const found = known.get(film) ?? figures(total.map((sum, i) => sum - film[i]!));
    known.set(film, found);
    return found;
  });
  const count = films.length;
  return figures(total).map((figure, k) => {
    const center = left.reduce((sum, values) => sum + values[k]!, 0) / count;
    const squares = left.reduce((sum, values) => sum + (values[k]! - center) ** 2, 0);
    return { figure, error: count < 2 ? Number.NaN : Math.sqrt(((count - 1) / count) * squares) };
  });
}

const Z = 1.959964;

/** Student's 97.5% quantile over the normal one (the series of Abramowitz & Stegun, 26.7.5). */
export function studentFactor(films: number): number {
  const degrees = films - 1;
  if (degrees <= 1) return 12.7062 / Z;
  if (degrees === 2) return 4.3027 / Z;
  const terms = [
    (Z ** 3 + Z) / 4,
    (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96,
    (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / 384,
  ];
  return 1 + terms.reduce((sum, term, i) => sum + term / degrees ** (i + 1), 0) / Z;
}
