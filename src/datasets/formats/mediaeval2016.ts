// MediaEval 2016, Emotional Impact of Movies, global task: 1,200 clips, one line each: name, valence, arousal.
// Dellandréa, Chen, Baveye, Sjöberg & Chamaret, "The MediaEval 2016 Emotional Impact of Movies Task", 2016.
import { dirname, join } from 'node:path';
import type { LabeledClip } from '../clip.ts';
import type { Folder } from '../folder.ts';
import { Problems } from '../problems.ts';
import { readTable } from '../table.ts';
import type { DataSet, LabelFormat } from './format.ts';

const labelsFile = 'MEDIAEVAL16-Global_prediction.txt';

/** Without a header, and without films: each clip counts as a film of its own. */
export const mediaEval2016: LabelFormat = {
  name: 'mediaeval-2016',
  description: `MediaEval 2016, global (${labelsFile})`,
  recognizes: (folder) => folder.find(labelsFile) !== undefined,
  read,
};

function read(folder: Folder): Omit<DataSet, 'format' | 'root' | 'synthetic'> {
  const problems = new Problems();
  const file = folder.find(labelsFile)!;
  const clips = new Map<string, LabeledClip>();
  let videos: string | undefined;
  const options = { header: false, separator: /[\t ;]+/ };
  readTable(folder.text(file), file, ['name', 'valence', 'arousal'], options, problems, (row, fields) => {
    const name = row.fileName('name', fields[0]);
    const valence = row.number('valence', fields[1], 1, 5);
    const arousal = row.number('arousal', fields[2], 1, 5);
    if (!row.failed && clips.has(name)) row.fail(`${name} is given twice`);
    if (row.failed) return;
    videos ??= videoFolder(folder, name, file);
    const film = name.replace(/\.[A-Za-z0-9]+$/, '');
    clips.set(name, { id: film, name, path: join(videos, name), film, valence, arousal });
  });
  if (clips.size === 0 && problems.count === 0) problems.add(file, undefined, 'is empty');
  return { clips: [...clips.values()], films: [], files: [file], problems };
}

/** The folder of the first clip, or `data` beside the labels when that clip is missing. */
function videoFolder(folder: Folder, firstClip: string, labels: string): string {
  const found = folder.find(firstClip);
  return join(folder.root, found ? dirname(found) : join(dirname(labels), 'data'));
}
