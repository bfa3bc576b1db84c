import { join } from 'node:path';
import { describeNetwork, type Network } from '../networks/index.ts';
import { lockForThisProcess } from '../support/owner-lock.ts';
import type { Tensor } from '../support/tensor.ts';
import { agreement } from './agreement.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { TrainingConfiguration } from './configuration.ts';
import { writeModel } from './model-folder.ts';
import {
  adam,
  adamW,
  groupedRate,
  type Optimizer,
  type OptimizerState,
  sgd,
  warmupCosine,
} from './optimizers.ts';
import type { TrainingClip, TrainOptions, TrainResult } from './options.ts';
import { predictClips } from './predict-clips.ts';
import { type EpochRecord, writeRecords } from './records/records.ts';
import { type Run, TrainingStep } from './step.ts';
import { clipsAtOnce, evaluationViewOf, StepInputs, viewOf } from './step-inputs.ts';

/** Where a run is. With the parameters and the optimizer's state it is all that a checkpoint holds: what is drawn at random follows from the seed, the epoch and the step. */
interface Progress {
  epoch: number;
  /** Steps taken in this epoch. */
  step: number;
  /** Sum over those steps. */
  loss: number;
  seconds: number;
  waited: number;
  /** Of the epochs before. */
  records: EpochRecord[];
}

const secondsBetweenCheckpoints = 300;

