// Curves of one's own: a CSV file for each film.
import { basename } from 'node:path';
import type { ScoreRange } from '../clip.ts';
import { readDelimited } from '../delimited.ts';
import { Problems } from '../problems.ts';
import { quoted, type Row } from '../table.ts';
import { type CurveFormat, type CurveLabels, type CurveTrack, meanTrack, trackOf } from './curve-labels.ts';

const track = /^(valence|arousal)(?:[ _.:-]+(.+))?$/;
/** What outputs of this program add: no raters. */
const noRaters = ['low', 'high'];

/**
 * What the columns `lowest` and `highest` say of the scale: the same in every line; nothing without them.
 * Problems are those of the line that says otherwise.
 */
function scaleOf(
  names: readonly string[],
  lines: readonly { row: Row; fields: readonly string[] }[],
): ScoreRange | undefined {
  const places = ['lowest', 'highest'].map((name) => names.indexOf(name));
  const [first] = lines;
  if (places.includes(-1) || !first) return undefined;
  const [lowest, highest] = places.map((place) => first.row.number(names[place]!, first.fields[place]));
  if (!first.row.failed && !(lowest! < highest!))
    first.row.fail(`lowest ${lowest} and highest ${highest}: the lower end of the scale first expected`);
  for (const { row, fields } of lines)
    if (places.some((place) => fields[place] !== first.fields[place]))
      row.fail('another lowest or highest than in the first line; one scale for a film expected');
  return { lowest: lowest!, highest: highest! };
}

/**
 * `time,valence,arousal` in seconds, or a column for each rater: `valence_ann`, `arousal_ben`, …; an empty field is a
 * moment that was not rated; `lowest` and `highest`, in every line, are the ends of the scale. Commas, semicolons or tabs;
 * other columns are left alone. The film is the file's name.
 */
export const traceCsv: CurveFormat = {
  name: 'csv',
  description: 'curves of one’s own (CSV with time, valence, arousal, or valence_<rater>, …)',
  files: (folder) =>
    folder.matching(/\.(csv|tsv)$/i).filter((file) => {
      const [header] = readDelimited(folder.text(file).split('\n', 5).join('\n'), file, new Problems());
      const names = header?.fields.map((name) => name.toLowerCase()) ?? [];
      return names.includes('time') && names.some((name) => track.test(name));
    }),
  read: (folder, files, problems) =>
    files.flatMap((file): CurveLabels[] => {
      const before = problems.count;
      const [header, ...lines] = readDelimited(folder.text(file), file, problems);
      const names = header!.fields.map((name) => name.toLowerCase());
      if (new Set(names).size < names.length) header!.row.fail('a column is given twice');
      const columns = names.flatMap((name, place) => {
        const [, dimension, rater] = track.exec(name) ?? [];
        return dimension && !noRaters.includes(rater ?? '')
          ? [
              {
                dimension,
                rater: rater && header!.fields[place]!.slice(-rater.length),
                place,
                values: [] as number[],
              },
            ]
          : [];
      });
      const times: number[] = [];
      for (const { row, fields } of lines) {
        const time = row.number('time', fields[names.indexOf('time')]);
        const last = times.at(-1);
        if (!row.failed && last !== undefined && time <= last)
          row.fail(`time ${quoted(String(time))} does not lie after ${last}`);
        const values = columns.map(({ place }) => {
          const field = fields[place];
          return field === '' ? Number.NaN : row.number(names[place]!, field);
        });
        if (row.failed) continue;
        times.push(time);
        values.forEach((value, i) => {
          columns[i]!.values.push(value);
        });
      }
      const scale = scaleOf(names, lines);
      if (problems.count === before && times.length === 0) problems.add(file, undefined, 'holds no ratings');
      if (problems.count > before) return [];
      const tracks = new Map<string, CurveTrack>();
      for (const dimension of ['valence', 'arousal']) {
        const of = columns.filter((column) => column.dimension === dimension);
        const raters = of.flatMap(({ rater, values }) => (rater ? [{ name: rater, times, values }] : []));
        const given = of.find(({ rater }) => !rater);
        if (raters.length > 0) tracks.set(dimension, trackOf(raters, times));
        else if (given) tracks.set(dimension, meanTrack(given.values));
      }
      return [
        {
          film: basename(file).replace(/\.(csv|tsv)$/i, ''),
          kind: 'elicited',
          times: Float64Array.from(times),
          tracks,
          ...(scale && { scale }),
          lag: 'as rated',
        },
      ];
    }),
};
