import { statSync } from 'node:fs';
import { InputError, unknownName } from '../support/errors.ts';
import type { LabeledClip } from './clip.ts';
import { Folder } from './folder.ts';
import type { DataSet, LabelFormat } from './formats/format.ts';
import { lirisAccede } from './formats/liris-accede.ts';
import { mediaEval2016 } from './formats/mediaeval2016.ts';
import { ownLabels } from './formats/own-labels.ts';

/** Every format a folder may be in; the first that recognizes it reads it. */
export const labelFormats: readonly LabelFormat[] = [lirisAccede, mediaEval2016, ownLabels];

/** A folder with this file holds rendered films, not real ones. */
export const syntheticMark = 'SYNTHETIC.md';

/**
 * Reads the annotations of a folder, not the videos.
 *
 * @param format a name of `labelFormats`; found from the files by default.
 * @returns also when something is wrong: see `problems`.
 * @throws InputError when the folder is in no known format.
 */
export function readAnnotations(path: string, format?: string): DataSet {
  return annotationsIn(new Folder(path), format);
}

export function annotationsIn(folder: Folder, format?: string): DataSet {
  const chosen = format === undefined ? recognized(folder) : named(format);
  if (!chosen.recognizes(folder))
    throw new InputError(`'${folder.root}' does not hold ${chosen.description}`);
  const synthetic = folder.find(syntheticMark) === syntheticMark;
  return { format: chosen.name, root: folder.root, synthetic, ...chosen.read(folder) };
}

/**
 * A data set to train or evaluate with: annotations without a problem, and every clip there.
 *
 * @throws InputError that lists what is wrong, with file and line.
 */
export function openDataSet(path: string, format?: string): DataSet {
  const folder = new Folder(path);
  const dataSet = annotationsIn(folder, format);
  return complete(path, dataSet, clipFiles(folder, dataSet.clips));
}

/** The same data set, when nothing of it is malformed or missing. @throws InputError as `openDataSet`. */
export function complete(
  path: string,
  dataSet: DataSet,
  { missing, empty }: ReturnType<typeof clipFiles>,
): DataSet {
  dataSet.problems.refuse(`the data set in '${path}'`);
  if (missing.length + empty.length > 0) {
    const first = [...missing, ...empty][0]!;
    throw new InputError(
      `the data set in '${path}' lacks ${missing.length} of ${dataSet.clips.length} clips and has ` +
        `${empty.length} empty ones, first '${first.path}'; see: affectline dataset check`,
    );
  }
  return dataSet;
}

/** Clips whose video file is not there, or has no bytes. */
export function clipFiles(
  folder: Folder,
  clips: readonly LabeledClip[],
): { missing: LabeledClip[]; empty: LabeledClip[] } {
  const missing: LabeledClip[] = [];
  const empty: LabeledClip[] = [];
  for (const clip of clips)
    if (!folder.has(clip.path)) missing.push(clip);
    else if (statSync(clip.path).size === 0) empty.push(clip);
  return { missing, empty };
}

function recognized(folder: Folder): LabelFormat {
  const format = labelFormats.find((candidate) => candidate.recognizes(folder));
  if (format) return format;
  const known = labelFormats.map(({ description }) => description).join('; ');
  throw new InputError(`'${folder.root}' holds no annotations known here: ${known}`);
}

function named(name: string): LabelFormat {
  const format = labelFormats.find((candidate) => candidate.name === name);
  if (!format)
    throw unknownName(
      'format',
      name,
      labelFormats.map((known) => known.name),
    );
  return format;
}
