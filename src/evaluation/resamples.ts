import { grouped } from '../support/grouped.ts';
import { Random } from '../support/random.ts';

/** Where a figure is expected to lie, with 95% confidence. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** How films are drawn for intervals. */
export interface BootstrapOptions {
  /** How many times films are drawn. */
  readonly resamples?: number;
  readonly seed?: number;
}

/**
 * Draws as many films as there are, with replacement, again and again (cluster bootstrap, Davison & Hinkley 1997,
 * section 3.8): clips of one film resemble each other, so that drawing single clips would promise too much.
 *
 * @returns for each draw, the positions of its clips.
 */
export function* filmResamples(
  films: readonly string[],
  { resamples = 2000, seed = 0 }: BootstrapOptions = {},
): Generator<number[]> {
  const random = Random.seeded(seed);
  const members = [
    ...grouped(
      films.map((_, i) => i),
      (i) => films[i]!,
    ).values(),
  ];
  for (let draw = 0; draw < resamples; draw++)
    yield members.flatMap(() => members[random.integer(members.length)]!);
}

/** The middle 95% of some values; values that are not numbers are left out. */
export function middle95(values: readonly number[]): Interval {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  return { low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
}

/** Linear interpolation between the sorted values, as numpy's default; NaN of none. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted.length === 0
    ? Number.NaN
    : sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}
