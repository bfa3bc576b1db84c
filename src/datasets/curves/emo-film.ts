// Emo-FilM: short films, 50 items at 1 Hz, the consensus of 44 raters, standardized.
// Morgenroth et al., "Emo-FilM: A multimodal dataset for affective neuroscience using naturalistic stimuli",
// Scientific Data 2025; OpenNeuro ds004872, CC0.
import { basename } from 'node:path';
import { z } from 'zod';
import { type CurveFormat, type CurveLabels, type CurveTrack, meanTrack } from './curve-labels.ts';
import { readNumbers } from './number-table.ts';

const filePattern = /Annot_([^/\\]+)_stim\.tsv$/;

const description = z.object({
  SamplingFrequency: z.number().positive(),
  StartTime: z.number(),
  Columns: z.array(z.string()).min(1).max(1000),
});

/**
 * `Annot_<Film>_stim.tsv` without a header, its columns named in the `.json` beside it. Every item is a track.
 *
 * Valence is (Good − Bad) / 2: the two ends of one feeling, r −.83 with each other. Arousal is Alert alone: of the
 * items of activation (Alert, Calm, AtEase, IntenseEmotion, Heartrate) it says least of what Good − Bad says already
 * (r −.35; (Alert − Calm) / 2 has −.59), for in these films what is not calm is seldom pleasant.
 */
export const emoFilm: CurveFormat = {
  name: 'emo-film',
  description: 'Emo-FilM (Annot_<Film>_stim.tsv with its .json)',
  files: (folder) => folder.matching(filePattern),
  read: (folder, files, problems) =>
    files.flatMap((file): CurveLabels[] => {
      const sidecar = file.replace(/tsv$/, 'json');
      if (!folder.hasEntry(sidecar)) {
        problems.add(sidecar, undefined, 'is missing; it names the columns');
        return [];
      }
      let columns: z.infer<typeof description>;
      try {
        columns = description.parse(JSON.parse(folder.text(sidecar)));
      } catch {
        problems.add(
          sidecar,
          undefined,
          'SamplingFrequency, StartTime and the names of Columns expected, as JSON',
        );
        return [];
      }
      const table = readNumbers(folder.text(file), file, [columns.Columns.length], problems);
      if (!table) return [];
      const item = (name: string) => table.columns[columns.Columns.indexOf(name)];
      const tracks = new Map<string, CurveTrack>();
      const [good, bad, alert] = [item('Good'), item('Bad'), item('Alert')];
      if (good && bad) tracks.set('valence', meanTrack(good.map((value, i) => (value - bad[i]!) / 2)));
      if (alert) tracks.set('arousal', meanTrack(alert));
      columns.Columns.forEach((name, i) => {
        tracks.set(name, meanTrack(table.columns[i]!));
      });
      const times = table.columns[0]!.map((_, i) => columns.StartTime + i / columns.SamplingFrequency);
      return [
        { film: filePattern.exec(basename(file))![1]!, kind: 'elicited', times, tracks, lag: 'as rated' },
      ];
    }),
};
