import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSet, LabeledClip, Split } from '../datasets/index.ts';
import {
  bootstrapIntervals,
  constant,
  coverageOf,
  dimensions,
  evaluate,
  formatTable,
  metricNames,
  type Prediction,
  type Table,
} from '../evaluation/index.ts';
import { cardText, type ModelFile, parseModelFile } from '../models/index.ts';
import { writeAtomically } from '../support/files.ts';
import { configurationText, type TrainingConfiguration } from '../training/index.ts';
import { sourceOf } from './write-tables.ts';

/** What a card is written from. */
export interface Measured {
  readonly dataSet: DataSet;
  readonly split: Split;
  readonly configuration: TrainingConfiguration;
  /** What the model says of the test clips. */
  readonly test: readonly Prediction[];
  /** What a reader of its figures has to know beside them, each a sentence: other seeds, a test opened again. */
  readonly notes?: readonly string[];
}

/**
 * Writes a model's card, `README.md`, into its folder: the data and how it was split, the configuration with its seed, the
 * figures on the test clips with intervals by film beside a constant, how many labels its prediction intervals held, and
 * what it is not for.
 *
 * @param folder of a model that was trained and calibrated.
 */
export async function writeCard(folder: string, measured: Measured): Promise<void> {
  const path = join(folder, 'model.json');
  const file = parseModelFile(readFileSync(path, 'utf8'), path);
  const sections = [dataSection(measured), trainingSection(measured), ...testSection(file, measured)];
  await writeAtomically(join(folder, 'README.md'), cardText(file, sections));
}

function dataSection({ dataSet, split }: Measured): string {
  const parts = [
    ['learned from', split.train],
    ['stopped the training', split.validation],
    ['calibrated its intervals', split.calibration],
    ['tested it', split.test],
  ] as const;
  const rows = parts.map(([what, clips]) => `| ${what} | ${clips.length} | ${filmsOf(clips)} |`);
  const apart = split.filmDisjoint
    ? 'No film is in two of these parts.'
    : '**Clips of one film are in several of these parts**, and resemble each other: its figures flatter.';
  return `## Data\n\n${capital(sourceOf(dataSet))}, split \`${split.name}\`. ${apart}\n\n| clips that | clips | films |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
}

function trainingSection({ configuration }: Measured): string {
  return `## Training\n\n\`\`\`yaml\n${configurationText(configuration).trim()}\n\`\`\`\n`;
}

function testSection(file: ModelFile, { split, configuration, test, notes = [] }: Measured): string[] {
  const clips = split.test;
  if (clips.length === 0) return [];
  const { seed } = configuration;
  const metrics = evaluate(clips, test);
  const intervals = bootstrapIntervals(clips, test, { seed });
  const floor = evaluate(clips, constant(split.train, clips));
  const table: Table = {
    title: `On ${clips.length} test clips of ${filmsOf(clips)} films`,
    columns: ['model', 'of', 'MSE', 'MAE', 'r', 'CCC', 'R²', 'bias'].map((name) => ({ name })),
    rows: dimensions.flatMap((dimension) => [
      [
        'this model',
        dimension,
        ...metricNames.map((metric) => ({
          value: metrics[dimension][metric],
          ...intervals[dimension][metric],
        })),
      ],
      ['constant', dimension, ...metricNames.map((metric) => floor[dimension][metric])],
    ]),
    notes: [
      'Constant: the mean of the labels it learned from. Brackets: 95% intervals, by drawing films. Bias: mean of prediction − label.',
      ...coverageNote(file, { clips, test, seed }),
      ...notes,
    ],
  };
  return [`## Measured\n\n${formatTable(table, 'markdown')}`];
}

function coverageNote(
  { calibration }: ModelFile,
  { clips, test, seed }: { clips: readonly LabeledClip[]; test: readonly Prediction[]; seed: number },
): string[] {
  if (!calibration?.intervals) return [];
  const { confidence, margins } = calibration.intervals;
  const held = coverageOf({ coverage: confidence, ...margins }, clips, test, { seed });
  const shares = dimensions.map((of) => `${(100 * held[of].share).toFixed(1)}% of the ${of} labels`);
  return [`Of its ${100 * confidence}% intervals hold ${shares.join(' and ')}.`];
}

function filmsOf(clips: readonly LabeledClip[]): number {
  return new Set(clips.map(({ film }) => film)).size;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
