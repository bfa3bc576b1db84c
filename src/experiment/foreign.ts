import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type DataSet, openDataSet } from '../datasets/index.ts';
import { ensembleOf, type Prediction, type Table } from '../evaluation/index.ts';
import { nodeRuntime } from '../runtime/node/index.ts';
import { makeFolder } from '../support/folders.ts';
import { openClips } from '../training/index.ts';
import { claimForeign } from './claims.ts';
import { type Experiment, type Outcome, outcomeOf, separateParts, trainingsOf } from './experiment.ts';
import { type Finding, findingsOf, measuredOn } from './findings.ts';
import {
  configurationFor,
  isSeeded,
  type ModelName,
  predictWithoutNetwork,
  separateDecisions,
  type WithoutNetwork,
} from './models.ts';
import { openingsText, openTest } from './openings.ts';
import { readPredictions, writePredictions } from './predictions-file.ts';
import { predictWith, prepareClips, type Reporting } from './run.ts';
import { separateWeights, weightedMean } from './separate.ts';
import { sourceOf, writeTables } from './write-tables.ts';

/** A data set that is tested on, and never trained on. */
export interface ForeignSet {
  /** Names its folder in the results. */
  readonly name: string;
  readonly dataSet: DataSet;
}

/** What the models of an experiment are worth on another data set. */
export interface ForeignResult {
  readonly name: string;
  readonly synthetic: boolean;
  /** Of its section in the report. */
  readonly title: string;
  /** What was measured on, in words. */
  readonly on: string;
  readonly findings: readonly Finding[];
  readonly tables: { readonly table: Table; readonly overSeeds?: Table };
  /** What is said of a test that was opened more than once. */
  readonly opened: readonly string[];
}

/** A folder of labeled clips to test on. Its films are named apart from all others. @throws InputError as `openDataSet`. */
export function foreignSet(path: string): ForeignSet {
  const dataSet = openDataSet(path);
  return named(basename(dataSet.root), dataSet);
}

/** A data set under a name. */
export function named(name: string, dataSet: DataSet): ForeignSet {
  const clips = dataSet.clips.map((clip) => ({ ...clip, film: `${name}: ${clip.film}` }));
  return { name, dataSet: { ...dataSet, clips } };
}

/**
 * Tests the trained models on another data set, into `test-on/NAME`: predictions, tables, its own `openings.json`. What an
 * earlier call predicted is only read.
 *
 * @throws InputError when one of its clips is among those of the experiment, or the folder is of another data set.
 */
export async function testOnForeign(
  experiment: Experiment,
  { name, dataSet }: ForeignSet,
  reporting: Reporting,
): Promise<ForeignResult> {
  const { configuration, cache, models } = experiment;
  await prepareClips(dataSet, cache, reporting);
  const folder = join(experiment.folder, 'test-on', name);
  await claimForeign(folder, experiment, dataSet, experiment.folder);
  const outcomes = new Map<ModelName, Outcome>();
  for (const model of models) {
    reporting.say(`${model}: predicting ${dataSet.clips.length} clips of ${name}`);
    outcomes.set(model, await outcomeThere({ ...experiment, ...reporting }, dataSet, folder, model));
  }
  const opened = openingsText(await openTest(folder, outcomes));
  const { calibration } = measuredOn(experiment.protocol);
  const findings = findingsOf({ test: dataSet.clips, calibration }, outcomes, { seed: configuration.seed });
  const source = sourceOf(dataSet);
  const on = `${source}, all ${dataSet.clips.length} clips, none trained on`;
  const warning = dataSet.synthetic ? ['These films are synthetic, too.'] : [];
  const tables = await writeTables(folder, { clips: dataSet.clips, findings, on, warning });
  const title = `Tested on ${name}, which nothing was trained on`;
  return { ...{ name, synthetic: dataSet.synthetic, title, on, findings, tables, opened } };
}

async function outcomeThere(
  experiment: Experiment & Reporting,
  { clips }: DataSet,
  folder: string,
  model: ModelName,
): Promise<Outcome> {
  const { protocol, cache, configuration, signal, threads, provider } = experiment;
  const runtime = nodeRuntime({ ...(threads && { threads }), ...(provider && { provider }) });
  const runs = [];
  for (const { seed, folders } of trainingsOf(experiment, model)) {
    const bySplit: (readonly Prediction[])[] = [];
    const calibration: Prediction[] = [];
    for (const [i, own] of folders.entries()) {
      const split = { ...protocol.splits[i]!, test: clips };
      if (!isSeeded(model)) {
        const found = await predictWithoutNetwork(model as WithoutNetwork, split, cache, configuration.seed);
        bySplit.push(found.test);
        calibration.push(...found.calibration);
        continue;
      }
      const fold = folders.length > 1 ? `fold-${i + 1}-` : '';
      const fileOf = (trained: string) => join(folder, 'predictions', `${fold}${basename(trained)}.csv`);
      if (model === separateDecisions) {
        const parts = separateParts(experiment, seed, i);
        const there = [...parts].map(
          ([stream, trained]) => [stream, readPredictions(fileOf(trained))] as const,
        );
        bySplit.push(weightedMean(separateWeights(protocol.splits[i]!, parts), new Map(there)));
        calibration.push(...readPredictions(join(own, 'calibration.csv')));
        continue;
      }
      const file = fileOf(own);
      if (!existsSync(file)) {
        makeFolder(join(folder, 'predictions'));
        const opened = await openClips(clips, cache);
        const options = {
          configuration: { ...configurationFor(model, configuration), seed },
          runtime,
          signal,
        };
        await writePredictions(file, await predictWith(join(own, 'best'), opened, options));
      }
      bySplit.push(readPredictions(file));
      calibration.push(...readPredictions(join(own, 'calibration.csv')));
    }
    // where it was trained on several splits, none of them saw these films: their mean is its answer
    const test = ensembleOf(bySplit);
    runs.push({ validation: [], calibration: folders.length > 1 ? [] : calibration, test });
  }
  return outcomeOf(runs);
}
