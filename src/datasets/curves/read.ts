import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { InputError } from '../../support/errors.ts';
import { Folder } from '../folder.ts';
import { Problems } from '../problems.ts';
import { carma } from './carma.ts';
import { cognimuse } from './cognimuse.ts';
import type { CurveFormat, CurveLabels, CurveOptions } from './curve-labels.ts';
import { emoFilm } from './emo-film.ts';
import { lirisContinuous } from './liris-continuous.ts';
import { mediaEvalContinuous } from './mediaeval.ts';
import { nova } from './nova.ts';
import { studyforrest } from './studyforrest.ts';
import { traceCsv } from './trace-csv.ts';
import { veatic } from './veatic.ts';

/** Every format that curves may be in. */
export const curveFormats: readonly CurveFormat[] = [
  emoFilm,
  studyforrest,
  mediaEvalContinuous,
  lirisContinuous,
  cognimuse,
  veatic,
  carma,
  nova,
  traceCsv,
];

/**
 * Reads the curves in a file, or in a folder down to three folders deep; a folder may hold several formats.
 *
 * @returns at least one curve.
 * @throws InputError with file and line of everything that cannot be read.
 */
export function readCurves(path: string, options: CurveOptions = {}): CurveLabels[] {
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  const folder = isFile ? new Folder(dirname(path), basename(path)) : new Folder(path);
  const problems = new Problems();
  const curves = curveFormats.flatMap((format) => {
    const files = format.files(folder);
    return files.length === 0 ? [] : format.read(folder, files, problems, options);
  });
  problems.refuse(`'${path}'`);
  if (curves.length === 0) {
    const known = curveFormats.map(({ description }) => description).join('; ');
    throw new InputError(`'${path}' holds no curves known here: ${known}`);
  }
  return curves;
}
