import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type ClipCache, preprocessingOf } from '../clips/index.ts';
import type { DataSet, Split } from '../datasets/index.ts';
import type { Prediction } from '../evaluation/index.ts';
import { readModel } from '../models/node/index.ts';
import { nodeRuntime, type Provider, type Runtime } from '../runtime/node/index.ts';
import { InputError } from '../support/errors.ts';
import { writeAtomically } from '../support/files.ts';
import { makeFolder } from '../support/folders.ts';
import {
  checkOrigin,
  configurationKeys,
  configurationText,
  type EpochRecord,
  evaluationSize,
  initialParameters,
  type openClips,
  openSplit,
  originOf,
  predictClips,
  type TrainingConfiguration,
  train,
  trainingConfiguration,
} from '../training/index.ts';
import { calibrate } from './calibration.ts';
import { clipsAt } from './clip-place.ts';
import { drawRun } from './draw-run.ts';
import { predictWholeClips } from './predict-whole.ts';
import { readPredictions, writePredictions } from './predictions-file.ts';

/** Shows how far a task is; a share below the one before begins the next task. */
export interface Progress {
  /** @param done 0 to 1. */
  show(label: string, done: number): void;
  clear(): void;
}

/** Where an experiment reports to, and what stops it. */
export interface Reporting {
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** A line for people. */
  say(line: string): void;
}

/** Tells nobody, and nothing stops it. */
export const silent: Reporting = {
  signal: new AbortController().signal,
  progress: { show() {}, clear() {} },
  say() {},
};

/**
 * The clips of a data set, prepared as a configuration has them; what is there already is used.
 *
 * @param place a folder, or a bucket's address: `s3://bucket/prefix`.
 */
export async function preparedClips(
  dataSet: DataSet,
  configuration: TrainingConfiguration,
  place: string,
  reporting: Reporting,
): Promise<ClipCache> {
  const cache = await clipsAt(place, configuration);
  await prepareClips(dataSet, cache, reporting);
  return cache;
}

/** Prepares the clips of a data set, but those that are there already. */
export async function prepareClips(
  dataSet: DataSet,
  cache: ClipCache,
  { signal, progress, say }: Reporting,
): Promise<void> {
  await cache.prepare(
    dataSet.clips,
    ({ done, total, estimate }) => {
      if (estimate && estimate.missing > 20) {
        const { missing, seconds, bytes } = estimate;
        say(
          `preparing ${missing} clips: about ${duration(seconds)} and ${(bytes / 1e9).toFixed(2)} GB in ${cache.folder}`,
        );
      }
      progress.show(`preparing clips, ${done} of ${total}`, done / total);
    },
    signal,
  );
  progress.clear();
}

/** A training of one network in a folder of its own. */
export interface TrainingRunOptions extends Reporting {
  readonly dataSet: DataSet;
  readonly split: Split;
  readonly cache: ClipCache;
  readonly configuration: TrainingConfiguration;
  /** Goes on with what is there. */
  readonly folder: string;
  readonly threads?: number | undefined;
  readonly provider?: Provider | undefined;
  /** Where features of frozen streams are kept, if runs share them. */
  readonly features?: string;
  /** Another process that trains in the folder is waited for; else that is an error. */
  readonly waits?: boolean;
  readonly onEpoch?: (record: EpochRecord) => void;
  /** Called when the folder has a new checkpoint; the training goes on when it is done. */
  readonly onCheckpoint?: (() => Promise<void>) | undefined;
}

/** What a model says of the clips it was not trained on. */
export interface HeldOut {
  readonly validation: readonly Prediction[];
  readonly calibration: readonly Prediction[];
  readonly test: readonly Prediction[];
}

/**
 * Trains in a folder, then predicts with the best model: `predictions.csv` for the test clips, `validation.csv` for
 * those that training was stopped by, `calibration.csv` for those that the model's intervals are made from. A finished run is only read.
 *
 * @throws InputError when the folder holds a run of another configuration, or of other clips.
 */
