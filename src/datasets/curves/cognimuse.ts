// COGNIMUSE: half-hour excerpts of films, valence and arousal every 40 ms, each viewer in a file.
// Zlatintsi et al., "COGNIMUSE: a multimodal video database annotated with saliency, events, semantics and emotion",
// EURASIP Journal on Image and Video Processing 2017.
import { basename, dirname } from 'node:path';
import { grouped } from '../../support/grouped.ts';
import { type CurveFormat, type CurveLabels, longestTimes, type Trace, trackOf } from './curve-labels.ts';
import { readNumbers } from './number-table.ts';

const filePattern = /(subj\d+_\d+)_([^/\\]+)\.dat$/i;

/** `experienced/subj{S}_{I}_{MOVIE}.dat` (and `intended/`): time, valence, arousal; −1 … 1. */
export const cognimuse: CurveFormat = {
  name: 'cognimuse',
  description: 'COGNIMUSE (experienced/subj{S}_{I}_{MOVIE}.dat, intended/…)',
  files: (folder) => folder.matching(filePattern),
  read: (folder, files, problems) => {
    const kindOf = (file: string) => (/intended/i.test(dirname(file)) ? 'intended' : 'elicited');
    const films = grouped(files, (file) => `${kindOf(file)} ${filePattern.exec(basename(file))![2]}`);
    return [...films.values()].flatMap((members): CurveLabels[] => {
      const read = members.flatMap((file): { valence: Trace; arousal: Trace }[] => {
        const table = readNumbers(folder.text(file), file, [3], problems, 0);
        if (!table) return [];
        const [times, valence, arousal] = table.columns as [Float64Array, Float64Array, Float64Array];
        const name = filePattern.exec(basename(file))![1]!;
        return [{ valence: { name, times, values: valence }, arousal: { name, times, values: arousal } }];
      });
      if (read.length === 0) return [];
      const times = longestTimes(read.map(({ valence }) => valence));
      return [
        {
          film: filePattern.exec(basename(members[0]!))![2]!,
          kind: kindOf(members[0]!),
          times,
          tracks: new Map(
            (['valence', 'arousal'] as const).map((of) => [
              of,
              trackOf(
                read.map((traces) => traces[of]),
                times,
              ),
            ]),
          ),
          scale: { lowest: -1, highest: 1 },
          lag: 'as rated',
        },
      ];
    });
  },
};
