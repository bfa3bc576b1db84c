// Continuous LIRIS-ACCEDE: 30 films, rated at 1 Hz with a joystick; means and standard deviations over the raters.
// Baveye, Dellandréa, Chamaret & Chen, "Deep Learning vs. Kernel Methods: Performance for Emotion Prediction in
// Videos", ACII 2015.
import { basename } from 'node:path';
import { type CurveFormat, type CurveLabels, meanTrack } from './curve-labels.ts';
import { readNumbers } from './number-table.ts';

const filePattern = /([^/\\]+)_(Valence|Arousal)\.txt$/;

/** `<Film>_Valence.txt` and `<Film>_Arousal.txt`: `Time Mean Std`, about −1 … 1; the rating hand's delay is kept. */
export const lirisContinuous: CurveFormat = {
  name: 'liris-continuous',
  description: 'Continuous LIRIS-ACCEDE (<Film>_Valence.txt, <Film>_Arousal.txt)',
  files: (folder) => folder.matching(filePattern),
  read: (folder, files, problems) => {
    const films = new Map<
      string,
      { times: Float64Array; tracks: Map<string, ReturnType<typeof meanTrack>> }
    >();
    for (const file of files) {
      const [, film, dimension] = filePattern.exec(basename(file))!;
      const table = readNumbers(folder.text(file), file, [2, 3], problems, 0);
      if (!table) continue;
      const [times, means] = table.columns;
      const known = films.get(film!) ?? { times: times!, tracks: new Map() };
      if (known.times.length !== times!.length || known.times.some((time, i) => time !== times![i]))
        problems.add(file, undefined, `${times!.length} moments; those of ${film}'s other file expected`);
      known.tracks.set(dimension!.toLowerCase(), meanTrack(means!));
      films.set(film!, known);
    }
    return [...films].map(
      ([film, { times, tracks }]): CurveLabels => ({
        film,
        kind: 'elicited',
        times,
        tracks,
        scale: { lowest: -1, highest: 1 },
        lag: 'as rated',
      }),
    );
  },
};
