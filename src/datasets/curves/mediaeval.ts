// MediaEval 2017 and 2018, Emotional Impact of Movies: valence, arousal and fear along films of LIRIS-ACCEDE.
// Dellandréa, Huigsloot, Chen, Baveye & Sjöberg, "The MediaEval 2017 Emotional Impact of Movies Task"; and of 2018.
import { basename } from 'node:path';
import { grouped } from '../../support/grouped.ts';
import type { Folder } from '../folder.ts';
import type { Problems } from '../problems.ts';
import { type CurveFormat, type CurveLabels, type CurveTrack, meanTrack } from './curve-labels.ts';
import { readNumbers } from './number-table.ts';

const filePattern = /([^/\\]+?)(?:-MEDIAEVAL2017-(valence_arousal|fear)|_(Valence-Arousal|Fear))\.txt$/;
const filmOf = (file: string) => filePattern.exec(basename(file))![1]!;
const isOfFear = (file: string) => /fear\.txt$/i.test(file);

/**
 * 2017: `<Film>-MEDIAEVAL2017-valence_arousal.txt` and `MEDIAEVAL17_NN_Valence-Arousal.txt`, windows of 10 s every
 * 5 s: begin, end, valence, arousal; a value stands for the window's middle. 2018: `MEDIAEVAL18_NN_Valence-Arousal.txt`
 * at 1 Hz: time, valence, arousal.
 *
 * Fear is a track of 0 and 1. 2017: `<Film>-MEDIAEVAL2017-fear.txt`, begin, end and fear of the same windows. 2018:
 * `MEDIAEVAL18_NN_Fear.txt`, begin and end of each stretch that may cause fear, in seconds; none in a film without.
 */
export const mediaEvalContinuous: CurveFormat = {
  name: 'mediaeval-continuous',
  description:
    'MediaEval 2017 and 2018 (…-MEDIAEVAL2017-valence_arousal.txt, …-fear.txt, …_Valence-Arousal.txt, …_Fear.txt)',
  files: (folder) => folder.matching(filePattern),
  read: (folder, files, problems) =>
    [...grouped(files, filmOf)].flatMap(([film, members]): CurveLabels[] => {
      const affect = members
        .filter((file) => !isOfFear(file))
        .map((file) => affectOf(folder, file, problems));
      const fears = members.filter(isOfFear).map((file) => fearOf(folder, file, problems));
      if (affect.length > 1 || fears.length > 1)
        problems.add(members.at(-1)!, undefined, `a second file of the film ${film}`);
      const [rated] = affect;
      const [fear] = fears;
      const times = rated?.times ?? fear?.times;
      if (!times || problems.count > 0) return [];
      const track = fear?.at(times);
      if (fear && !track)
        problems.add(members.find(isOfFear)!, undefined, `the moments of ${film}'s other file expected`);
      return [
        {
          film,
          kind: 'elicited',
          times,
          tracks: new Map([...(rated?.tracks ?? []), ...(track ? [['fear', track] as const] : [])]),
          ...(rated && { scale: { lowest: -1, highest: 1 } }),
          lag: 'as rated',
        },
      ];
    }),
};

function affectOf(folder: Folder, file: string, problems: Problems) {
  const table = readNumbers(folder.text(file), file, [3, 4], problems, 0);
  if (!table) return undefined;
  const [begins, ends] = table.columns as [Float64Array, Float64Array];
  const [valence, arousal] = table.columns.slice(-2) as [Float64Array, Float64Array];
  return {
    times: table.columns.length === 4 ? middles(begins, ends) : begins,
    tracks: new Map<string, CurveTrack>([
      ['valence', meanTrack(valence)],
      ['arousal', meanTrack(arousal)],
    ]),
  };
}

interface Fear {
  /** Its own moments, for a film of which nothing else is known. */
  readonly times: Float64Array;
  /** Fear at other moments; nothing when it is only known at its own, which these are not. */
  at(times: Float64Array): CurveTrack | undefined;
}

function fearOf(folder: Folder, file: string, problems: Problems): Fear | undefined {
  const text = folder.text(file);
  // a film without fear has a file without stretches
  if (!/\d/.test(text)) return stretches(new Float64Array(), new Float64Array());
  const table = readNumbers(text, file, [2, 3], problems, 0);
  if (!table) return undefined;
  const [begins, ends, values] = table.columns as [Float64Array, Float64Array, Float64Array?];
  const wrong = ends.findIndex((end, i) => !(end > begins[i]!));
  if (wrong >= 0)
    problems.add(
      file,
      wrong + (table.header ? 2 : 1),
      `end ${ends[wrong]} does not lie after begin ${begins[wrong]}`,
    );
  if (!values) return stretches(begins, ends);
  const times = middles(begins, ends);
  return {
    times,
    at: (wanted) =>
      wanted.length === times.length && wanted.every((time, i) => time === times[i])
        ? meanTrack(values)
        : undefined,
  };
}

function stretches(begins: Float64Array, ends: Float64Array): Fear {
  return {
    times: Float64Array.from({ length: Math.ceil(Math.max(0, ...ends)) }, (_, second) => second),
    at: (times) =>
      meanTrack(times.map((time) => (begins.some((begin, i) => time >= begin && time < ends[i]!) ? 1 : 0))),
  };
}

function middles(begins: Float64Array, ends: Float64Array): Float64Array {
  return begins.map((begin, i) => (begin + ends[i]!) / 2);
}
