// studyforrest: the emotions that the characters of Forrest Gump show, in eight runs.
// Labs et al., "Portrayed emotions in the movie 'Forrest Gump'", F1000Research 2015; CC0.
import { basename } from 'node:path';
import { readDelimited } from '../delimited.ts';
import { Row } from '../table.ts';
import { type CurveFormat, type CurveLabels, meanTrack } from './curve-labels.ts';

const filePattern = /emotions_av_1s_events_run-(\d+)_events\.tsv$/;
const requiredColumns = ['onset', 'duration', 'arousal', 'valence_positive', 'valence_negative'] as const;
/** A run lasts 18 minutes at most. */
const longest = 86_400;

/**
 * `emotions_av_1s_events_run-N_events.tsv`: from onset for so many seconds, a character shows arousal (−1 … 1) and
 * positive and negative valence (0 … 1 each), as shares of nine observers. A second's value is the sum over the
 * characters on the screen, 0 when there is none: an excited crowd counts more than one excited person. It is what is
 * *depicted*, not what viewers feel. Values stand at the middle of their second.
 */
export const studyforrest: CurveFormat = {
  name: 'studyforrest',
  description: 'studyforrest (emotions_av_1s_events_run-N_events.tsv)',
  files: (folder) => folder.matching(filePattern),
  read: (folder, files, problems) =>
    files.flatMap((file): CurveLabels[] => {
      const before = problems.count;
      const [header, ...lines] = readDelimited(folder.text(file), file, problems);
      const places = requiredColumns.map((column) => header?.fields.indexOf(column) ?? -1);
      if (places.includes(-1)) {
        (header?.row ?? new Row(file, 1, problems)).fail(`columns ${requiredColumns.join(', ')} expected`);
        return [];
      }
      const events = lines.map(({ row, fields }) => {
        const at = (i: number, lowest: number, highest: number) =>
          row.number(requiredColumns[i]!, fields[places[i]!], lowest, highest);
        return {
          begin: Math.round(at(0, 0, longest)),
          onset: Number(fields[places[0]!]),
          duration: at(1, 0, longest),
          arousal: at(2, -1, 1),
          valence: at(3, 0, 1) - at(4, 0, 1),
        };
      });
      if (problems.count > before) return [];
      const length = events.reduce(
        (end, { onset, duration }) => Math.max(end, Math.round(onset + duration)),
        0,
      );
      const [valence, arousal] = [new Float64Array(length), new Float64Array(length)];
      for (const event of events)
        for (let second = event.begin; second < Math.round(event.onset + event.duration); second++) {
          valence[second]! += event.valence;
          arousal[second]! += event.arousal;
        }
      return [
        {
          film: `Forrest Gump run ${filePattern.exec(basename(file))![1]}`,
          kind: 'depicted',
          times: Float64Array.from({ length }, (_, second) => second + 0.5),
          tracks: new Map([
            ['valence', meanTrack(valence)],
            ['arousal', meanTrack(arousal)],
          ]),
          lag: 'none',
        },
      ];
    }),
};
