import { dirname, join } from 'node:path';
import { checkText, inspectDataSet, type Split, splitNamed } from '../datasets/index.ts';
import type { Table } from '../evaluation/index.ts';
import type { Provider } from '../runtime/node/index.ts';
import { InputError } from '../support/errors.ts';
import { checkWritable } from '../support/folders.ts';
import type { TrainingConfiguration } from '../training/index.ts';
import { claimExperiment, runExperiment } from './experiment.ts';
import { type Finding, findingsOf } from './findings.ts';
import { distinctModels, type ModelName, modelNames, tunedSound } from './models.ts';
import { openingsText, openTest } from './openings.ts';
import { planText } from './plan.ts';
import { writeReport } from './report.ts';
import { preparedClips, type Reporting, silent } from './run.ts';

/** What the paper's experiment is run on. */
export interface ReproduceOptions {
  /** The folder of a data set. */
  readonly data: string;
  /** Where all results go; what an earlier call left there goes on. */
  readonly folder: string;
  /** What all networks share. */
  readonly configuration: TrainingConfiguration;
  /** Default: all. */
  readonly models?: readonly ModelName[];
  /** Where prepared clips are kept. Default: `clips` beside the folder. */
  readonly cache?: string | undefined;
  readonly threads?: number | undefined;
  readonly provider?: Provider | undefined;
}

/** What the experiment came to. */
export interface Reproduction {
  readonly synthetic: boolean;
  readonly split: Split;
  /** In the order of the models. */
  readonly findings: readonly Finding[];
  /** Every model, first at valence, then at arousal. */
  readonly table: Table;
  /** What the numbers do and do not show, in sentences. */
  readonly reading: readonly string[];
}

/**
 * The paper's experiment, from a data set to `report.md` in the folder.
 *
 * @param reporting where it tells how far it is, and what stops it; stopped at any moment, the same call goes on.
 * @throws InputError when data set, configuration or folder cannot be used.
 */
export async function reproduceExperiment(
  options: ReproduceOptions,
  reporting: Reporting = silent,
): Promise<Reproduction> {
  const { data, folder, configuration, threads, provider } = options;
  const wanted = options.models ?? modelNames;
  const models = distinctModels(wanted, configuration);
  const { preset, seed } = configuration;
  const { say } = reporting;
  const cacheFolder = options.cache ?? join(dirname(folder), 'clips');
  for (const place of [folder, cacheFolder]) checkWritable(place);
  const { report, open } = inspectDataSet(data);
  say(checkText(report).trimEnd());
  const dataSet = open();
  const split = splitNamed(configuration.split, dataSet.clips, seed);
  if (models.length < wanted.length)
    say(`${tunedSound} is left out: the configuration trains the sound stream of every network`);
  if (models.length === 0)
    throw new InputError(
      `${tunedSound} alone was asked for, which is 'paper' here: the configuration trains the sound stream`,
    );
  say(planText({ dataSet, split, configuration, models }));

  const cache = await preparedClips(dataSet, configuration, cacheFolder, reporting);
  const experiment = { dataSet, split, cache, configuration, models, folder, threads, provider };
  await claimExperiment(folder, experiment);
  const predictions = await runExperiment(experiment, reporting);
  say(`comparing ${predictions.size} models on ${split.test.length} clips`);
  const opened = openingsText(await openTest(folder, predictions));
  for (const sentence of opened) say(sentence);
  const findings = findingsOf(split, predictions, { seed });
  const { table, reading } = await writeReport({ dataSet, split, findings, opened, preset, seed, folder });
  return { synthetic: dataSet.synthetic, split, findings, table, reading };
}
