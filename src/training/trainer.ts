import { join } from 'node:path';
import { z } from 'zod';
import { describeNetwork, type Network } from '../models/index.ts';
import { writeModel } from '../models/node/index.ts';
import { nodeRuntime, type Runtime } from '../runtime/node/index.ts';
import { InputError } from '../support/errors.ts';
import { lockForThisProcess } from '../support/owner-lock.ts';
import type { Tensor } from '../support/tensor.ts';
import { additionOf } from './addition.ts';
import { agreement } from './agreement.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { TrainingConfiguration } from './configuration.ts';
import { adam, adamW, groupedRate, type Optimizer, type OptimizerState, sgd } from './optimizers.ts';
import type { TrainOptions, TrainResult } from './options.ts';
import { originOf, refuseAnother } from './origin.ts';
import { clipsOfRun, evaluationSize, excerptSize, partOfPeakRate } from './plan.ts';
import { predictClips } from './predict-clips.ts';
import { type EpochRecord, epochRecordSchema, writeRecords } from './records/records.ts';
import { startAtMean } from './start.ts';
import { type Run, TrainingStep } from './step.ts';
import { StepInputs } from './step-inputs.ts';

/**
 * The paper's training: mean squared error (section 2), Adam, a random square and flip (section 3.3); with early stopping
 * by the validation clips. Leaves in the folder `best/` (a model), `last/` (a checkpoint) and the records of all epochs.
 *
 * @throws InputError when another process trains in the folder and is not waited for, or the checkpoint there is of
 *   another configuration or of other clips.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { folder, signal, onHeld } = options;
  const lock = await lockForThisProcess(folder, `training in ${folder}`, { signal, onHeld });
  try {
    const training = await begin({ ...options, signal: lock.signal });
    try {
      while (!isOver(training)) {
        await takeSteps(training);
        const record = await measure(training);
        await keep(training, record);
        await options.onEpoch?.(training.progress.records);
        await options.onCheckpoint?.();
      }
    } finally {
      await end(training);
    }
    return { records: training.progress.records, best: join(folder, 'best') };
  } finally {
    await lock.release();
  }
}

/**
 * Where a run is. With the parameters and the optimizer's state it is all that a checkpoint holds: what is drawn at random
 * follows from the seed, the epoch and the step.
 */
const progressSchema = z.object({
  epoch: z.number().int().min(1),
  /** Steps taken in this epoch. */
  step: z.number().int().min(0),
  /** Sum over those steps. */
  loss: z.number(),
  seconds: z.number(),
  waited: z.number(),
  /** Of the epochs before. */
  records: z.array(epochRecordSchema),
});
type Progress = z.infer<typeof progressSchema>;

const atTheStart = { step: 0, loss: 0, seconds: 0, waited: 0 };
const secondsBetweenCheckpoints = 300;

/** A run under way. */
interface Training {
  readonly options: TrainOptions;
  readonly network: Network;
  readonly runtime: Runtime;
  readonly inputs: StepInputs;
  /** What the steps take in, read ahead. */
  readonly runs: AsyncGenerator<Run>;
  readonly step: TrainingStep;
  readonly optimizer: Optimizer;
  readonly state: OptimizerState;
  readonly progress: Progress;
  /** When the last checkpoint was written, in milliseconds. */
  savedAt: number;
}

/** From the checkpoint in the folder, or from the given parameters. */
async function begin(options: TrainOptions): Promise<Training> {
  const { configuration, parameters, folder, runtime = nodeRuntime() } = options;
  const network = describeNetwork(configuration);
  const addition = await additionOf(configuration);
  const saved = await readCheckpoint(join(folder, 'last'));
  if (saved) refuseAnother(folder, saved.origin, originOf(options));
  if (saved) take(saved.parameters, parameters, join(folder, 'last'));
  else if (!addition) startAtMean(parameters, options.train);
  const progress = saved ? progressOf(saved.progress, folder) : { epoch: 1, ...atTheStart, records: [] };
  const inputs = await StepInputs.open({
    ...{ configuration, network, parameters, runtime },
    train: options.train,
    validation: options.validation,
    folder: options.features ?? join(folder, 'features'),
    signal: options.signal,
    onProgress: options.onFeatures,
  });
  const runs = inputs.readAhead(progress.epoch, progress.step);
  const { moments, fields, samples } = excerptSize(configuration, network);
  const step = await TrainingStep.open(
    {
      network,
      batch: { clips: clipsOfRun(configuration), frames: moments, pairs: fields, samples },
      parts: configuration.train,
      batchNorm: configuration.batchNorm,
      given: inputs.kept.train.map(({ stream }) => stream),
      masks: addition?.masks ?? new Map(),
      recompute: configuration.recompute,
      runtime,
    },
    parameters,
  );
  const optimizer = optimizerOf(configuration);
  const state =
    saved?.optimizer ?? optimizer.init(new Map(step.trained.map((name) => [name, parameters.get(name)!])));
  const savedAt = performance.now();
  return { options, network, runtime, inputs, runs, step, optimizer, state, progress, savedAt };
}

