import { join, relative, resolve, sep } from 'node:path';
import type { ClipCache } from '../clips/index.ts';
import type { DataSet, Protocol, Split } from '../datasets/index.ts';
import { ensembleOf } from '../evaluation/index.ts';
import type { Provider } from '../runtime/node/index.ts';
import { standardStreams } from '../streams/index.ts';
import { makeFolder } from '../support/folders.ts';
import type { EpochRecord, TrainingConfiguration } from '../training/index.ts';
import {
  addsTo,
  configurationFor,
  isNetwork,
  isSeeded,
  type ModelName,
  nameOfStreams,
  predictWithoutNetwork,
  type SeparateParts,
  separateDecisions,
  type WithoutNetwork,
} from './models.ts';
import { writePredictions } from './predictions-file.ts';
import { duration, type HeldOut, type Reporting, trainAndPredict } from './run.ts';
import { combineSeparate } from './separate.ts';
import type { ResultStore } from './store.ts';
import { trainInStore } from './stored-run.ts';

export interface Experiment {
  readonly dataSet: DataSet;
  readonly protocol: Protocol;
  readonly cache: ClipCache;
  /** What all networks share. */
  readonly configuration: TrainingConfiguration;
  /** `separate-decisions` after the networks that it is put together from. */
  readonly models: readonly ModelName[];
  /** Each network is trained once by each; what is no network has none. */
  readonly seeds: readonly number[];
  readonly folder: string;
  /** Where runs of networks are shared with other machines, if they are. */
  readonly store?: ResultStore | undefined;
  readonly threads?: number | undefined;
  readonly provider?: Provider | undefined;
}

/** What a model says of the clips of a protocol. */
export interface Outcome {
  /** Of each seed, its splits one after the other; one where nothing is drawn. */
  readonly runs: readonly HeldOut[];
  /** The mean of what these predict. */
  readonly ensemble: HeldOut;
}

/** The trainings of one model by one seed: one for each split of the protocol, each in a folder of its own. */
export interface Trainings {
  readonly name: ModelName;
  readonly seed: number;
  readonly folders: readonly string[];
}

/** All trainings of a model; those of the first seed carry its name alone, so that seeds may be added later. */
export function trainingsOf(
  { folder, protocol, seeds }: Pick<Experiment, 'folder' | 'protocol' | 'seeds'>,
  name: ModelName,
): Trainings[] {
  const fold = (i: number) => (protocol.splits.length > 1 ? [join('folds', String(i + 1))] : []);
  return (isSeeded(name) ? seeds : seeds.slice(0, 1)).map((seed, i) => {
    const own = i === 0 ? name : `${name}-seed-${seed}`;
    return { name, seed, folders: protocol.splits.map((_, k) => join(folder, ...fold(k), 'models', own)) };
  });
}

/**
 * The configuration of one training. Of a network that adds a stream to another it names the model that the other's training
 * by the same seed, on the same split, leaves.
 *
 * @param split its number among those of the protocol.
 */
export function configurationOf(
  experiment: Pick<Experiment, 'folder' | 'protocol' | 'seeds' | 'configuration'>,
  name: ModelName,
  seed: number,
  split: number,
): TrainingConfiguration {
  const own = { ...configurationFor(name, experiment.configuration), seed };
  const base = addsTo(name);
  if (base === undefined) return own;
  const { folders } = trainingsOf(experiment, base).find((trainings) => trainings.seed === seed)!;
  return { ...own, addsTo: resolve(folders[split]!, 'best') };
}

/** What a run is called in a store: its folder's name within that of the experiment. */
export function runName({ folder }: Pick<Experiment, 'folder'>, run: string): string {
  return relative(folder, run).replaceAll(sep, '/');
}

/** What `separate-decisions` is put together from: the trainings of single streams by the same seed, on the same split. */
export function separateParts(
  experiment: Pick<Experiment, 'folder' | 'protocol' | 'seeds'>,
  seed: number,
  split: number,
): SeparateParts {
  return new Map(
    standardStreams.map((stream) => {
      const own = trainingsOf(experiment, nameOfStreams([stream]));
      return [stream, own.find((trainings) => trainings.seed === seed)!.folders[split]!];
    }),
  );
}

/**
 * Trains every model on the same clips, by every seed and on every split, and predicts the same others, each in a folder
 * of its own, one after the other: a training uses all cores. What an earlier call finished is only read, what it left
 * unfinished goes on.
 */
export async function runExperiment(
  experiment: Experiment,
  reporting: Reporting,
): Promise<Map<ModelName, Outcome>> {
  const { models } = experiment;
  const features = join(experiment.folder, 'features');
  const outcomes = new Map<ModelName, Outcome>();
  const estimate = estimateOnce(experiment, reporting);
  for (const [i, name] of models.entries()) {
    if (isNetwork(name)) reporting.say(`model ${i + 1} of ${models.length}: ${name}`);
    const runs: HeldOut[] = [];
    for (const { seed, folders } of trainingsOf(experiment, name)) {
      const parts: HeldOut[] = [];
      for (const [k, folder] of folders.entries()) {
        reporting.signal.throwIfAborted();
        const split = experiment.protocol.splits[k]!;
        const run = {
          ...{ ...experiment, ...reporting, split, folder, features },
          name: runName(experiment, folder),
        };
        parts.push(
          isNetwork(name)
            ? await trained(run, configurationOf(experiment, name, seed, k), estimate)
            : name === separateDecisions
              ? await combineSeparate(split, separateParts(experiment, seed, k), folder)
              : await computed(run, name),
        );
      }
      runs.push(joined(parts));
    }
    outcomes.set(name, outcomeOf(runs));
  }
  return outcomes;
}

/** What the runs of a model come to together. */
export function outcomeOf(runs: readonly HeldOut[]): Outcome {
  const of = (part: keyof HeldOut) => ensembleOf(runs.map((run) => run[part]));
  return {
    runs,
    ensemble: { validation: of('validation'), calibration: of('calibration'), test: of('test') },
  };
}

type Run = Experiment &
  Reporting & { readonly name: string; readonly split: Split; readonly features: string };

async function trained(
  run: Run,
  configuration: TrainingConfiguration,
  onEpoch: (record: EpochRecord) => void,
): Promise<HeldOut> {
  const options = { ...run, configuration, onEpoch };
  const { store } = run;
  return store ? await trainInStore(store, run.name, options) : await trainAndPredict(options);
}

async function computed({ split, cache, configuration, folder }: Run, name: ModelName): Promise<HeldOut> {
  const heldOut = await predictWithoutNetwork(name as WithoutNetwork, split, cache, configuration.seed);
  makeFolder(folder);
  await writePredictions(join(folder, 'predictions.csv'), heldOut.test);
  return heldOut;
}

/** Splits one after the other. */
function joined(parts: readonly HeldOut[]): HeldOut {
  const [first, ...others] = parts;
  if (others.length === 0) return first!;
  const of = (part: keyof HeldOut) => parts.flatMap((heldOut) => heldOut[part]);
  return { validation: of('validation'), calibration: of('calibration'), test: of('test') };
}

/** Says once, after the first epoch, how long all trainings take at most. */
function estimateOnce({ models, seeds, protocol, configuration }: Experiment, { say }: Reporting) {
  let said = false;
  return ({ seconds }: EpochRecord) => {
    if (said) return;
    said = true;
    const count = models.filter(isNetwork).length * seeds.length * protocol.splits.length;
    const most = duration(seconds * configuration.epochs * count);
    say(`${count} trainings of at most ${configuration.epochs} epochs: at most about ${most}`);
  };
}