export async function trainAndPredict(options: TrainingRunOptions): Promise<HeldOut> {
  const { dataSet, split, cache, configuration, folder, threads, provider, signal, progress, say } = options;
  await claimFolder(folder, configuration);
  const files = {
    validation: join(folder, 'validation.csv'),
    calibration: join(folder, 'calibration.csv'),
    test: join(folder, 'predictions.csv'),
  };
  const clips = await openSplit(split, cache);
  await checkOrigin(folder, originOf({ configuration, ...clips }));
  // written last
  if (existsSync(files.test))
    return {
      validation: readPredictions(files.validation),
      calibration: readPredictions(files.calibration),
      test: readPredictions(files.test),
    };

  const runtime = nodeRuntime({ ...(threads && { threads }), ...(provider && { provider }) });
  const name = basename(folder);
  const trained = trainedOn(dataSet, split);
  const { best } = await train({
    configuration,
    folder,
    train: clips.train,
    validation: clips.validation,
    parameters: await initialParameters(configuration),
    model: {
      ...{ name, trained },
      synthetic: Boolean(dataSet.synthetic),
      // that of its own streams; the clips may be prepared for others, too
      preprocessing: await preprocessingOf(configuration),
    },
    runtime,
    signal,
    features: options.features,
    onHeld: options.waits
      ? (holder) => progress.show(`${name}: waiting for ${holder}, which trains it`, 0)
      : undefined,
    onFeatures: (stream, share) => progress.show(`${name}: features of the frozen ${stream} stream`, share),
    onStep: ({ epoch, step, steps, loss }) =>
      progress.show(
        `${name}: epoch ${epoch}, loss ${loss.toFixed(3)}`,
        ((epoch - 1) * steps + step) / (configuration.epochs * steps),
      ),
    onEpoch: async (records) => {
      progress.clear();
      const record = records.at(-1)!;
      say(
        `${name}: epoch ${record.epoch}  loss ${record.trainLoss.toFixed(3)}  ` +
          `validation r valence ${record.valenceR.toFixed(3)}, arousal ${record.arousalR.toFixed(3)}  ` +
          `${duration(record.seconds)}, waited for data ${((100 * record.waited) / record.seconds).toFixed(1)} %`,
      );
      const picture = await drawRun(records, { name, about: `trained on ${trained}` });
      await writeAtomically(join(folder, 'results.png'), picture);
      options.onEpoch?.(record);
    },
    onCheckpoint: options.onCheckpoint,
  });
  const predict = (part: 'validation' | 'calibration' | 'test') =>
    predictWith(best, clips[part], {
      ...{ configuration, runtime, signal },
      onProgress: (done) => progress.show(`${name}: predicting the ${part} clips`, done),
    });
  const validation = await predict('validation');
  await writePredictions(files.validation, validation);
  const calibration = split.calibration.length > 0 ? await predict('calibration') : [];
  await writePredictions(files.calibration, calibration);
  const test = await predict('test');
  await calibrate(best, {
    ...{ train: clips.train, apart: split.calibration, predictions: calibration, runtime, signal },
    onProgress: (done) => progress.show(`${name}: what its training set is like`, done),
  });
  progress.clear();
  await writePredictions(files.test, test);
  return { validation, calibration, test };
}

/**
 * What the model in a folder says of prepared clips.
 *
 * @param configuration says how much of each it looks at.
 */
export async function predictWith(
  folder: string,
  clips: Awaited<ReturnType<typeof openClips>>,
  { configuration, runtime, signal, onProgress }: PredictWithOptions,
): Promise<Prediction[]> {
  const model = await readModel(folder);
  const { network, parameters } = model;
  const values =
    configuration.evaluation === 'all'
      ? await predictWholeClips(clips, { model, runtime, signal, onProgress })
      : await predictClips(clips, {
          ...{ network, parameters, runtime, signal },
          size: evaluationSize(configuration, network),
        });
  return clips.map(({ id }, i) => ({ id, ...values[i]! }));
}

interface PredictWithOptions {
  readonly configuration: TrainingConfiguration;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  /** @param done 0 to 1. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Writes the configuration into the folder, or finds the same one there. One without `evaluation` is of an earlier
 * version, which measured on segments: what is not measured yet goes on as it is asked for now.
 */
export async function claimFolder(folder: string, configuration: TrainingConfiguration): Promise<void> {
  makeFolder(folder);
  const file = join(folder, 'config.yaml');
  const text = configurationText(configuration);
  if (!existsSync(file)) return await writeAtomically(file, text);
  const keys = configurationKeys(readFileSync(file, 'utf8'), file);
  const { evaluation } = configuration;
  const there = trainingConfiguration({ evaluation, ...keys }, file);
  if (configurationText(there) !== text)
    throw new InputError(`${folder} holds a run of another configuration; choose another name, or delete it`);
  if (keys.evaluation !== undefined) return;
  if (evaluation === 'all' && existsSync(join(folder, 'predictions.csv')))
    throw new InputError(
      `${folder} was measured by an earlier version, on ${there.evaluationSegments} moments of each clip; ` +
        "'evaluation: segments' in the configuration keeps that, another folder gives a run that is measured on all",
    );
  await writeAtomically(file, text);
}

/** What a model is trained on, in a few words: shown with everything it predicts. */
export function trainedOn(dataSet: DataSet, split: Split): string {
  const films = new Set(split.train.map(({ film }) => film)).size;
  const { length } = split.train;
  // never the name of the format there, which is that of a data set of real films
  return dataSet.synthetic
    ? `${length} synthetic clips (rendered, not filmed) of ${films} films, split ${split.name}`
    : `${length} clips of ${films} films, ${dataSet.format}, split ${split.name}`;
}

export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
