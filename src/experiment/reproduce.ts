import { dirname, join } from 'node:path';
import {
  checkText,
  type DataSet,
  dataSetFor,
  inspectDataSet,
  mediaEvalBeside,
  type Protocol,
  protocolNamed,
  testedClips,
} from '../datasets/index.ts';
import type { Table } from '../evaluation/index.ts';
import type { JobQueue } from '../jobs/index.ts';
import type { Provider } from '../runtime/node/index.ts';
import { InputError } from '../support/errors.ts';
import { checkWritable } from '../support/folders.ts';
import type { TrainingConfiguration } from '../training/index.ts';
import { writeCard } from './card.ts';
import { claimExperiment } from './claims.ts';
import { clipFolder } from './clip-place.ts';
import { configurationOf, type Experiment, runExperiment, trainingsOf } from './experiment.ts';
import { type Finding, findingsOf, measuredOn } from './findings.ts';
import { type ForeignResult, type ForeignSet, foreignSet, named, testOnForeign } from './foreign.ts';
import {
  addsTo,
  distinctModels,
  isNetwork,
  type ModelName,
  preparingFor,
  tunedSound,
  usualModels,
  withParts,
} from './models.ts';
import { openingsText, openTest } from './openings.ts';
import { planText } from './plan.ts';
import { readPredictions } from './predictions-file.ts';
import { prepareByJobs, trainByJobs } from './queued.ts';
import { writeReport } from './report.ts';
import { preparedClips, type Reporting, silent } from './run.ts';
import { ResultStore } from './store.ts';
import { fetchResults, putResults } from './stored-results.ts';
import { spreadSentence } from './tables.ts';

/** What the paper's experiment is run on. */
export interface ReproduceOptions {
  /** The folder of a data set. */
  readonly data: string;
  /** Where all results go; what an earlier call left there goes on. */
  readonly folder: string;
  /** What all networks share. */
  readonly configuration: TrainingConfiguration;
  /** How often each network is trained, by the configuration's seed and those after it; once unless told. */
  readonly seeds?: number;
  /** The folder of another data set that all models are tested on, and none is trained on. */
  readonly testOn?: string | undefined;
  /** Default: all that the paper speaks of. */
  readonly models?: readonly ModelName[];
  /** Where prepared clips are kept: a folder, or `s3://bucket/prefix`. Default: `clips` in the store, else beside the folder. */
  readonly cache?: string | undefined;
  /** `s3://bucket/prefix`: results are kept there, too, and machines that train need no folder in common. */
  readonly store?: string | undefined;
  /** With a queue those of every worker; each worker's own unless told. */
  readonly threads?: number | undefined;
  readonly provider?: Provider | undefined;
  /** Clips are prepared and networks trained by the workers of this queue, on whatever machines they are. */
  readonly queue?: JobQueue | undefined;
}

