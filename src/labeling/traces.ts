import { stringify } from 'csv-stringify/sync';
import { type Dimension, dimensions, resampled } from '../affect/index.ts';
import { type Library, packed, unpacked } from '../library/index.ts';
import { InputError } from '../support/errors.ts';
import { raterName } from './rater.ts';

/** What one rater said of a film in one dimension while it played. */
export interface RatedTrace {
  readonly rater: string;
  readonly dimension: Dimension;
  /** Seconds from the film's beginning, ascending: where the hand was, not moved for its delay. */
  readonly times: readonly number[];
  /** At each of the times, −1 … 1. */
  readonly values: readonly number[];
}

/** Seconds between the rows of the table. */
const step = 0.25;

/** All ratings of a film that were drawn while it played, in the order of dimensions and raters. */
export async function tracesOf(library: Library, film: number): Promise<RatedTrace[]> {
  const rows = await library.database.query<{
    rater: string;
    dimension: Dimension;
    times: Uint8Array;
    rated: Uint8Array;
  }>(
    'select rater, dimension, times, rated from affectline.trace where film_id = $1 order by dimension desc, rater',
    [film],
  );
  return rows.map(({ rater, dimension, times, rated }) => ({
    ...{ rater, dimension, times: [...unpacked(times)], values: [...unpacked(rated)] },
  }));
}

/**
 * Keeps a rating of a film, in the place of an earlier one of the same rater and dimension.
 *
 * @throws InputError unless times ascend within the film and there is a value of −1 … 1 for each of two times or more.
 */
export async function keepTrace(
  library: Library,
  film: number,
  { rater, dimension, times, values }: RatedTrace,
): Promise<void> {
  const { id, duration } = await library.film(film);
  const stored = Float32Array.from(times);
  if (stored.length < 2 || stored.length !== values.length)
    throw new InputError(
      `${times.length} times and ${values.length} values: as many of both, and at least two, expected`,
    );
  if (!(stored[0]! >= 0 && stored.at(-1)! <= duration + 1))
    throw new InputError(`times from ${times[0]} to ${times.at(-1)} s: the film lasts ${duration} s`);
  for (const [index, time] of stored.entries())
    if (index > 0 && !(time > stored[index - 1]!))
      throw new InputError(`time ${times[index]} does not lie after ${times[index - 1]}`);
  if (!values.every((value) => Math.abs(value) <= 1)) throw new InputError('values from -1 to 1 expected');
  await library.database.query(
    `insert into affectline.trace (film_id, rater, dimension, times, rated) values ($1, $2, $3, $4, $5)
     on conflict (film_id, dimension, rater) do update
       set times = excluded.times, rated = excluded.rated, made = now()`,
    [id, raterName(rater), dimension, packed(stored), packed(values)],
  );
}

/**
 * The ratings of a film as a table, which `affectline evaluate --ratings` takes: `time` in seconds, and a column
 * `valence_<rater>` or `arousal_<rater>` for each, on 1 … 5, as the columns `lowest` and `highest` say; empty where one did
 * not rate. Rows are a quarter of a second apart, with straight lines between what was said.
 *
 * @throws InputError when there are none.
 */
export async function tracesCsv(library: Library, film: number): Promise<string> {
  const traces = await tracesOf(library, film);
  if (traces.length === 0) throw new InputError(`film ${film} has not been rated`, 'not-found');
  const first = Math.ceil(Math.min(...traces.map(({ times }) => times[0]!)) / step);
  const last = Math.floor(Math.max(...traces.map(({ times }) => times.at(-1)!)) / step);
  const times = Array.from({ length: Math.max(0, last - first) + 1 }, (_, index) => (first + index) * step);
  const columns = dimensions
    .flatMap((dimension) => traces.filter((trace) => trace.dimension === dimension))
    .map(({ rater, dimension, times: own, values }) => ({
      name: `${dimension}_${rater}`,
      values: resampled(own, values, times),
    }));
  const field = (value: number) => (Number.isNaN(value) ? '' : (3 + 2 * value).toFixed(4));
  return stringify([
    ['time', ...columns.map(({ name }) => name), 'lowest', 'highest'],
    ...times.map((time, row) => [time, ...columns.map(({ values }) => field(values[row]!)), 1, 5]),
  ]);
}
