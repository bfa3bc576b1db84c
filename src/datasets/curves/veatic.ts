// VEATIC: 124 clips of films and home videos, rated for the emotion of a person in them, a value for every frame.
// Ren, Ortega, Wang, Chen, Guo, Yu & Whitney, "VEATIC: Video-based Emotion and Affect Tracking in Context Dataset",
// WACV 2024.
import { basename } from 'node:path';
import { grouped } from '../../support/grouped.ts';
import { type CurveFormat, type CurveLabels, type CurveTrack, meanTrack } from './curve-labels.ts';
import { readNumbers } from './number-table.ts';

const filePattern = /(\d+)_(valence|arousal)\.csv$/;

/**
 * `rating_averaged/{id}_valence.csv` and `{id}_arousal.csv`: a number for each frame, −1 … 1, without a header. The
 * files do not tell the frame rate, which differs between clips: `CurveOptions.frameRate` gives it.
 */
export const veatic: CurveFormat = {
  name: 'veatic',
  description: 'VEATIC ({id}_valence.csv, {id}_arousal.csv)',
  files: (folder) => folder.matching(filePattern),
  read: (folder, files, problems, { frameRate = 25 }) => {
    const films = grouped(files, (file) => filePattern.exec(basename(file))![1]!);
    return [...films].flatMap(([film, members]): CurveLabels[] => {
      const tracks = new Map<string, CurveTrack>();
      for (const file of members) {
        const values = readNumbers(folder.text(file), file, [1], problems)?.columns[0];
        const other = [...tracks.values()][0]?.mean.length;
        if (values && other !== undefined && other !== values.length)
          problems.add(
            file,
            undefined,
            `${values.length} frames; ${other} expected, as in the other file of ${film}`,
          );
        else if (values) tracks.set(filePattern.exec(basename(file))![2]!, meanTrack(values));
      }
      const [first] = tracks.values();
      if (!first) return [];
      const times = Float64Array.from({ length: first.mean.length }, (_, frame) => frame / frameRate);
      return [{ film, kind: 'depicted', times, tracks, scale: { lowest: -1, highest: 1 }, lag: 'as rated' }];
    });
  },
};
