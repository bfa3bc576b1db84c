// Labels of one's own: labels.csv or labels.jsonl in the folder of the clips.
import { basename, posix } from 'node:path';
import { grouped } from '../../support/grouped.ts';
import type { LabeledClip } from '../clip.ts';
import { readDelimited } from '../delimited.ts';
import type { Folder } from '../folder.ts';
import { Problems } from '../problems.ts';
import { linesOf, quoted, Row } from '../table.ts';
import { hasTooManyLines, tooManyLines } from '../text.ts';
import type { DataSet, LabelFormat } from './format.ts';

const labelFiles = ['labels.csv', 'labels.jsonl'];
const required = ['path', 'valence', 'arousal'];
const knownColumns = [...required, 'film', 'start', 'end', 'set'];
const clipSets = ['train', 'validation', 'test'] as const;

/**
 * `path,valence,arousal[,film][,start][,end][,set]`: the path relative to the labels, scores from 1 to 5,
 * start and end in seconds, set one of train, validation, test. Without `film`, or where several
 * rows are of one file, start and end cut the clip out of the file; else the file is a cut of that film already.
 * As CSV (RFC 4180, with a header, columns in any order, others beside them; semicolons or tabs and decimal commas, as
 * spreadsheets write them) or an object per line (JSON Lines).
 */
export const ownLabels: LabelFormat = {
  name: 'labels',
  description: `labels of one's own (${labelFiles.join(' or ')})`,
  recognizes: (folder) => labelFiles.some((file) => folder.find(file) === file),
  read,
};

function read(folder: Folder): Omit<DataSet, 'format' | 'root' | 'synthetic'> {
  const problems = new Problems();
  const file = labelFiles.find((name) => folder.find(name) === name)!;
  const clips = new Map<string, LabeledClip>();
  const rows = file.endsWith('.csv') ? csvRows : jsonRows;
  const text = folder.text(file);
  if (hasTooManyLines(text)) problems.add(file, undefined, tooManyLines);
  else
    for (const { row, field } of rows(text, file, problems)) {
      const clip = readClip(row, field, folder);
      const key = nameOfCut(clip);
      if (!row.failed && clips.has(key)) row.fail(`${key} is given twice`);
      if (!row.failed) clips.set(key, clip);
    }
  if (clips.size === 0 && problems.count === 0) problems.add(file, undefined, 'is empty');
  return {
    clips: cutOut([...clips.values()]),
    films: [],
    files: [file],
    problems,
  };
}

type Field = (column: string) => string | undefined;

/** A clip's path, and what is said of its beginning and end. */
function nameOfCut({ id, start, end }: LabeledClip): string {
  return start === undefined && end === undefined ? id : `${id}#${start ?? 0}-${end ?? ''}`;
}

/** Makes parts of those that are: where a film is named, the file is one cut of it already, unless there are several. */
function cutOut(clips: readonly LabeledClip[]): LabeledClip[] {
  const ofPath = grouped(clips, ({ id }) => id);
  return clips.map((clip) => {
    const { id, film, start, end } = clip;
    const isCut = nameOfCut(clip) !== id && (film === id || ofPath.get(id)!.length > 1);
    if (!isCut) return clip;
    const part = { ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
    return { ...clip, id: nameOfCut(clip), part };
  });
}

function readClip(row: Row, field: Field, folder: Folder): LabeledClip {
  // './a.mp4' and 'a.mp4' are one clip
  const path = normalized(field('path') ?? '');
  const film = field('film');
  const set = field('set');
  const optional = (column: 'start' | 'end') => {
    const text = field(column);
    return text === undefined ? {} : { [column]: row.number(column, text, 0) };
  };
  let absolute = '';
  if (path === '') row.fail('path is missing');
  else if (path.includes('\0')) row.fail('path has a zero character');
  else
    try {
      absolute = folder.absolute(path);
    } catch (error) {
      row.fail((error as Error).message);
    }
  if (set !== undefined && !clipSets.some((known) => known === set))
    row.fail(`set ${quoted(set)}: one of ${clipSets.join(', ')} expected`);
  const clip: LabeledClip = {
    id: path,
    name: basename(path),
    path: absolute,
    film: film ?? path,
    valence: row.number('valence', field('valence'), 1, 5),
    arousal: row.number('arousal', field('arousal'), 1, 5),
    ...(set === undefined ? {} : { set: set as (typeof clipSets)[number] }),
    ...optional('start'),
    ...optional('end'),
  };
  if (clip.start !== undefined && clip.end !== undefined && clip.end <= clip.start)
    row.fail(`end ${clip.end} does not lie after start ${clip.start}`);
  return clip;
}

function normalized(path: string): string {
  return path === '' ? '' : posix.normalize(path);
}

interface Label {
  readonly row: Row;
  readonly field: Field;
}

/** Columns whose name is not known are left alone: tables of one's own have notes in them. */
function* csvRows(text: string, file: string, problems: Problems): Generator<Label> {
  const [header, ...lines] = readDelimited(text, file, problems);
  if (!header) return;
  const columns = header.fields.map((name) => name.toLowerCase());
  for (const column of knownColumns)
    if (columns.indexOf(column) !== columns.lastIndexOf(column)) header.row.fail(`${column} is given twice`);
  const missing = required.filter((column) => !columns.includes(column));
  if (missing.length > 0)
    header.row.fail(
      `the header lacks ${missing.join(', ')}; it has ${columns.slice(0, 20).map(quoted).join(', ')}`,
    );
  if (header.row.failed) return;
  const places = new Map(knownColumns.map((column) => [column, columns.indexOf(column)]));
  for (const { row, fields } of lines)
    if (fields.length < columns.length)
      row.fail(`${fields.length} fields; ${columns.length} expected: ${columns.slice(0, 20).join(', ')}`);
    else if (fields.slice(columns.length).some((field) => field !== ''))
      row.fail(`${fields.length} fields under ${columns.length} columns`);
    else yield { row, field: (column) => fields[places.get(column)!] || undefined };
}

function* jsonRows(text: string, file: string, problems: Problems): Generator<Label> {
  for (const line of linesOf(text)) {
    const row = new Row(file, line.number, problems);
    let value: unknown;
    try {
      value = JSON.parse(line.text);
    } catch {
      row.fail('is not JSON');
      continue;
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      row.fail('an object expected');
      continue;
    }
    const fields = new Map(Object.entries(value));
    for (const [key, item] of fields) {
      if (knownColumns.includes(key) && typeof item !== 'string' && typeof item !== 'number')
        row.fail(`${key}: a number or a text expected`);
    }
    if (!row.failed)
      yield { row, field: (column) => (fields.has(column) ? String(fields.get(column)) : undefined) };
  }
}
