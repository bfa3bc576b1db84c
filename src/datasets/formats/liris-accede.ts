// LIRIS-ACCEDE, the discrete section: 9,800 clips of 8 to 12 s from 160 films.
// Baveye, Dellandréa, Chamaret & Chen, "LIRIS-ACCEDE: A Video Database for Affective Content Analysis",
// IEEE Transactions on Affective Computing 2015.
import { dirname, join } from 'node:path';
import type { ClipSet, LabeledClip } from '../clip.ts';
import type { Folder } from '../folder.ts';
import { Problems } from '../problems.ts';
import { type Row, readTable } from '../table.ts';
import type { DataSet, LabelFormat } from './format.ts';
import { type ClipDescription, readDescription, readMovies } from './liris-xml.ts';

const rankingFile = 'ACCEDEranking.txt';
const setsFile = 'ACCEDEsets.txt';
const descriptionFile = 'ACCEDEdescription.xml';
const movies = 'ACCEDEmovies.xml';

export const rankingColumns: readonly string[] = [
  'id',
  'name',
  'valenceRank',
  'arousalRank',
  'valenceValue',
  'arousalValue',
  'valenceVariance',
  'arousalVariance',
];
export const setsColumns: readonly string[] = ['id', 'name', 'set'];
/** The file's numbers; often misread, since 0 is the test set. */
export const setNumbers: readonly ClipSet[] = ['test', 'train', 'validation'];

export const lirisAccede: LabelFormat = {
  name: 'liris-accede',
  description: `LIRIS-ACCEDE, discrete (${rankingFile})`,
  recognizes: (folder) => folder.find(rankingFile) !== undefined,
  read,
};

type Ranking = Omit<LabeledClip, 'film' | 'path' | 'set' | 'start' | 'end'> & { line: number };

function read(folder: Folder): Omit<DataSet, 'format' | 'root' | 'synthetic'> {
  const problems = new Problems();
  const ranking = folder.find(rankingFile)!;
  const files = [ranking];
  const found = (name: string, without: string): string | undefined => {
    const path = folder.find(name);
    if (path) files.push(path);
    else problems.add(name, undefined, `is missing; ${without}`);
    return path;
  };
  const setsPath = found(setsFile, 'without it there is no official split');
  const descriptionPath = found(descriptionFile, 'without it the film of each clip is unknown');
  const moviesPath = folder.find(movies);
  if (moviesPath) files.push(moviesPath);

  const ranked = readRanking(folder.text(ranking), ranking, problems);
  const sets = setsPath ? readSets(folder.text(setsPath), setsPath, problems) : undefined;
  const described = descriptionPath
    ? readDescription(folder.text(descriptionPath), descriptionPath, problems)
    : undefined;
  const films = moviesPath ? readMovies(folder.text(moviesPath), moviesPath, problems) : [];
  const videos = join(folder.root, descriptionPath ? dirname(descriptionPath) : 'LIRIS-ACCEDE-data', 'data');
  const fileNames = new Set([...(described?.values() ?? [])].map((clip) => clip.movie));

  const clips: LabeledClip[] = [];
  for (const { line, ...clip } of ranked.values()) {
    const description = described?.get(clip.name);
    const set = sets?.get(clip.name);
    if (described && !description) problems.add(ranking, line, `${clip.name} is not in ${descriptionFile}`);
    if (sets && set === undefined) problems.add(ranking, line, `${clip.name} is not in ${setsFile}`);
    clips.push({
      ...clip,
      path: join(videos, clip.name),
      film: description ? filmOf(description.movie, fileNames) : clip.name,
      ...(set === undefined ? {} : { set }),
      ...(description ? { start: description.start, end: description.end } : {}),
    });
  }
  for (const [name, clip] of described ?? [])
    if (!ranked.has(name)) problems.add(descriptionPath!, clip.line, `${name} has no line in ${rankingFile}`);
  for (const name of sets?.keys() ?? [])
    if (!ranked.has(name)) problems.add(setsPath!, undefined, `${name} has no line in ${rankingFile}`);
  return { clips, films, files, problems };
}

function readRanking(text: string, file: string, problems: Problems): Map<string, Ranking> {
  const clips = new Map<string, Ranking>();
  const ids = new Set<string>();
  const ranks = { valenceRank: new Set<number>(), arousalRank: new Set<number>() };
  const unique = (row: Row, column: keyof typeof ranks, value: number) => {
    if (ranks[column].has(value)) row.fail(`${column} ${value} is given twice`);
    ranks[column].add(value);
  };
  readTable(text, file, rankingColumns, { header: true, separator: /[\t;]/ }, problems, (row, fields) => {
    const [id, name, valenceRank, arousalRank, valence, arousal, valenceVariance, arousalVariance] = fields;
    const clip: Ranking = {
      id: String(row.integer('id', id, 0, 1e9)),
      name: row.fileName('name', name),
      valenceRank: row.integer('valenceRank', valenceRank, 0, 1e9),
      arousalRank: row.integer('arousalRank', arousalRank, 0, 1e9),
      valence: row.number('valenceValue', valence, 1, 5),
      arousal: row.number('arousalValue', arousal, 1, 5),
      valenceVariance: row.number('valenceVariance', valenceVariance, 0),
      arousalVariance: row.number('arousalVariance', arousalVariance, 0),
      line: row.line,
    };
    if (row.failed) return;
    if (ids.has(clip.id)) row.fail(`id ${id} is given twice`);
    if (clips.has(clip.name)) row.fail(`${name} is given twice`);
    unique(row, 'valenceRank', clip.valenceRank!);
    unique(row, 'arousalRank', clip.arousalRank!);
    if (row.failed) return;
    ids.add(clip.id);
    clips.set(clip.name, clip);
  });
  return clips;
}

function readSets(text: string, file: string, problems: Problems): Map<string, ClipSet> {
  const sets = new Map<string, ClipSet>();
  readTable(text, file, setsColumns, { header: true, separator: /[\t;]/ }, problems, (row, fields) => {
    const name = row.fileName('name', fields[1]);
    row.integer('id', fields[0], 0, 1e9);
    const number = row.integer('set', fields[2], 0, 2);
    if (!row.failed && sets.has(name)) row.fail(`${name} is given twice`);
    if (!row.failed) sets.set(name, setNumbers[number]!);
  });
  return sets;
}

/**
 * The film a source file belongs to: its name without extension, and without the part number when it is one of
 * several files of a film ('The_Dabbler_1_6.mp4' … 'The_Dabbler_6_6.mp4'), so that parts never straddle a split.
 */
function filmOf(movie: ClipDescription['movie'], fileNames: ReadonlySet<string>): string {
  const [, extension = ''] = /(\.[A-Za-z0-9]{1,4})$/.exec(movie) ?? [];
  const name = movie.slice(0, movie.length - extension.length);
  const part = /^(.+)_(\d{1,2})_(\d{1,2})$/.exec(name);
  if (!part) return name;
  const [, film, number, count] = part;
  const neighbor = Number(number) > 1 ? Number(number) - 1 : Number(number) + 1;
  return Number(number) >= 1 &&
    Number(number) <= Number(count) &&
    fileNames.has(`${film}_${neighbor}_${count}${extension}`)
    ? film!
    : name;
}
