import { readFileSync } from 'node:fs';
import type { Prediction } from '../../evaluation/index.ts';
import { InputError } from '../../support/errors.ts';
import { writeAtomically } from '../../support/files.ts';

/** One line per clip: `id,valence,arousal`, all digits. */
export async function writePredictions(file: string, predictions: readonly Prediction[]): Promise<void> {
  const rows = predictions.map(({ id, valence, arousal }) => `${id},${valence},${arousal}\n`);
  await writeAtomically(file, `id,valence,arousal\n${rows.join('')}`);
}

/** @throws InputError naming the line that is no prediction. */
export function readPredictions(file: string): Prediction[] {
  const [, ...rows] = readFileSync(file, 'utf8').trimEnd().split('\n');
  return rows.map((row, i) => {
    const [id = '', valence, arousal] = row.split(',');
    const prediction = { id, valence: Number(valence), arousal: Number(arousal) };
    if (!Number.isFinite(prediction.valence) || !Number.isFinite(prediction.arousal) || id === '')
      throw new InputError(`${file}:${i + 2}: 'id,valence,arousal' expected; delete it to predict again`);
    return prediction;
  });
}
