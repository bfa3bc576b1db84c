import { basename, extname } from 'node:path';
import { type CurveLabels, readCurves } from '../datasets/index.ts';
import { InputError } from '../support/errors.ts';
import { type FilmFile, findFilms } from './films.ts';

/** Films and ratings as options name them. */
export interface RatedFilmOptions {
  ratings: string;
  frameRate?: string;
}

/** Each of the films that paths stand for, with its ratings. @throws InputError naming what has none. */
export function ratedFilms(
  paths: readonly string[],
  { ratings, frameRate: given }: RatedFilmOptions,
): Map<FilmFile, CurveLabels> {
  const { films, errors } = findFilms(paths);
  if (errors.length > 0) throw errors[0];
  const frameRate = given === undefined ? undefined : Number(given);
  if (frameRate !== undefined && !(frameRate > 0 && frameRate <= 1000))
    throw new InputError(`--frame-rate ${given}: a number of frames a second expected`);
  return paired(films, readCurves(ratings, frameRate === undefined ? {} : { frameRate }));
}

/** Each film with its ratings. @throws InputError naming films that have none. */
function paired(films: readonly FilmFile[], curves: readonly CurveLabels[]): Map<FilmFile, CurveLabels> {
  if (films.length === 1 && curves.length === 1) return new Map([[films[0]!, curves[0]!]]);
  const key = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  const byName = new Map(curves.map((labels) => [key(labels.film), labels]));
  const pairs = new Map<FilmFile, CurveLabels>();
  for (const film of films) {
    const labels = byName.get(key(basename(film.path, extname(film.path))));
    if (!labels) {
      const known = curves.slice(0, 10).map((each) => each.film);
      throw new InputError(`${film.path} has no ratings; there are those of: ${known.join(', ')}`);
    }
    pairs.set(film, labels);
  }
  return pairs;
}
