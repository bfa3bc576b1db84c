import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative } from 'node:path';
import { InputError } from '../support/errors.ts';
import { suggestion } from './suggest.ts';

/** A film to analyse. */
export interface Film {
  path: string;
  /** Its place below the folder that was walked; for a file that was named itself, its name. */
  place: string;
}

const extensions = new Set(
  '.3gp .asf .avi .divx .f4v .flv .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .mxf .ogg .ogm .ogv .ts .vob .webm .wmv'.split(
    ' ',
  ),
);

/**
 * The films that paths stand for: files as they are, folders with all video files below them, in order of their names.
 *
 * @returns the films, each once, and an error for each path that stands for none.
 */
export function findFilms(paths: readonly string[]): { films: Film[]; errors: InputError[] } {
  const films = new Map<string, Film>();
  const errors: InputError[] = [];
  for (const path of paths) {
    try {
      for (const film of filmsAt(path)) {
        const real = realpathSync(film.path);
        if (!films.has(real)) films.set(real, film);
      }
    } catch (error) {
      errors.push(
        error instanceof InputError ? error : new InputError(`${path}: ${(error as Error).message}`),
      );
    }
  }
  return { films: [...films.values()], errors };
}

function filmsAt(path: string): Film[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new InputError(`${path}: no such file or folder${similarFile(path)}`);
  if (!found.isDirectory()) return [{ path, place: basename(path) }];
  const films = walk(path).map((file) => ({ path: file, place: relative(path, file) }));
  if (films.length === 0) throw new InputError(`${path}: no video file in this folder`);
  return films;
}

/** All video files below a folder; hidden ones and linked folders are left out. */
function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return walk(path);
      return extensions.has(extname(entry.name).toLowerCase()) ? [path] : [];
    });
}

function similarFile(path: string): string {
  try {
    return suggestion(basename(path), readdirSync(dirname(path)));
  } catch {
    return '';
  }
}
