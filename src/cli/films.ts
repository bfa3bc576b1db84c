import { type Dirent, lstatSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { InputError, reasonOf } from '../support/errors.ts';
import { suggestion } from './suggest.ts';

/** A film to analyze. */
export interface FilmFile {
  path: string;
  /** Its place below the folder that was walked; for a file that was named itself, its name. */
  place: string;
}

/** What is taken for a film in a folder: every form that the decoders read and that a film or its sound comes in. */
const extensions = new Set(
  // films
  (
    '.3g2 .3gp .amv .apng .asf .avi .divx .dv .f4v .flv .gif .gxf .h264 .hevc .ivf .m1v .m2p .m2ts .m2v .m4v .mjpeg ' +
    '.mjpg .mkv .mod .mov .mp4 .mpe .mpeg .mpg .mpv .mts .mxf .nut .nsv .obu .ogm .ogv .qt .rm .rmvb .roq .tod .trp ' +
    '.ts .tp .vob .webm .webp .wmv .wtv .y4m ' +
    // sound
    '.aac .ac3 .aif .aiff .amr .ape .au .caf .dts .flac .m4a .m4b .mka .mp2 .mp3 .mpc .oga .ogg .opus .ra .tta .voc ' +
    '.w64 .wav .wma .wv'
  ).split(' '),
);

/**
 * The films that paths stand for: files as they are, folders with all films below them, in order of their names.
 *
 * @returns the films, each path once, and an error for each path or entry of a folder that stands for none.
 */
export function findFilms(paths: readonly string[]): { films: FilmFile[]; errors: InputError[] } {
  const films = new Map<string, FilmFile>();
  const errors: InputError[] = [];
  for (const path of paths) {
    try {
      // two links to one film are two films: each has a result of its own
      for (const film of filmsAt(path, errors)) {
        const key = resolve(film.path);
        if (!films.has(key)) films.set(key, film);
      }
    } catch (error) {
      errors.push(asInputError(path, error));
    }
  }
  return { films: [...films.values()], errors };
}

/**
 * Refuses what is no path: `-` and addresses of the network.
 *
 * @throws InputError that says what to do instead.
 */
export function refuseNoFile(path: string): void {
  if (path === '-')
    throw new InputError(
      '-: a film is read more than once, so not from standard input; save it to a file and name that',
    );
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path))
    throw new InputError(`${path}: is an address; films are read from files, so fetch it and name the file`);
}

function filmsAt(path: string, errors: InputError[]): FilmFile[] {
  refuseNoFile(path);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw missing(path);
  if (!found.isDirectory()) return [{ path, place: basename(path) }];
  const before = errors.length;
  const films = walk(path, errors).map((file) => ({ path: file, place: relative(path, file) }));
  if (films.length === 0 && errors.length === before)
    throw new InputError(`${path}: no film in this folder`, 'not-found');
  return films;
}

/** All films below a folder; hidden files and linked folders are left out, what cannot be read is told. */
function walk(folder: string, errors: InputError[]): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    errors.push(asInputError(folder, error));
    return [];
  }
  return entries
    .filter(({ name }) => !name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return walk(path, errors);
      if (!extensions.has(extname(entry.name).toLowerCase())) return [];
      if (!entry.isSymbolicLink()) return [path];
      try {
        return statSync(path).isDirectory() ? [] : [path];
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        errors.push(code === 'ENOENT' ? missing(path) : asInputError(path, error));
        return [];
      }
    });
}

function missing(path: string): InputError {
  const link = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink();
  const reason = link ? 'a link to nothing' : `no such file or folder${similarFile(path)}`;
  return new InputError(`${path}: ${reason}`, 'not-found');
}

function asInputError(path: string, error: unknown): InputError {
  return error instanceof InputError ? error : new InputError(`${path}: ${reasonOf(error)}`);
}

function similarFile(path: string): string {
  try {
    return suggestion(basename(path), readdirSync(dirname(path)));
  } catch {
    return '';
  }
}
