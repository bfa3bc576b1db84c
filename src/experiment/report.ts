import { join } from 'node:path';
import { type DataSet, type Protocol, testedClips } from '../datasets/index.ts';
import { formatTable, publishedTable, type Table } from '../evaluation/index.ts';
import { writeAtomically } from '../support/files.ts';
import { drawModels, drawScatter } from './draw-results.ts';
import type { Finding } from './findings.ts';
import type { ForeignResult } from './foreign.ts';
import { partsText } from './plan.ts';
import { readingOf } from './reading.ts';
import { ablationTable, comparisonTable, conformalTable, costsOf, tableOne, titleOf } from './tables.ts';
import { sourceOf, writeTables } from './write-tables.ts';

export interface Report {
  /** Every model, for a terminal. */
  readonly table: Table;
  /** Mean and deviation over seeds, where there are several. */
  readonly overSeeds?: Table;
  readonly reading: readonly string[];
}

export interface ReportInput {
  readonly dataSet: DataSet;
  readonly protocol: Protocol;
  readonly findings: readonly Finding[];
  /** What is said of a test that was opened more than once. */
  readonly opened: readonly string[];
  readonly preset: string;
  readonly seeds: readonly number[];
  readonly folder: string;
  /** What was measured on data sets that were not trained on. */
  readonly foreign?: readonly ForeignResult[];
}

const syntheticWarning =
  'These films are synthetic, rendered by a program: no figure here says anything about real films.';

/**
 * Writes into the folder: report.md, table.{txt,md,csv,tex}, the same of seeds where there are several, predictions.csv, a
 * MediaEval run file per model, models.png and scatter.png.
 */
export async function writeReport(input: ReportInput): Promise<Report> {
  const { dataSet, protocol, findings, opened, preset, seeds, folder, foreign = [] } = input;
  const { synthetic } = dataSet;
  const clips = testedClips(protocol);
  const source = sourceOf(dataSet);
  const films = new Set(clips.map(({ film }) => film)).size;
  const measuredOn = `${source}, ${protocol.name} split, ${clips.length} clips of ${films} films`;
  const warning = synthetic ? [syntheticWarning] : [];
  const costs = costsOf(findings);
  const reading = [...opened, ...readingOf(protocol, findings, costs, seeds[0]!)];
  const { table, overSeeds } = await writeTables(folder, {
    ...{ clips, findings, warning },
    on: `${measuredOn}, preset ${preset}`,
  });
  const of = synthetic ? ' on synthetic films' : '';
  const spread = overSeeds ? [`## Over seeds\n\n${formatTable(overSeeds, 'markdown')}`] : [];
  const trained = seeds.length > 1 ? `seeds ${seeds.join(', ')}` : `seed ${seeds[0]}`;
  const ofTable = [{ findings, on: measuredOn }, ...foreign.map(({ findings, on }) => ({ findings, on }))];
  const sections = [
    `# Video emotion regression${of}: the experiment of Kim & Lee 2018\n`,
    [
      ...warning.map((sentence) => `**${sentence}**\n`),
      `Data: ${source}, ${dataSet.clips.length} clips. Split \`${protocol.name}\`${protocol.splits.length > 1 ? ', each' : ''}: ${partsText(protocol)}; ${films} films are tested. Networks: preset \`${preset}\`, ${trained}, each trained on the same clips.\n`,
    ].join('\n'),
    `## What the numbers say\n\n${reading.map((sentence) => `- ${sentence}`).join('\n')}\n`,
    `## Table 1\n\n${formatTable(tableOne(ofTable), 'markdown')}`,
    `## Other published results\n\n${formatTable(publishedTable(), 'markdown')}`,
    `## All models\n\n${formatTable(table, 'markdown')}\n![Correlation of every model](models.png)\n`,
    ...spread,
    ...(costs.length > 0 ? [`## Ablation\n\n${formatTable(ablationTable(costs), 'markdown')}`] : []),
    ...(findings.some(({ against }) => against)
      ? [
          `## Paired tests\n\n${formatTable(comparisonTable(findings, "The paper's model against each other"), 'markdown')}`,
        ]
      : []),
    ...(findings.some(({ conformal }) => conformal)
      ? [`## Prediction intervals\n\n${formatTable(conformalTable(findings), 'markdown')}`]
      : []),
    ...foreign.map(foreignSection),
  ];
  const write = (name: string, content: string | Uint8Array) => writeAtomically(join(folder, name), content);
  await write('models.png', await drawModels(barsOf(findings), `Pearson's r${of}`, measuredOn));
  const shown = findings.find(({ name }) => name === 'paper');
  if (shown) {
    const title = `${titleOf(shown.name)}${of}`;
    await write('scatter.png', await drawScatter(clips, shown.heldOut.test, title, measuredOn));
    sections.push(`![Labels and predictions](scatter.png)\n`);
  }
  await write('report.md', sections.join('\n'));
  return { table, reading, ...(overSeeds && { overSeeds }) };
}

function foreignSection({ title, opened, tables, findings }: ForeignResult): string {
  const parts = [
    `## ${title}\n`,
    ...opened.map((sentence) => `**${sentence}**\n`),
    formatTable(tables.table, 'markdown'),
    ...(tables.overSeeds ? [formatTable(tables.overSeeds, 'markdown')] : []),
    ...(findings.some(({ against }) => against)
      ? [formatTable(comparisonTable(findings, "The paper's model against each other there"), 'markdown')]
      : []),
    ...(findings.some(({ conformal }) => conformal)
      ? [formatTable(conformalTable(findings), 'markdown')]
      : []),
  ];
  return parts.join('\n');
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
