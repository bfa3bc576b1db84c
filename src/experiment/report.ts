import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import type { DataSet, Split } from '../datasets/index.ts';
import { formatTable, publishedTable, type Table, writeRun } from '../evaluation/index.ts';
import { writeAtomically } from '../support/files.ts';
import { makeFolder } from '../support/folders.ts';
import { drawModels, drawScatter } from './draw-results.ts';
import type { Finding } from './findings.ts';
import { readingOf } from './reading.ts';
import {
  ablationTable,
  comparisonTable,
  conformalTable,
  costsOf,
  modelTable,
  tableOne,
  titleOf,
} from './tables.ts';

export interface Report {
  /** Every model, for a terminal. */
  readonly table: Table;
  readonly reading: readonly string[];
}

export interface ReportInput {
  readonly dataSet: DataSet;
  readonly split: Split;
  readonly findings: readonly Finding[];
  /** What is said of a test that was opened more than once. */
  readonly opened: readonly string[];
  readonly preset: string;
  readonly seed: number;
  readonly folder: string;
}

/**
 * Writes into the folder: report.md, table.{txt,md,csv,tex}, predictions.csv, a MediaEval run file per model,
 * models.png and scatter.png.
 */
export async function writeReport(input: ReportInput): Promise<Report> {
  const { dataSet, split, findings, opened, preset, seed, folder } = input;
  const { synthetic } = dataSet;
  const films = new Set(split.test.map(({ film }) => film)).size;
  const source = synthetic ? 'synthetic films' : dataSet.format;
  const measuredOn = `${source}, ${split.name} split, ${split.test.length} clips of ${films} films`;
  const warning = synthetic
    ? ['These films are synthetic, rendered by a program: no figure here says anything about real films.']
    : [];
  const costs = costsOf(findings);
  const reading = [...opened, ...readingOf(split, findings, costs, seed)];
  const table = modelTable(findings, `Results on ${measuredOn}, preset ${preset}`, warning);
  const of = synthetic ? ' on synthetic films' : '';
  const sections = [
    `# Video emotion regression${of}: the experiment of Kim & Lee 2018\n`,
    [
      ...warning.map((sentence) => `**${sentence}**\n`),
      `Data: ${source}, ${dataSet.clips.length} clips. Split \`${split.name}\`: ${split.train.length} clips to learn from, ${split.validation.length} to stop by, ${split.calibration.length} to calibrate on, ${split.test.length} of ${films} films to test. Networks: preset \`${preset}\`, seed ${seed}, each trained on the same clips.\n`,
    ].join('\n'),
    `## What the numbers say\n\n${reading.map((sentence) => `- ${sentence}`).join('\n')}\n`,
    `## Table 1\n\n${formatTable(tableOne(findings, measuredOn), 'markdown')}`,
    `## Other published results\n\n${formatTable(publishedTable(), 'markdown')}`,
    `## All models\n\n${formatTable(table, 'markdown')}\n![Correlation of every model](models.png)\n`,
    ...(costs.length > 0 ? [`## Ablation\n\n${formatTable(ablationTable(costs), 'markdown')}`] : []),
    ...(findings.some(({ against }) => against)
      ? [
          `## Paired tests\n\n${formatTable(comparisonTable(findings, "The paper's model against each other"), 'markdown')}`,
        ]
      : []),
    ...(findings.some(({ conformal }) => conformal)
      ? [`## Prediction intervals\n\n${formatTable(conformalTable(findings), 'markdown')}`]
      : []),
  ];
  const write = (name: string, content: string | Uint8Array) => writeAtomically(join(folder, name), content);
  for (const [format, extension] of [
    ['text', 'txt'],
    ['markdown', 'md'],
    ['csv', 'csv'],
    ['latex', 'tex'],
  ] as const)
    await write(`table.${extension}`, formatTable(table, format));
  await write('predictions.csv', predictionsText(split, findings));
  makeFolder(join(folder, 'mediaeval'));
  for (const { name, heldOut } of findings)
    await write(`mediaeval/${name}.txt`, writeRun(`affectline-${name}`, split.test, heldOut.test));
  await write('models.png', await drawModels(barsOf(findings), `Pearson's r${of}`, measuredOn));
  const shown = findings.find(({ name }) => name === 'paper');
  if (shown) {
    const title = `${titleOf(shown.name)}${of}`;
    await write('scatter.png', await drawScatter(split.test, shown.heldOut.test, title, measuredOn));
    sections.push(`![Labels and predictions](scatter.png)\n`);
  }
  await write('report.md', sections.join('\n'));
  return { table, reading };
}

function barsOf(findings: readonly Finding[]) {
  return findings.map(({ name, metrics, intervals }) => ({
    name: titleOf(name),
    r: {
      valence: { value: metrics.valence.r, interval: intervals.valence.r },
      arousal: { value: metrics.arousal.r, interval: intervals.arousal.r },
    },
  }));
}

/** Every model's predictions for the test clips beside the labels: a line for each model and clip. */
function predictionsText({ test }: Split, findings: readonly Finding[]): string {
  const rows = findings.flatMap(({ name, heldOut }) => {
    const byId = new Map(heldOut.test.map((prediction) => [prediction.id, prediction]));
    return test.map(({ id, film, valence, arousal }) => {
      const predicted = byId.get(id)!;
      return [name, id, film, valence, arousal, predicted.valence, predicted.arousal];
    });
  });
  return stringify([
    ['model', 'id', 'film', 'valence', 'arousal', 'predictedValence', 'predictedArousal'],
    ...rows,
  ]);
}
