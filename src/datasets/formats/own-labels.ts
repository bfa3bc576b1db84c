// Labels of one's own: labels.csv or labels.jsonl in the folder of the clips.
import { basename } from 'node:path';
import type { LabelledClip } from '../clip.ts';
import type { Folder } from '../folder.ts';
import { Problems } from '../problems.ts';
import { linesOf, quoted, Row } from '../table.ts';
import type { DataSet, LabelFormat } from './format.ts';

const FILES = ['labels.csv', 'labels.jsonl'];
const REQUIRED = ['path', 'valence', 'arousal'];
const COLUMNS = [...REQUIRED, 'film', 'start', 'end', 'set'];
const SETS = ['train', 'validation', 'test'] as const;

/**
 * `path,valence,arousal[,film][,start][,end][,set]`: the path relative to the labels, scores from 1 to 5,
 * start and end in seconds of the film, set one of train, validation, test.
 * As CSV (RFC 4180, with a header, columns in any order) or an object per line (JSON Lines).
 */
export const ownLabels: LabelFormat = {
  name: 'labels',
  description: `labels of one's own (${FILES.join(' or ')})`,
  recognizes: (folder) => FILES.some((file) => folder.find(file) === file),
  read,
};

function read(folder: Folder): Omit<DataSet, 'format' | 'root' | 'synthetic'> {
  const problems = new Problems();
  const file = FILES.find((name) => folder.find(name) === name)!;
  const clips = new Map<string, LabelledClip>();
  const rows = file.endsWith('.csv') ? csvRows : jsonRows;
  for (const { row, field } of rows(folder.text(file), file, problems)) {
    const clip = readClip(row, field, folder);
    if (!row.failed && clips.has(clip.id)) row.fail(`${clip.id} is given twice`);
    if (!row.failed) clips.set(clip.id, clip);
  }
  if (clips.size === 0 && problems.count === 0) problems.add(file, undefined, 'is empty');
  return { clips: [...clips.values()], films: [], range: { lowest: 1, highest: 5 }, files: [file], problems };
}

type Field = (column: string) => string | undefined;

function readClip(row: Row, field: Field, folder: Folder): LabelledClip {
  const path = field('path') ?? '';
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
  if (set !== undefined && !SETS.some((known) => known === set))
    row.fail(`set ${quoted(set)}: one of ${SETS.join(', ')} expected`);
  const clip: LabelledClip = {
    id: path,
    name: basename(path),
    path: absolute,
    film: film ?? path,
    valence: row.number('valence', field('valence'), 1, 5),
    arousal: row.number('arousal', field('arousal'), 1, 5),
    ...(set === undefined ? {} : { set: set as (typeof SETS)[number] }),
    ...optional('start'),
    ...optional('end'),
  };
  if (clip.start !== undefined && clip.end !== undefined && clip.end <= clip.start)
    row.fail(`end ${clip.end} does not lie after start ${clip.start}`);
  return clip;
}

function* csvRows(text: string, file: string, problems: Problems): Generator<{ row: Row; field: Field }> {
  let columns: string[] | undefined;
  for (const line of linesOf(text)) {
    const row = new Row(file, line.number, problems);
    const fields = csvFields(line.text, row);
    if (row.failed) continue;
    if (!columns) {
      columns = fields;
      for (const column of fields)
        if (!COLUMNS.includes(column))
          row.fail(`unknown column ${quoted(column)}; known: ${COLUMNS.join(', ')}`);
      const missing = REQUIRED.filter((column) => !fields.includes(column));
      if (missing.length > 0) row.fail(`the header lacks ${missing.join(', ')}`);
      if (new Set(fields).size < fields.length) row.fail('a column is given twice');
      if (row.failed) return;
    } else if (fields.length !== columns.length) {
      row.fail(`${fields.length} fields; ${columns.length} expected: ${columns.join(', ')}`);
    } else {
      const values = new Map(columns.map((column, i) => [column, fields[i]!]));
      yield { row, field: (column) => values.get(column) || undefined };
    }
  }
}

/** The fields of one line of CSV; a quoted field may hold commas and doubled quotes, not line ends. */
function csvFields(line: string, row: Row): string[] {
  const fields: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  do {
    const match = pattern.exec(line);
    if (!match) {
      row.fail('a quoted field is not closed, or text follows its closing quote');
      return [];
    }
    fields.push(match[1] === undefined ? match[2]!.trim() : match[1].replaceAll('""', '"'));
    if (match[3] === '') break;
  } while (pattern.lastIndex <= line.length);
  return fields;
}

function* jsonRows(text: string, file: string, problems: Problems): Generator<{ row: Row; field: Field }> {
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
      if (!COLUMNS.includes(key)) row.fail(`unknown key ${quoted(key)}; known: ${COLUMNS.join(', ')}`);
      else if (typeof item !== 'string' && typeof item !== 'number')
        row.fail(`${key}: a number or a text expected`);
    }
    if (!row.failed)
      yield { row, field: (column) => (fields.has(column) ? String(fields.get(column)) : undefined) };
  }
}
