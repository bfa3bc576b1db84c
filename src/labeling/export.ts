import { constants } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { InputError } from '../support/errors.ts';
import { writeAtomically } from '../support/files.ts';
import { makeFolder } from '../support/folders.ts';
import type { Labels } from './labels.ts';
import { rankedScenes } from './ranking.ts';

/**
 * Labels as `affectline train` takes them: `path,valence,arousal,start,end`, scores on 1 … 5, of the scenes that were
 * compared in both dimensions. A path is `<number of the film>-<its name>`, beside the labels.
 *
 * @throws InputError when no scene was compared in both.
 */
export async function labelsCsv(labels: Labels): Promise<string> {
  return stringify(await rowsOf(labels), { header: true, columns });
}

/** A data set in a folder of its own: `labels.csv` and copies of the films. @throws InputError when a film's file is gone. */
export async function writeLabels(labels: Labels, folder: string): Promise<{ clips: number; films: number }> {
  const rows = await rowsOf(labels);
  makeFolder(folder);
  const films = new Map(rows.map(({ path, from }) => [path, from]));
  for (const [path, from] of films)
    await copyFile(from, join(folder, path), constants.COPYFILE_FICLONE).catch((error) => {
      if (error.code !== 'ENOENT') throw error;
      throw new InputError(`${from}: the film is no longer there; add it again where it is`, 'not-found');
    });
  await writeAtomically(join(folder, 'labels.csv'), stringify(rows, { header: true, columns }));
  return { clips: rows.length, films: films.size };
}

const columns = ['path', 'valence', 'arousal', 'start', 'end'];

async function rowsOf(labels: Labels) {
  const scenes = await labels.scenes();
  const valence = rankedScenes(scenes, await labels.choices('valence'));
  const arousal = new Map(
    rankedScenes(scenes, await labels.choices('arousal')).map((scene) => [scene.id, scene.score]),
  );
  const rows = valence
    .filter(({ id }) => arousal.has(id))
    .sort((a, b) => a.id - b.id)
    .map(({ id, film, path, from, to, score }) => ({
      path: `${film}-${basename(path)}`,
      valence: score.toFixed(4),
      arousal: arousal.get(id)!.toFixed(4),
      start: from,
      end: to,
      from: path,
    }));
  if (rows.length === 0)
    throw new InputError(
      'no scene has been compared in both valence and arousal; labels need both',
      'not-found',
    );
  return rows;
}
