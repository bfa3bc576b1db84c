import type { Dimension } from '../affect/index.ts';
import { type Library, titleOf } from '../library/index.ts';
import { InputError } from '../support/errors.ts';
import { raterName } from './rater.ts';
import { scenesOf } from './scenes.ts';

/** A scene that people compare with others. */
export interface LabelScene {
  readonly id: number;
  readonly film: number;
  readonly title: string;
  readonly path: string;
  /** Seconds. */
  readonly from: number;
  readonly to: number;
}

/** What one rater says of two scenes. */
export interface Choice {
  readonly rater: string;
  /** Numbers of the scenes, the lower one first. */
  readonly one: number;
  readonly other: number;
  /** The one that excites more, or feels more pleasant; nothing where the rater cannot say. */
  readonly chosen?: number;
}

/** How many scenes are compared with each other at most, so that rankings are made while somebody waits. */
const mostScenes = 500;

/** The scenes and choices in the database of a library. */
export class Labels {
  private readonly library: Library;

  constructor(library: Library) {
    this.library = library;
  }

  /** Of all films, in the order of films and times. */
  async scenes(): Promise<LabelScene[]> {
    const rows = await this.library.database.query<{
      id: string;
      film: string;
      path: string;
      start: number;
      stop: number;
    }>(
      `select scene.id, film_id as film, path, start, stop from affectline.scene
       join affectline.film on film.id = scene.film_id order by film_id, start`,
    );
    return rows.map(({ id, film, path, start, stop }) => ({
      ...{ id: Number(id), film: Number(film), title: titleOf({ path }), path, from: start, to: stop },
    }));
  }

  /**
   * Takes up the scenes of films that have been analyzed; what is there already stays.
   *
   * @param films their numbers; by default the first of the library, as many as there is room for.
   * @returns how many scenes there are now.
   * @throws InputError when they are more than 500.
   */
  async addScenes(films?: readonly number[]): Promise<number> {
    const rows = await this.library.database.query<{ id: string }>(
      `select film.id from affectline.film where exists (select 1 from affectline.curve where film_id = film.id)
         and ($1::bigint[] is null or id = any($1::bigint[])) order by id limit $2`,
      [films ?? null, mostScenes],
    );
    const known = await this.scenes();
    let count = known.length;
    for (const { id } of rows) {
      if (known.some(({ film }) => film === Number(id))) continue;
      const scenes = scenesOf(await this.library.result(Number(id)));
      if (count + scenes.length > mostScenes) {
        if (films === undefined) break;
        throw new InputError(
          `film ${id} has ${scenes.length} scenes; beside the ${count} that are compared there is room for ${mostScenes - count}`,
          'no-space',
        );
      }
      await this.library.database.query(
        `insert into affectline.scene (film_id, start, stop)
         select $1, start, stop from unnest($2::double precision[], $3::double precision[]) as s(start, stop)
         on conflict do nothing`,
        [id, scenes.map(({ from }) => from), scenes.map(({ to }) => to)],
      );
      count += scenes.length;
    }
    return count;
  }

  /** Everything that was said, the earliest first. */
  async choices(dimension: Dimension): Promise<Choice[]> {
    const rows = await this.library.database.query<{
      rater: string;
      one: string;
      other: string;
      chosen: string | null;
    }>(
      'select rater, one, other, chosen from affectline.choice where dimension = $1 order by made, rater, one, other',
      [dimension],
    );
    return rows.map(({ rater, one, other, chosen }) => ({
      ...{ rater, one: Number(one), other: Number(other) },
      ...(chosen !== null && { chosen: Number(chosen) }),
    }));
  }

  /**
   * Keeps what a rater says of two scenes, in the place of what the same one said of them before.
   *
   * @param chosen one of them, or nothing where the rater cannot say.
   * @throws InputError when the scenes are not two of those that are there.
   */
  async choose(
    rater: string,
    dimension: Dimension,
    pair: readonly [number, number],
    chosen: number | undefined,
  ): Promise<void> {
    const [one, other] = [Math.min(...pair), Math.max(...pair)];
    const there = await this.library.database.query('select 1 from affectline.scene where id in ($1, $2)', [
      one,
      other,
    ]);
    if (there.length !== 2)
      throw new InputError(`scenes ${one} and ${other}: two scenes that are compared expected`, 'not-found');
    if (chosen !== undefined && chosen !== one && chosen !== other)
      throw new InputError(`scene ${chosen} is chosen; one of ${one} and ${other} expected`);
    await this.library.database.query(
      `insert into affectline.choice (rater, dimension, one, other, chosen) values ($1, $2, $3, $4, $5)
       on conflict (rater, dimension, one, other) do update set chosen = excluded.chosen, made = now()`,
      [raterName(rater), dimension, one, other, chosen ?? null],
    );
  }
}
