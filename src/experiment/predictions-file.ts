import { readFileSync } from 'node:fs';
import type { Prediction } from '../evaluation/index.ts';
import { InputError } from '../support/errors.ts';
import { writeAtomically } from '../support/files.ts';

/** One line per clip: `id,valence,arousal`, all digits. */
export async function writePredictions(file: string, predictions: readonly Prediction[]): Promise<void> {
  const rows = predictions.map(({ id, valence, arousal }) => `${quoted(id)},${valence},${arousal}\n`);
  await writeAtomically(file, `id,valence,arousal\n${rows.join('')}`);
}

/** A field of CSV (RFC 4180): clips of one's own are called by their path, which may hold commas. */
export function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

/** @throws InputError naming the line that is no prediction. */
export function readPredictions(file: string): Prediction[] {
  const [, ...rows] = readFileSync(file, 'utf8').trimEnd().split('\n');
  return rows.map((row, i) => {
    const [, id, valence, arousal] = /^("(?:[^"]|"")+"|[^",]+),([^,]+),([^,]+)$/.exec(row) ?? [];
    const prediction = {
      id: id?.replace(/^"|"$/g, '').replaceAll('""', '"') ?? '',
      valence: Number(valence),
      arousal: Number(arousal),
    };
    if (!Number.isFinite(prediction.valence) || !Number.isFinite(prediction.arousal))
      throw new InputError(`${file}:${i + 2}: 'id,valence,arousal' expected; delete it to predict again`);
    return prediction;
  });
}
