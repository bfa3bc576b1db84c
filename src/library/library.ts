import { basename } from 'node:path';
import { type Affect, type FilmAffect, filmAffectSchema, type ModelDescription } from '../affect/index.ts';
import { InputError } from '../support/errors.ts';
import type { Database, Queries } from './database.ts';
import { unpacked } from './numbers.ts';
import { keep, modelHash, useModel } from './store.ts';
import type { Analysis, FilmState, LibraryFilm, LibraryModel, StoredCurve } from './types.ts';

interface FilmRow {
  id: string;
  hash: string;
  path: string;
  duration: number;
  added: Date;
  current: boolean | null;
  model: string | null;
  clip: Affect | null;
}

/** The newest curve of each film; a curve of the library's model counts before others. */
const filmsWithCurves = `
  select film.id, film.hash, film.path, film.duration, film.added, newest.current,
    newest.description ->> 'name' as model, newest.result -> 'clip' as clip
  from affectline.film
  left join lateral (
    select model.current, model.description, curve.result
    from affectline.curve join affectline.model on model.id = curve.model_id
    where curve.film_id = film.id order by model.current desc, curve.analyzed desc limit 1
  ) newest on true`;

/** Films and what their analyses came to, in a database. */
export class Library {
  readonly database: Database;
  /** For messages: the folder, or where the database is. */
  readonly name: string;

  constructor(database: Database, name: string) {
    this.database = database;
    this.name = name;
  }

  /** All films, in the order in which they were added. */
  async films(): Promise<LibraryFilm[]> {
    return (await this.database.query<FilmRow>(`${filmsWithCurves} order by film.id`)).map(filmOf);
  }

  /** The newest films, or those that were added before a film: `limit` at most, the newest first. */
  async latestFilms({ limit, before }: { limit: number; before?: number }): Promise<LibraryFilm[]> {
    const rows = await this.database.query<FilmRow>(
      `${filmsWithCurves} where $2::bigint is null or film.id < $2::bigint order by film.id desc limit $1`,
      [limit, before ?? null],
    );
    return rows.map(filmOf);
  }

  /**
   * The film of a number, of a content hash or the first digits of one, or of a path or a file's name.
   *
   * @throws InputError when there is none, or several.
   */
  async film(name: string | number): Promise<LibraryFilm> {
    const rows = await this.database.query<FilmRow>(
      `${filmsWithCurves} where film.id::text = $1 or film.path = $1 or right(film.path, length($1) + 1) = '/' || $1
         or (length($1) >= 8 and starts_with(film.hash, case when starts_with($1, 'sha256:') then $1 else 'sha256:' || $1 end))
       order by film.id limit 3`,
      [String(name)],
    );
    // a number is a number, even where a file is called like it
    const films = rows.length > 1 ? rows.filter((row) => row.id === String(name)) : rows;
    if (films.length === 1) return filmOf(films[0]!);
    const reason =
      rows.length > 1 ? `several films are called like this; use the number of one` : 'no such film';
    throw new InputError(`library ${this.name}: '${name}': ${reason}`, 'not-found');
  }

  /**
   * The result of a film's analysis: by the library's model, or the newest of another one.
   *
   * @throws InputError when the film has not been analyzed.
   */
  async result(film: number): Promise<FilmAffect> {
    const [row] = await this.database.query<{ result: unknown }>(
      `select curve.result from affectline.curve join affectline.model on model.id = curve.model_id
       where curve.film_id = $1 order by model.current desc, curve.analyzed desc limit 1`,
      [film],
    );
    if (!row) throw new InputError(`library ${this.name}: film ${film} has not been analyzed`, 'not-found');
    return filmAffectSchema.parse(row.result);
  }

  /** The results of films, one after the other, as `result` gives each. */
  async *results(films: readonly number[]): AsyncGenerator<FilmAffect, void, undefined> {
    for (const film of films) yield await this.result(film);
  }

  /** The curves of the library's model, by film. */
  async curves(films: readonly number[]): Promise<Map<number, StoredCurve>> {
    const rows = await this.database.query<{
      film: string;
      start: number;
      step: number;
      valence: Uint8Array;
      arousal: Uint8Array;
    }>(
      `select film_id as film, start, step, valence, arousal
       from affectline.curve join affectline.model on model.id = curve.model_id
       where model.current and film_id = any($1::bigint[])`,
      [films],
    );
    return new Map(
      rows.map(({ film, start, step, valence, arousal }) => [
        Number(film),
        { start, step, valence: unpacked(valence), arousal: unpacked(arousal) },
      ]),
    );
  }

  /** How many films there are. */
  async count(): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      'select count(*)::int as count from affectline.film',
    );
    return row!.count;
  }

  /** Whether a film of this content has a curve of this model: then it need not be analyzed again. */
  async has(contentHash: string, model: ModelDescription): Promise<boolean> {
    const rows = await this.database.query(
      `select 1 from affectline.curve join affectline.film on film.id = curve.film_id
         join affectline.model on model.id = curve.model_id where film.hash = $1 and model.hash = $2`,
      [contentHash, modelHash(model)],
    );
    return rows.length > 0;
  }

  /**
   * Keeps an analysis, in the place of an earlier one of the same film and model. The model becomes the library's: what
   * others made of films is stale from then on.
   *
   * @returns the film's number.
   */
  add(analysis: Analysis): Promise<number> {
    return this.database.transaction((queries) => addWithin(queries, analysis));
  }

  /** Makes a model the library's, before it has analyzed anything. */
  async use(model: ModelDescription): Promise<void> {
    await this.database.transaction(async (queries) => {
      await useModel(queries, model);
    });
  }

  /** Notes where a film has been seen, which may have been moved. */
  async seen(contentHash: string, path: string): Promise<void> {
    await this.database.query('update affectline.film set path = $2 where hash = $1', [contentHash, path]);
  }

  /** Takes a film and everything that is known of it out of the library; the file stays. */
  async remove(film: number): Promise<void> {
    await this.database.query('delete from affectline.film where id = $1', [film]);
  }

  async models(): Promise<LibraryModel[]> {
    const rows = await this.database.query<{
      hash: string;
      description: ModelDescription;
      current: boolean;
      films: string;
    }>(
      `select model.hash, model.description, model.current,
         (select count(*) from affectline.curve where curve.model_id = model.id) as films
       from affectline.model order by model.id`,
    );
    return rows.map(({ films, ...row }) => ({ ...row, films: Number(films) }));
  }

  close(): Promise<void> {
    return this.database.close();
  }
}

function filmOf({ id, hash, path, duration, added, current, model, clip }: FilmRow): LibraryFilm {
  const state: FilmState = current === null ? 'not-analyzed' : current ? 'current' : 'stale';
  return {
    id: Number(id),
    hash,
    path,
    duration,
    added: new Date(added),
    state,
    ...(model !== null && { model }),
    ...(clip !== null && { clip: { valence: clip.valence, arousal: clip.arousal } }),
  };
}

/** `Library.add` as a part of a transaction. */
export async function addWithin(queries: Queries, analysis: Analysis): Promise<number> {
  return keep(queries, analysis, await useModel(queries, analysis.result.model));
}

/** How a film is called where there is little room. */
export function titleOf({ path }: Pick<LibraryFilm, 'path'>): string {
  return basename(path);
}
