import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { FilmAffect } from '../affect/index.ts';
import type { Format, Written } from '../results/index.ts';
import { InputError } from '../support/errors.ts';
import { writeAtomically } from '../support/files.ts';
import { makeFolder } from '../support/folders.ts';
import { UsageError } from './failure.ts';
import type { FilmFile } from './films.ts';

/** Where the answer for a film goes. */
export interface ResultFiles {
  /** The path of each file before its ending. */
  stem: string;
  /** The files of each format. */
  paths: ReadonlyMap<Format, readonly string[]>;
}

/** All files of an answer. */
export function pathsOf({ paths }: ResultFiles): string[] {
  return [...paths.values()].flat();
}

/**
 * Where the answers go: `film.affect.json`, `.csv` and so on beside each film, or at the same place below `out`.
 * Films that differ in their ending only keep it in the name: `film.avi.affect.json`.
 */
export function resultFiles(
  films: readonly FilmFile[],
  wanted: readonly Format[],
  out?: string,
): Map<FilmFile, ResultFiles> {
  const full = (film: FilmFile) => (out === undefined ? film.path : join(out, film.place));
  const short = (film: FilmFile) => full(film).slice(0, full(film).length - extname(film.path).length);
  const count = countOf(films.map(short));
  const stems = films.map((film) => (count.get(short(film))! > 1 ? full(film) : short(film)));
  const twice = stems.find((stem, index) => stems.indexOf(stem) !== index);
  if (twice !== undefined) {
    throw new UsageError(
      `two films would be written to ${twice}.affect${wanted[0]!.endings[0]}; give them an --out of their own each`,
    );
  }
  return new Map(
    films.map((film, index) => {
      const stem = `${stems[index]}.affect`;
      return [
        film,
        {
          stem,
          paths: new Map(wanted.map((format) => [format, format.endings.map((ending) => stem + ending)])),
        },
      ];
    }),
  );
}

/** The folders that answers are written into, each once. */
export function foldersOf(files: Iterable<ResultFiles>): Set<string> {
  return new Set(Array.from(files, ({ stem }) => dirname(stem)));
}

function countOf(names: readonly string[]): Map<string, number> {
  const count = new Map<string, number>();
  for (const name of names) count.set(name, (count.get(name) ?? 0) + 1);
  return count;
}

/** File systems take no longer names; of this many bytes. */
const longestName = 255;

/**
 * Says before the analysis that its answer could not be written.
 *
 * @throws InputError when the files' names are too long.
 */
export function checkNames(files: ResultFiles): void {
  const names = pathsOf(files).map((path) => basename(path));
  const longest = names.reduce((a, b) => (Buffer.byteLength(b) > Buffer.byteLength(a) ? b : a));
  const bytes = Buffer.byteLength(longest);
  if (bytes > longestName)
    throw new InputError(
      `the result would be named ${longest}, of ${bytes} bytes; a name has at most ${longestName}: give the film a shorter one`,
    );
}

/** What an answer depends on. */
export type AnswerRequest = Pick<FilmAffect, 'contentHash' | 'model' | 'options'>;

/**
 * The answer that an earlier run has left for this film, when it is the one that is asked for.
 *
 * @param request what is asked for; it is only called where an answer is there, for it reads the whole film.
 * @returns its JSON, or nothing when no file is in the way.
 * @throws InputError `exists` when a file is in the way that is not this answer, saying what differs.
 */
export async function earlierResult(
  film: FilmFile,
  files: ResultFiles,
  request: () => Promise<AnswerRequest>,
): Promise<string | undefined> {
  const all = pathsOf(files);
  const there = all.filter((path) => existsSync(path));
  if (there.length === 0) return undefined;
  const json = all.find((path) => path === `${files.stem}.json`);
  const text = json !== undefined && there.includes(json) ? readFileSync(json, 'utf8') : '';
  // with the first result that is there: what checks it takes a while to load
  const { parseFilmAffect } = await import('../affect/index.ts');
  const earlier = parseFilmAffect(text);
  if (json === undefined || !earlier)
    throw inTheWay(json !== undefined && text !== '' ? json : there[0]!, '');
  const differences = differencesOf(earlier, film, await request());
  for (const path of all) if (!there.includes(path)) differences.push(`${path} is gone`);
  if (differences.length > 0) throw inTheWay(json, `, but ${differences.join(', and ')}`);
  return text;
}

function inTheWay(path: string, why: string): InputError {
  return new InputError(`${path} is there already${why}; -y overwrites it, --out writes elsewhere`, 'exists');
}

const optionNames: Record<keyof FilmAffect['options'], string> = {
  streams: '--streams',
  decoder: '--decoder',
  videoTrack: '--video-track',
  audioTrack: '--audio-track',
};

/** How an earlier answer differs from what is asked for, in words; nothing where it is the answer. */
function differencesOf(
  earlier: FilmAffect,
  film: FilmFile,
  { contentHash, model, options }: AnswerRequest,
): string[] {
  const differences: string[] = [];
  if (basename(earlier.file) !== basename(film.path)) differences.push(`it is of ${basename(earlier.file)}`);
  if (earlier.contentHash !== contentHash) differences.push('the film has changed since');
  if (!isDeepStrictEqual(earlier.model, JSON.parse(JSON.stringify(model))))
    differences.push(
      earlier.model.name === model.name
        ? `the model ${model.name} has changed since`
        : `it is by the model ${earlier.model.name}`,
    );
  const asked = { ...earlier.options, ...options };
  for (const key of Object.keys(asked) as (keyof typeof asked)[])
    if (!isDeepStrictEqual(earlier.options[key], options[key]))
      differences.push(`it is with ${optionNames[key]} ${earlier.options[key] ?? 'left to choice'}`);
  return differences;
}

/** Writes the files of an answer; the first format comes last, so that where JSON is the others are too. */
export async function writeResult(files: ResultFiles, written: Omit<Written, 'name'>): Promise<void> {
  makeFolder(dirname(files.stem));
  const name = basename(files.stem);
  const contents: [string, string | Uint8Array][] = [];
  for (const [format, paths] of files.paths) {
    const parts = await format.write({ ...written, name });
    paths.forEach((path, part) => {
      contents.push([path, parts[part]!]);
    });
  }
  for (const [path, content] of contents.reverse()) await writeAtomically(path, content);
}
