import { join } from 'node:path';
import { writeAtomicallySync } from '../support/files.ts';
import type { LabeledClip } from './clip.ts';
import { rankingColumns, setNumbers, setsColumns } from './formats/liris-accede.ts';

/** Where the parts of a LIRIS-ACCEDE folder lie, relative to its root. */
export const lirisLayout = {
  clips: 'LIRIS-ACCEDE-data/data',
  description: 'LIRIS-ACCEDE-data/ACCEDEdescription.xml',
  movies: 'LIRIS-ACCEDE-data/ACCEDEmovies.xml',
  ranking: 'LIRIS-ACCEDE-annotations/annotations/ACCEDEranking.txt',
  sets: 'LIRIS-ACCEDE-annotations/annotations/ACCEDEsets.txt',
} as const;

/** A clip with everything the annotation files of LIRIS-ACCEDE state. */
export type LirisClip = Required<Omit<LabeledClip, 'path' | 'part'>> & { license: string };

/** A film with everything `ACCEDEmovies.xml` states; length in seconds. */
export interface LirisFilm {
  name: string;
  title: string;
  license: string;
  credits: string;
  genre: string;
  language: string;
  length: number;
  excerpts: number;
}

/** 'ACCEDE00017.mp4' */
export function lirisClipName(id: number): string {
  return `ACCEDE${String(id).padStart(5, '0')}.mp4`;
}

/** Writes the annotation files of a LIRIS-ACCEDE folder: same places, columns, separators and elements as the original. */
export function writeLirisAnnotations(
  root: string,
  clips: readonly LirisClip[],
  films: readonly LirisFilm[],
): void {
  const table = (columns: readonly string[], rows: (string | number)[][]) =>
    [columns, ...rows].map((row) => `${row.join('\t')}\n`).join('');
  const ranking = clips.map((clip) => [
    clip.id,
    clip.name,
    clip.valenceRank,
    clip.arousalRank,
    clip.valence,
    clip.arousal,
    clip.valenceVariance,
    clip.arousalVariance,
  ]);
  const sets = clips.map(({ id, name, set }) => [id, name, setNumbers.indexOf(set)]);
  const described = clips.map(({ id, name, license, film, start, end }) =>
    media({ id, name, license, movie: `${film}.mp4`, start, end }),
  );
  const movies = films.map(({ name, length, excerpts, ...film }) =>
    media({ movie: `${name}.mp4`, ...film, length: clock(length), excerpts }),
  );
  writeAtomicallySync(join(root, lirisLayout.ranking), table(rankingColumns, ranking));
  writeAtomicallySync(join(root, lirisLayout.sets), table(setsColumns, sets));
  writeAtomicallySync(join(root, lirisLayout.description), library(described));
  writeAtomicallySync(join(root, lirisLayout.movies), library(movies));
}

function library(elements: string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<library>\n${elements.join('')}</library>\n`;
}

function media(fields: Record<string, string | number>): string {
  const lines = Object.entries(fields).map(([name, value]) => `    <${name}>${escaped(value)}</${name}>\n`);
  return `  <media>\n${lines.join('')}  </media>\n`;
}

function escaped(value: string | number): string {
  return String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** '01:02:03' */
function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
