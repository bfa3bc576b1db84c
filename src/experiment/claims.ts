import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ClipCache } from '../clips/index.ts';
import type { DataSet, LabeledClip, Protocol } from '../datasets/index.ts';
import { InputError } from '../support/errors.ts';
import { writeAtomically } from '../support/files.ts';
import { makeFolder } from '../support/folders.ts';

/** What a folder of results is of. */
export interface Claimed {
  readonly dataSet: DataSet;
  readonly protocol: Protocol;
  readonly cache: ClipCache;
}

/** What the folder is about: a run of other clips, labels or another split must not be mixed with it. */
export async function claimExperiment(folder: string, { dataSet, protocol, cache }: Claimed): Promise<void> {
  const parts = partsOf(protocol);
  await claim(
    folder,
    {
      format: dataSet.format,
      synthetic: dataSet.synthetic,
      split: protocol.name,
      clips: parts.map((part) => part.length),
      labels: hashOf(parts.map(labelsOf)),
      contents: hashOf(await contentsOf(parts.flat(), cache)),
    },
    'another data set (or of films that have changed), split or seed; choose another --out, or delete it',
  );
}

/**
 * What a folder with a test on another data set is about.
 *
 * @param experiment the folder whose models are tested there.
 * @throws InputError when one of its clips is among those of the experiment.
 */
export async function claimForeign(
  folder: string,
  { protocol, cache }: Claimed,
  dataSet: DataSet,
  experiment: string,
): Promise<void> {
  const known = new Set(await contentsOf(partsOf(protocol).flat(), cache));
  const contents = await contentsOf(dataSet.clips, cache);
  const shared = contents.findIndex((content) => known.has(content));
  if (shared >= 0)
    throw new InputError(
      `${dataSet.clips[shared]!.path} is among the clips of this experiment, too; a data set to test on shares none with it`,
    );
  await claim(
    folder,
    {
      format: dataSet.format,
      synthetic: dataSet.synthetic,
      clips: dataSet.clips.length,
      labels: hashOf(labelsOf(dataSet.clips)),
      contents: hashOf(contents),
      experiment: hashOf(readFileSync(join(experiment, file), 'utf8')),
    },
    'a test on another data set (or on films that have changed); delete it',
  );
}

const file = 'experiment.json';

async function claim(folder: string, what: object, otherwise: string): Promise<void> {
  const text = `${JSON.stringify(what, null, 2)}\n`;
  const path = join(folder, file);
  makeFolder(folder);
  if (!existsSync(path)) await writeAtomically(path, text);
  else if (readFileSync(path, 'utf8') !== text)
    throw new InputError(`${folder} holds results of ${otherwise}`);
}

function partsOf({ splits }: Protocol): (readonly LabeledClip[])[] {
  return splits.flatMap(({ train, validation, calibration, test }) => [train, validation, calibration, test]);
}

function labelsOf(clips: readonly LabeledClip[]) {
  return clips.map(({ id, film, valence, arousal }) => [id, film, valence, arousal]);
}

/** Prepared clips are named by what they were made from. */
async function contentsOf(clips: readonly LabeledClip[], cache: ClipCache): Promise<string[]> {
  const contents: string[] = [];
  for (const clip of clips) contents.push(basename(await cache.pathOf(clip)));
  return contents;
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
