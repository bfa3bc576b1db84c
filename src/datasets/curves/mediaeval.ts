// MediaEval 2015 to 2018, Emotional Impact of Movies: valence and arousal along films of LIRIS-ACCEDE.
// Dellandréa, Huigsloot, Chen, Baveye & Sjöberg, "The MediaEval 2017 Emotional Impact of Movies Task"; and of 2018.
import { basename } from 'node:path';
import { type CurveFormat, type CurveLabels, meanTrack } from './curve-labels.ts';
import { readNumbers } from './number-table.ts';

const filePattern = /([^/\\]+?)(?:-MEDIAEVAL2017-valence_arousal|_Valence-Arousal)\.txt$/;

/**
 * 2017: `<Film>-MEDIAEVAL2017-valence_arousal.txt` and `MEDIAEVAL17_NN_Valence-Arousal.txt`, windows of 10 s every
 * 5 s: begin, end, valence, arousal; a value stands for the window's middle.
 * 2018: `MEDIAEVAL18_NN_Valence-Arousal.txt` at 1 Hz: time, valence, arousal.
 */
export const mediaEvalContinuous: CurveFormat = {
  name: 'mediaeval-continuous',
  description: 'MediaEval 2017 and 2018 (…-MEDIAEVAL2017-valence_arousal.txt, …_Valence-Arousal.txt)',
  files: (folder) => folder.matching(filePattern),
  read: (folder, files, problems) =>
    files.flatMap((file): CurveLabels[] => {
      const table = readNumbers(folder.text(file), file, [3, 4], problems, 0);
      if (!table) return [];
      const begins = table.columns[0]!;
      const windows = table.columns.length === 4;
      const [valence, arousal] = table.columns.slice(-2);
      return [
        {
          film: filePattern.exec(basename(file))![1]!,
          kind: 'elicited',
          times: windows ? begins.map((begin, i) => (begin + table.columns[1]![i]!) / 2) : begins,
          tracks: new Map([
            ['valence', meanTrack(valence!)],
            ['arousal', meanTrack(arousal!)],
          ]),
          scale: { lowest: -1, highest: 1 },
          lag: 'as rated',
        },
      ];
    }),
};
