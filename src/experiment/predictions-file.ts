import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import type { Prediction } from '../evaluation/index.ts';
import { InputError } from '../support/errors.ts';
import { writeAtomically } from '../support/files.ts';

const columns = ['id', 'valence', 'arousal'] as const;

/** One line per clip: `id,valence,arousal`, all digits. */
export async function writePredictions(file: string, predictions: readonly Prediction[]): Promise<void> {
  await writeAtomically(file, stringify([...predictions], { header: true, columns: [...columns] }));
}

/** @throws InputError naming the line that is no prediction. */
export function readPredictions(file: string): Prediction[] {
  const wrong = (line: number) =>
    new InputError(`${file}:${line}: 'id,valence,arousal' expected; delete it to predict again`);
  let rows: string[][];
  try {
    rows = parse(readFileSync(file, 'utf8'), { from_line: 2, skip_empty_lines: true });
  } catch (error) {
    throw wrong((error as { lines?: number }).lines ?? 1);
  }
  return rows.map(([id = '', ...numbers], i) => {
    const [valence, arousal] = numbers.map((text) => (text.trim() === '' ? Number.NaN : Number(text)));
    if (numbers.length !== 2 || !Number.isFinite(valence) || !Number.isFinite(arousal)) throw wrong(i + 2);
    return { id, valence: valence!, arousal: arousal! };
  });
}