/** What the experiment came to. */
export interface Reproduction {
  readonly synthetic: boolean;
  readonly protocol: Protocol;
  /** In the order of the models; of several seeds, of their ensembles. */
  readonly findings: readonly Finding[];
  /** Every model, first at valence, then at arousal. */
  readonly table: Table;
  /** Mean and standard deviation over seeds, where there are several. */
  readonly overSeeds?: Table;
  /** What was measured on data sets that nothing was trained on. */
  readonly foreign: readonly ForeignResult[];
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
  const { data, folder, configuration, threads, provider, queue } = options;
  if (configuration.addsTo !== undefined)
    throw new InputError(
      `addsTo: ${configuration.addsTo}: all networks of an experiment are trained in it; the models paper+… add a stream to its own`,
    );
  const wanted = withParts(options.models ?? usualModels);
  const models = distinctModels(wanted, configuration);
  const { preset, seed } = configuration;
  const { say } = reporting;
  const adding = models.find((name) => addsTo(name) !== undefined);
  if (options.store !== undefined && adding !== undefined)
    throw new InputError(
      `--store: ${adding} adds a stream to the model that another training leaves in a folder; a shared folder (--out) expected for it`,
    );
  const store = options.store === undefined ? undefined : new ResultStore(options.store);
  const place = options.cache ?? (store ? store.bucket.addressOf('clips') : join(dirname(folder), 'clips'));
  for (const written of [folder, clipFolder(place)]) checkWritable(written);
  await store?.bucket.checkConditions(reporting.signal);
  const { report: check, open } = inspectDataSet(data);
  say(checkText(check).trimEnd());
  const dataSet = dataSetFor(configuration.split, open());
  const protocol = protocolNamed(configuration.split, dataSet.clips, seed);
  const seeds = Array.from({ length: options.seeds ?? 1 }, (_, i) => seed + i);
  const foreign = foreignOf(options, dataSet);
  if (models.length < wanted.length)
    say(`${tunedSound} is left out: the configuration trains the sound stream of every network`);
  if (models.length === 0)
    throw new InputError(
      `${tunedSound} alone was asked for, which is 'paper' here: the configuration trains the sound stream`,
    );
  say(planText({ dataSet, protocol, configuration, models, seeds }));

  const queued = queue && { queue, data, store, configuration, cache: place };
  const preparing = preparingFor(models, configuration);
  if (queued) await prepareByJobs({ ...queued, configuration: preparing }, dataSet, reporting);
  const cache = await preparedClips(dataSet, preparing, place, reporting);
  const experiment = {
    ...{ dataSet, protocol, cache, configuration, models, seeds, folder, store },
    ...{ threads, provider },
  };
  await claimExperiment(folder, experiment);
  await store?.claim(folder, reporting.signal);
  if (queued) await trainByJobs(queued, experiment, reporting);
  const outcomes = await runExperiment(experiment, reporting);
  if (store) await fetchResults(store, folder, reporting.signal);
  say(`comparing ${outcomes.size} models on ${testedClips(protocol).length} clips`);
  const opened = openingsText(await openTest(folder, outcomes));
  for (const sentence of opened) say(sentence);
  const findings = findingsOf(measuredOn(protocol), outcomes, { seed });
  await writeCards(experiment, findings, opened);
  const results: ForeignResult[] = [];
  for (const set of foreign) results.push(await testOnForeign(experiment, set, reporting));
  const report = await writeReport({
    ...{ dataSet, protocol, findings, opened, preset, seeds, folder, foreign: results },
  });
  if (store) await putResults(store, folder, reporting.signal);
  return { synthetic: dataSet.synthetic, protocol, findings, foreign: results, ...report };
}

/** What is tested on beside: what was asked for; and with the paper's split the clips of MediaEval 2016, where they stand beside. */
function foreignOf({ testOn, configuration }: ReproduceOptions, dataSet: DataSet): ForeignSet[] {
  const asked = testOn === undefined ? [] : [foreignSet(testOn)];
  const beside = configuration.split === 'paper' ? mediaEvalBeside(dataSet) : undefined;
  return [...asked, ...(beside ? [named(beside.format, beside)] : [])];
}

/** The card of every network that was trained, each with its own figures, and what its other seeds came to. */
async function writeCards(
  experiment: Experiment,
  findings: readonly Finding[],
  opened: readonly string[],
): Promise<void> {
  const { dataSet, protocol } = experiment;
  for (const { name, overSeeds } of findings.filter((finding) => isNetwork(finding.name)))
    for (const { seed, folders } of trainingsOf(experiment, name))
      for (const [i, folder] of folders.entries())
        await writeCard(join(folder, 'best'), {
          ...{ dataSet, split: protocol.splits[i]! },
          configuration: configurationOf(experiment, name, seed, i),
          test: readPredictions(join(folder, 'predictions.csv')),
          notes: [...(overSeeds ? [spreadSentence(overSeeds)] : []), ...opened],
        });
}
