// Traces of CARMA and DARMA: one viewer, one film, a file.
// Girard, "CARMA: Software for continuous affect rating and media annotation", Journal of Open Research Software 2014;
// Girard & Wright, "DARMA: Software for dual axis rating and media annotation", Behavior Research Methods 2018.
import { basename, win32 } from 'node:path';
import { grouped } from '../../support/grouped.ts';
import type { ScoreRange } from '../clip.ts';
import { type DelimitedLine, readDelimited } from '../delimited.ts';
import type { Folder } from '../folder.ts';
import { Problems } from '../problems.ts';
import { type CurveFormat, type CurveLabels, longestTimes, type Trace, trackOf } from './curve-labels.ts';

interface RatingFile {
  readonly film: string;
  readonly traces: readonly { readonly dimension: string; readonly trace: Trace }[];
  readonly scale?: ScoreRange;
}

/**
 * A table with the columns `Second` and `Rating` (CARMA) or `Second`, `X` and `Y` (DARMA), below lines that describe
 * it or with the description in columns of its own. X is valence and Y arousal, as in a circumplex; what a CARMA file
 * rates is told by 'valence' or 'arousal' in its name. Files of the same film are raters of it.
 */
export const carma: CurveFormat = {
  name: 'carma',
  description: 'CARMA and DARMA traces (CSV with Second and Rating, or Second, X, Y)',
  files: (folder) =>
    folder
      .matching(/\.csv$/i)
      .filter((file) => headerPlace(readDelimited(head(folder, file), file, new Problems())) >= 0),
  read: (folder, files, problems) => {
    const read = files.flatMap((file) => ratingFile(folder, file, problems) ?? []);
    return [...grouped(read, ({ film }) => film)].map(([film, members]): CurveLabels => {
      const all = members.flatMap(({ traces }) => traces);
      const times = longestTimes(all.map(({ trace }) => trace));
      const scale = members[0]!.scale;
      return {
        film,
        kind: 'elicited',
        times,
        tracks: new Map(
          [...grouped(all, ({ dimension }) => dimension)].map(([dimension, of]) => [
            dimension,
            trackOf(
              of.map(({ trace }) => trace),
              times,
            ),
          ]),
        ),
        ...(scale && { scale }),
        lag: 'as rated',
      };
    });
  },
};

/** Enough of a file to see its header. */
function head(folder: Folder, file: string): string {
  return folder.text(file).split('\n', 20).join('\n');
}

function headerPlace(lines: readonly DelimitedLine[]): number {
  return lines.findIndex(
    ({ fields }) => fields.includes('Second') && (fields.includes('Rating') || fields.includes('X')),
  );
}

function ratingFile(folder: Folder, file: string, problems: Problems): RatingFile | undefined {
  const before = problems.count;
  const lines = readDelimited(folder.text(file), file, problems);
  const place = headerPlace(lines);
  const header = lines[place]!.fields;
  const rows = lines.slice(place + 1).filter(({ fields }) => !fields.every((field) => /^%+$/.test(field)));
  /** Of the lines above the header, or of the first row's own columns. */
  const described = (...names: string[]) =>
    names
      .map((name) => {
        const above = lines.slice(0, place).find(({ fields }) => fields[0] === name);
        const column = header.indexOf(name);
        return above?.fields[1] ?? (column < 0 ? undefined : rows[0]?.fields[column]);
      })
      .find((value) => value !== undefined);
  const columns = header.includes('Rating')
    ? [
        {
          column: 'Rating',
          dimension: /valence|arousal/i.exec(basename(file))?.[0].toLowerCase() ?? 'rating',
        },
      ]
    : [
        { column: 'X', dimension: 'valence' },
        { column: 'Y', dimension: 'arousal' },
      ];
  const times: number[] = [];
  const values: number[][] = columns.map(() => []);
  for (const { row, fields } of rows) {
    const time = row.number('Second', fields[header.indexOf('Second')], 0);
    const read = columns.map(({ column }) => row.number(column, fields[header.indexOf(column)]));
    if (!row.failed && times.length > 0 && time <= times.at(-1)!)
      row.fail(`Second ${time} does not lie after ${times.at(-1)}`);
    if (row.failed) continue;
    times.push(time);
    read.forEach((value, i) => {
      values[i]!.push(value);
    });
  }
  if (problems.count === before && times.length === 0) problems.add(file, undefined, 'holds no ratings');
  if (problems.count > before) return undefined;
  const media = described('Multimedia File', 'Filename');
  const [lowest, highest] = [Number(described('Minimum Value')), Number(described('Maximum Value'))];
  const name = basename(file, '.csv');
  return {
    film: media ? win32.basename(media).replace(/\.[A-Za-z0-9]{1,4}$/, '') : name,
    traces: columns.map(({ dimension }, i) => ({ dimension, trace: { name, times, values: values[i]! } })),
    ...(highest > lowest && { scale: { lowest, highest } }),
  };
}
