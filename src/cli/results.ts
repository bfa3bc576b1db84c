import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { FilmAffect } from '../affect/index.ts';
import { InputError } from '../support/errors.ts';
import { writeAtomically } from '../support/files.ts';
import { UsageError } from './failure.ts';
import type { Film } from './films.ts';

/** Where the answer for a film goes. */
export interface ResultFiles {
  json: string;
  csv: string;
  png: string;
}

/**
 * Where the answers go: `film.affect.json`, `.csv` and `.png` beside each film, or at the same place below `out`.
 * Films that differ in their ending only keep it in the name: `film.avi.affect.json`.
 */
export function resultFiles(films: readonly Film[], out?: string): Map<Film, ResultFiles> {
  const full = (film: Film) => (out === undefined ? film.path : join(out, film.place));
  const short = (film: Film) => full(film).slice(0, full(film).length - extname(film.path).length);
  const count = countOf(films.map(short));
  const stems = films.map((film) => (count.get(short(film))! > 1 ? full(film) : short(film)));
  const twice = stems.find((stem, index) => stems.indexOf(stem) !== index);
  if (twice !== undefined) {
    throw new UsageError(
      `two films would be written to ${twice}.affect.json; give them an --out of their own each`,
    );
  }
  return new Map(
    films.map((film, index) => {
      const stem = `${stems[index]}.affect`;
      return [film, { json: `${stem}.json`, csv: `${stem}.csv`, png: `${stem}.png` }];
    }),
  );
}

function countOf(names: readonly string[]): Map<string, number> {
  const count = new Map<string, number>();
  for (const name of names) count.set(name, (count.get(name) ?? 0) + 1);
  return count;
}

/** File systems take no longer names; of this many bytes. */
const LONGEST_NAME = 255;

/**
 * Says before the analysis that its answer could not be written.
 *
 * @throws InputError when the files' names are too long.
 */
export function checkNames({ json }: ResultFiles): void {
  const bytes = Buffer.byteLength(basename(json));
  if (bytes > LONGEST_NAME)
    throw new InputError(
      `the result would be named ${basename(json)}, of ${bytes} bytes; a name has at most ${LONGEST_NAME}: give the film a shorter one`,
    );
}

/**
 * The answer that an earlier run has left for this film.
 *
 * @returns its JSON, or nothing when no file is in the way.
 * @throws InputError when a file is in the way that is not such an answer.
 */
export function earlierResult(film: Film, files: ResultFiles): string | undefined {
  if (existsSync(files.json)) {
    const text = readFileSync(files.json, 'utf8');
    const earlier = fileNamedIn(text);
    if (earlier === basename(film.path)) return text;
    throw new InputError(
      `${files.json} is there already${earlier ? ` and is of ${earlier}` : ''}; -y overwrites it, --out writes elsewhere`,
    );
  }
  for (const path of [files.csv, files.png]) {
    if (existsSync(path))
      throw new InputError(`${path} is there already; -y overwrites it, --out writes elsewhere`);
  }
  return undefined;
}

function fileNamedIn(text: string): string | undefined {
  try {
    const { file } = JSON.parse(text) as Partial<FilmAffect>;
    return typeof file === 'string' ? basename(file) : undefined;
  } catch {
    return undefined;
  }
}

/** Writes the three files; the JSON comes last, so that where it is the others are too. */
export async function writeResult(
  files: ResultFiles,
  content: { json: string; csv: string; png: Uint8Array },
): Promise<void> {
  await mkdir(dirname(files.json), { recursive: true });
  await writeAtomically(files.png, content.png);
  await writeAtomically(files.csv, content.csv);
  await writeAtomically(files.json, content.json);
}
