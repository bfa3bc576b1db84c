import type { LabeledClip } from '../datasets/index.ts';
import { InputError } from '../support/errors.ts';
import type { Prediction } from './prediction.ts';
import { inOrderOf } from './prediction.ts';

/**
 * The text of a MediaEval run file: a line with the run's name, then one line for each clip, in the order of the
 * label file: valence and arousal.
 */
export function writeRun(
  name: string,
  clips: readonly LabeledClip[],
  predictions: readonly Prediction[],
): string {
  if (/[\r\n]/.test(name) || name.trim() === '') throw new TypeError(`run name '${name}': one line expected`);
  const lines = inOrderOf(clips, predictions).map(({ valence, arousal }) => `${valence} ${arousal}\n`);
  return `${name}\n${lines.join('')}`;
}

/** Reads a run file of predictions for these clips. @throws InputError with the line that cannot be read. */
export function readRun(
  text: string,
  file: string,
  clips: readonly LabeledClip[],
): { name: string; predictions: Prediction[] } {
  const [name = '', ...lines] = text.replace(/\r?\n$/, '').split(/\r?\n/);
  if (lines.length !== clips.length)
    throw new InputError(
      `${file}: ${lines.length} lines after the name; ${clips.length} expected, one for each clip`,
    );
  const predictions = lines.map((line, i) => {
    const numbers = line.trim().split(/\s+/).map(Number);
    const [valence, arousal] = numbers;
    if (numbers.length !== 2 || !numbers.every(Number.isFinite) || line.trim() === '')
      throw new InputError(`${file}:${i + 2}: '${line.slice(0, 40)}'; valence and arousal expected`);
    return { id: clips[i]!.id, valence: valence!, arousal: arousal! };
  });
  return { name, predictions };
}
