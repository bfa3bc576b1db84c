import type { ModelDescription } from '../affect/index.ts';
import type { Queries } from './database.ts';
import { momentsOf } from './moments.ts';
import { packed } from './numbers.ts';
import { onPlane, pointText, uncertaintyOf } from './plane.ts';
import type { Analysis } from './types.ts';

/** What tells one model from another: its content; of random weights, how they are made. */
export function modelHash({ contentHash, name, preset }: ModelDescription): string {
  return contentHash ?? `untrained:${name}-${preset}`;
}

/**
 * Makes a model the one that is searched; films of others become stale.
 *
 * @returns its number.
 */
export async function useModel(queries: Queries, description: ModelDescription): Promise<number> {
  // one after the other: two processes that add the first films at once add one model
  await queries.query('select pg_advisory_xact_lock(7266339)');
  const [model] = await queries.query<{ id: number; current: boolean }>(
    `insert into affectline.model (hash, description) values ($1, $2)
     on conflict (hash) do update set description = excluded.description returning id, current`,
    [modelHash(description), JSON.stringify(description)],
  );
  if (!model!.current) {
    await queries.query('update affectline.model set current = false where current');
    await queries.query('update affectline.model set current = true where id = $1', [model!.id]);
  }
  return model!.id;
}

/**
 * Keeps an analysis: the film, unless it is there, and its curve of this model, in the place of an earlier one.
 * Call it in a transaction.
 *
 * @returns the film's number.
 */
export async function keep(
  queries: Queries,
  { path, result, features }: Analysis,
  model: number,
): Promise<number> {
  const [film] = await queries.query<{ id: string }>(
    `insert into affectline.film (hash, path, duration) values ($1, $2, $3)
     on conflict (hash) do update set path = excluded.path, duration = excluded.duration returning id`,
    [result.contentHash, path, result.duration],
  );
  const { curve, window, model: description, shots = [] } = result;
  const { scale } = description;
  const points = curve.map((point) => onPlane(point, scale));
  await queries.query('delete from affectline.curve where film_id = $1 and model_id = $2', [film!.id, model]);
  const [row] = await queries.query<{ id: string }>(
    `insert into affectline.curve (film_id, model_id, result, start, step, valence, arousal)
     values ($1, $2, $3, $4, $5, $6, $7) returning id`,
    [
      film!.id,
      model,
      JSON.stringify(result),
      curve[0]?.time ?? 0,
      window.step,
      packed(points.map(({ valence }) => valence)),
      packed(points.map(({ arousal }) => arousal)),
    ],
  );
  const moments = momentsOf(result);
  await queries.query(
    `insert into affectline.moment (curve_id, time, at, uncertainty)
     select $1, time, at::point, uncertainty from unnest($2::real[], $3::text[], $4::real[]) as m(time, at, uncertainty)`,
    [
      row!.id,
      moments.map(({ time }) => time),
      moments.map((point) => pointText(onPlane(point, scale), model)),
      moments.map((point) => uncertaintyOf(point, scale) ?? null),
    ],
  );
  if (features) {
    if (features.vectors.length !== features.dimensions * moments.length)
      throw new RangeError(
        `internal: ${features.vectors.length} numbers for ${moments.length} moments of ${features.dimensions} each`,
      );
    await queries.query(
      'insert into affectline.features (curve_id, dimensions, vectors) values ($1, $2, $3)',
      [row!.id, features.dimensions, packed(features.vectors)],
    );
  }
  const means = shots.map((shot) => onPlane(shot, scale));
  await queries.query(
    `insert into affectline.shot (curve_id, number, start, stop, valence, arousal)
     select $1, number, start, stop, valence, arousal
     from unnest($2::int[], $3::real[], $4::real[], $5::real[], $6::real[]) as s(number, start, stop, valence, arousal)`,
    [
      row!.id,
      shots.map((_, index) => index),
      shots.map(({ from }) => from),
      shots.map(({ to }) => to),
      means.map(({ valence }) => valence),
      means.map(({ arousal }) => arousal),
    ],
  );
  return Number(film!.id);
}
