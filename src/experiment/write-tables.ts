import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import type { DataSet, LabeledClip } from '../datasets/index.ts';
import { formatTable, type Table, writeRun } from '../evaluation/index.ts';
import { writeAtomically } from '../support/files.ts';
import { makeFolder } from '../support/folders.ts';
import type { Finding } from './findings.ts';
import { modelTable, seedsTable } from './tables.ts';

/** What a data set is called in a report: never the name of a format of real films where they are synthetic. */
export function sourceOf({ synthetic, format }: DataSet): string {
  return synthetic ? 'synthetic films' : format;
}

/** What was measured, and what is said of it. */
export interface TablesInput {
  readonly clips: readonly LabeledClip[];
  readonly findings: readonly Finding[];
  readonly on: string;
  readonly warning?: readonly string[];
}

/** Writes every table in every format, predictions.csv and the MediaEval run files. */
export async function writeTables(
  folder: string,
  { clips, findings, on, warning = [] }: TablesInput,
): Promise<{ table: Table; overSeeds?: Table }> {
  const table = modelTable(findings, `Results on ${on}`, warning);
  const overSeeds = findings.some((finding) => finding.overSeeds)
    ? seedsTable(findings, `Over seeds, on ${on}`, warning)
    : undefined;
  makeFolder(join(folder, 'mediaeval'));
  const write = (name: string, content: string) => writeAtomically(join(folder, name), content);
  for (const [format, extension] of [
    ['text', 'txt'],
    ['markdown', 'md'],
    ['csv', 'csv'],
    ['latex', 'tex'],
  ] as const) {
    await write(`table.${extension}`, formatTable(table, format));
    if (overSeeds) await write(`seeds.${extension}`, formatTable(overSeeds, format));
  }
  await write('predictions.csv', predictionsText(clips, findings));
  for (const { name, heldOut } of findings)
    await write(`mediaeval/${name}.txt`, writeRun(`affectline-${name}`, clips, heldOut.test));
  return { table, ...(overSeeds && { overSeeds }) };
}

/** Every model's predictions for the test clips beside the labels: a line for each model and clip. */
function predictionsText(clips: readonly LabeledClip[], findings: readonly Finding[]): string {
  const rows = findings.flatMap(({ name, heldOut }) => {
    const byId = new Map(heldOut.test.map((prediction) => [prediction.id, prediction]));
    return clips.map(({ id, film, valence, arousal }) => {
      const predicted = byId.get(id)!;
      return [name, id, film, valence, arousal, predicted.valence, predicted.arousal];
    });
  });
  return stringify([
    ['model', 'id', 'film', 'valence', 'arousal', 'predictedValence', 'predictedArousal'],
    ...rows,
  ]);
}