function isOver({ options, progress }: Training): boolean {
  const { epochs, patience } = options.configuration;
  const errors = progress.records.map(({ validationError }) => validationError);
  const best = errors.indexOf(Math.min(...errors));
  return errors.length >= epochs || errors.length - 1 - best >= patience;
}

/** Takes the steps that are left of this epoch. */
async function takeSteps(training: Training): Promise<void> {
  const { options, inputs, runs, step, optimizer, state, progress } = training;
  const { configuration, signal, onStep } = options;
  const { steps, waiting } = inputs;
  const rates = groupedRate(configuration.learningRate, configuration.backbone);
  while (progress.step < steps) {
    signal?.throwIfAborted();
    const started = performance.now();
    const before = waiting.waited;
    const part = partOfPeak(training);
    const { loss } = await step.take(
      some(runs, configuration.batchSize / clipsOfRun(configuration)),
      optimizer,
      state,
      { rate: (name) => part * rates(name), gradientLimit: configuration.gradientLimit },
    );
    progress.step++;
    progress.loss += loss;
    progress.seconds += (performance.now() - started) / 1000;
    progress.waited += waiting.waited - before;
    onStep?.({ epoch: progress.epoch, step: progress.step, steps, loss });
    if (performance.now() - training.savedAt <= 1000 * secondsBetweenCheckpoints) continue;
    await save(training);
    await options.onCheckpoint?.();
  }
}

/** The learning rate, as a part of its peak. */
function partOfPeak({ options, state }: Training): number {
  return partOfPeakRate(options.configuration, options.train.length, state.step);
}

/** What the epoch came to, on the validation clips. */
async function measure(training: Training): Promise<EpochRecord> {
  const { options, network, runtime, inputs, progress } = training;
  const { configuration, validation, parameters, signal } = options;
  const predictions = await predictClips(validation, {
    ...{ network, parameters, runtime, signal },
    size: evaluationSize(configuration, network),
    kept: inputs.kept.validation,
  });
  const valence = agreement(predictions, validation, 'valence');
  const arousal = agreement(predictions, validation, 'arousal');
  return {
    epoch: progress.epoch,
    wallTime: Date.now() / 1000,
    seconds: progress.seconds,
    waited: progress.waited,
    learningRate: partOfPeak(training) * configuration.learningRate.head,
    trainLoss: progress.loss / inputs.steps,
    validationError: (valence.relativeError + arousal.relativeError) / 2,
    valenceError: valence.error,
    arousalError: arousal.error,
    valenceR: valence.r,
    arousalR: arousal.r,
  };
}

/** Writes the model if it is the best so far, a checkpoint and the records; then the next epoch begins. */
async function keep(training: Training, record: EpochRecord): Promise<void> {
  const { options, network, progress } = training;
  const { folder, model, parameters } = options;
  const isBest = progress.records.every(({ validationError }) => record.validationError < validationError);
  if (isBest) await writeModel(join(folder, 'best'), { ...model, network, parameters });
  progress.records.push(record);
  Object.assign(progress, { epoch: progress.epoch + 1, ...atTheStart });
  await save(training);
  await writeRecords(folder, progress.records);
}

async function end({ runs, step, inputs }: Training): Promise<void> {
  await runs.return(undefined);
  await step.close();
  await inputs.close();
}

async function save(training: Training): Promise<void> {
  const { options, state, progress } = training;
  const { folder, parameters } = options;
  const { configuration, clips } = originOf(options);
  await writeCheckpoint(join(folder, 'last'), {
    ...{ parameters, optimizer: state, progress },
    origin: { configuration: { ...configuration }, clips },
  });
  training.savedAt = performance.now();
}

/** @throws InputError when a parameter has another shape: the network has changed since. */
function take(
  saved: ReadonlyMap<string, Tensor>,
  parameters: ReadonlyMap<string, Tensor>,
  source: string,
): void {
  for (const [name, { shape, data }] of saved) {
    const own = parameters.get(name);
    if (`${own?.shape}` !== `${shape}`)
      throw new InputError(
        `${source}: ${name} is [${shape}], not [${own?.shape ?? 'of the network'}]: a training of an earlier version; delete its folder to start anew`,
      );
    own!.data.set(data);
  }
}

function progressOf(saved: unknown, folder: string): Progress {
  const { data } = progressSchema.safeParse(saved);
  if (data) return data;
  throw new InputError(`${join(folder, 'last')} is not a checkpoint of a training, or is damaged`);
}

function optimizerOf({ optimizer, weightDecay }: TrainingConfiguration): Optimizer {
  if (optimizer === 'sgd') return sgd({ weightDecay });
  return optimizer === 'adamw' ? adamW({ weightDecay }) : adam();
}

async function* some<T>(items: AsyncGenerator<T>, count: number): AsyncGenerator<T, void, undefined> {
  for (let i = 0; i < count; i++) {
    const { value, done } = await items.next();
    if (done) return;
    yield value;
  }
}