/**
 * The paper's training, section 4: mean squared error, Adam, a random square and flip; with early stopping by the
 * validation clips. Leaves in the folder `best/` (a model), `last/` (a checkpoint) and the records of all epochs.
 *
 * @throws InputError when another process trains in the folder.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const unlock = await lockForThisProcess(options.folder, `training in ${options.folder}`);
  try {
    const run = await TrainingRun.open(options);
    try {
      while (!run.isOver) await run.epoch();
    } finally {
      await run.close();
    }
    return { records: run.records, best: join(options.folder, 'best') };
  } finally {
    await unlock();
  }
}

class TrainingRun {
  private readonly options: TrainOptions;
  private readonly network: Network;
  private readonly inputs: StepInputs;
  private readonly step: TrainingStep;
  private readonly optimizer: Optimizer;
  private readonly state: OptimizerState;
  private readonly progress: Progress;
  /** What the steps take in, read ahead. */
  private readonly runs: AsyncGenerator<Run>;
  private savedAt: number = performance.now();

  private constructor(
    options: TrainOptions,
    network: Network,
    inputs: StepInputs,
    runs: AsyncGenerator<Run>,
    step: TrainingStep,
    optimizer: Optimizer,
    state: OptimizerState,
    progress: Progress,
  ) {
    this.options = options;
    this.network = network;
    this.inputs = inputs;
    this.runs = runs;
    this.step = step;
    this.optimizer = optimizer;
    this.state = state;
    this.progress = progress;
  }

  static async open(options: TrainOptions): Promise<TrainingRun> {
    const { configuration, parameters, provider, threads } = options;
    const network = describeNetwork(configuration);
    const saved = await readCheckpoint(join(options.folder, 'last'));
    if (saved) for (const [name, { data }] of saved.parameters) parameters.get(name)?.data.set(data);
    else startAtMean(parameters, options.train);
    const { segments, flowFields, samples } = viewOf(configuration, network);
    const progress = (saved?.progress as Progress | undefined) ?? {
      ...{ epoch: 1, step: 0, loss: 0, seconds: 0, waited: 0, records: [] },
    };
    const inputs = await StepInputs.open(options);
    const runs = inputs.readAhead(progress.epoch, progress.step);
    const step = await TrainingStep.open(
      {
        network,
        batch: { clips: clipsAtOnce(configuration), frames: segments, flows: flowFields, samples },
        parts: configuration.train,
        batchNorm: configuration.batchNorm,
        given: inputs.given,
        recompute: configuration.recompute,
        ...(provider && { provider }),
        ...(threads && { threads }),
      },
      parameters,
    );
    const optimizer = optimizerOf(configuration);
    const state =
      saved?.optimizer ?? optimizer.init(new Map(step.trained.map((name) => [name, parameters.get(name)!])));
    return new TrainingRun(options, network, inputs, runs, step, optimizer, state, progress);
  }

  get records(): readonly EpochRecord[] {
    return this.progress.records;
  }

  get isOver(): boolean {
    const { epochs, patience } = this.options.configuration;
    const errors = this.records.map(({ validationError }) => validationError);
    const best = errors.indexOf(Math.min(...errors));
    return errors.length >= epochs || errors.length - 1 - best >= patience;
  }

  private get steps(): number {
    return this.inputs.steps;
  }

  /** Takes the steps that are left of this epoch, measures the validation clips, and saves. */
  async epoch(): Promise<void> {
    const { progress, steps } = this;
    const { waiting } = this.inputs;
    while (progress.step < steps) {
      const started = performance.now();
      const before = waiting.waited;
      await this.takeStep();
      progress.seconds += (performance.now() - started) / 1000;
      progress.waited += waiting.waited - before;
      if (performance.now() - this.savedAt > 1000 * secondsBetweenCheckpoints) await this.save();
    }
    const record = await this.measured();
    const best = this.records.every(({ validationError }) => record.validationError < validationError);
    const { folder, model, parameters } = this.options;
    if (best) await writeModel(join(folder, 'best'), { ...model, network: this.network, parameters });
    Object.assign(progress, { epoch: progress.epoch + 1, step: 0, loss: 0, seconds: 0, waited: 0 });
    progress.records.push(record);
    await this.save();
    await writeRecords(folder, progress.records);
    await this.options.onEpoch?.(progress.records);
  }

  private async takeStep(): Promise<void> {
    const { configuration, signal, onStep } = this.options;
    signal?.throwIfAborted();
    const part = this.rate();
    const rates = groupedRate(configuration.learningRate);
    const { loss } = await this.step.take(
      some(this.runs, configuration.batchSize / clipsAtOnce(configuration)),
      this.optimizer,
      this.state,
      { rate: (name) => part * rates(name), gradientLimit: configuration.gradientLimit },
    );
    const { progress } = this;
    progress.step++;
    progress.loss += loss;
    onStep?.({ epoch: progress.epoch, step: progress.step, steps: this.steps, loss });
  }

  /** As a part of the peak rate. */
  private rate(): number {
    const { warmupEpochs, epochs } = this.options.configuration;
    return warmupCosine({ warmup: warmupEpochs * this.steps, total: epochs * this.steps }, this.state.step);
  }

  private async measured(): Promise<EpochRecord> {
    const { configuration, validation, parameters, provider, threads, signal } = this.options;
    const { progress, network } = this;
    const predictions = await predictClips(validation, {
      network,
      parameters,
      view: evaluationViewOf(configuration, network),
      kept: this.inputs.validation.kept,
      threads,
      signal,
      ...(provider && { provider }),
    });
    const valence = agreement(predictions, validation, 'valence');
    const arousal = agreement(predictions, validation, 'arousal');
    return {
      epoch: progress.epoch,
      wallTime: Date.now() / 1000,
      seconds: progress.seconds,
      waited: progress.waited,
      learningRate: this.rate() * configuration.learningRate.head,
      trainLoss: progress.loss / this.steps,
      validationError: (valence.relativeError + arousal.relativeError) / 2,
      valenceError: valence.error,
      arousalError: arousal.error,
      valenceR: valence.r,
      arousalR: arousal.r,
    };
  }

  private async save(): Promise<void> {
    const { folder, parameters } = this.options;
    await writeCheckpoint(join(folder, 'last'), {
      parameters,
      optimizer: this.state,
      progress: this.progress,
    });
    this.savedAt = performance.now();
  }

  async close(): Promise<void> {
    await this.runs.return(undefined);
    await this.step.close();
    await this.inputs.close();
  }
}

function optimizerOf({ optimizer, weightDecay }: TrainingConfiguration): Optimizer {
  if (optimizer === 'sgd') return sgd({ weightDecay });
  return optimizer === 'adamw' ? adamW({ weightDecay }) : adam();
}

/** A regression that starts from the mean label has only the differences to learn. */
function startAtMean(parameters: ReadonlyMap<string, Tensor>, clips: readonly TrainingClip[]): void {
  const mean = (dimension: 'valence' | 'arousal') =>
    clips.reduce((sum, clip) => sum + clip[dimension], 0) / clips.length;
  for (const [name, { data }] of parameters)
    if (/(^|\.)regression\.bias$/.test(name)) data.set([mean('valence'), mean('arousal')]);
}

async function* some<T>(items: AsyncGenerator<T>, count: number): AsyncGenerator<T, void, undefined> {
  for (let i = 0; i < count; i++) {
    const { value, done } = await items.next();
    if (done) return;
    yield value;
  }
}
