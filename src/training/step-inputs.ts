import type { Network } from '../models/index.ts';
import type { Runtime } from '../runtime/index.ts';
import type { Tensor } from '../support/tensor.ts';
import type { TrainingConfiguration } from './configuration.ts';
import { type Excerpt, evenExcerpt } from './excerpts.ts';
import { readInputs } from './inputs.ts';
import type { TrainingClip } from './options.ts';
import { clipsOfRun, drawEpoch, evaluationSize, excerptSize, fixedExcerpts, stepsOfEpoch } from './plan.ts';
import { readAhead, type Waiting } from './read-ahead.ts';
import type { Run } from './step.ts';
import { keepFeatures, type StreamFeatures } from './stream-features.ts';

const batchesAhead = 3;

export interface StepInputOptions {
  readonly configuration: TrainingConfiguration;
  readonly network: Network;
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly runtime: Runtime;
  readonly train: readonly TrainingClip[];
  readonly validation: readonly TrainingClip[];
  /** Where features of frozen streams are kept. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((stream: string, share: number) => void) | undefined;
}

/**
 * What the steps of a training take in. Which clips, and which parts of them, follows from the seed, the epoch and the
 * step alone, so that a resumed training sees what it would have seen.
 */
export class StepInputs {
  /** Seconds in which a step waited for its data. */
  readonly waiting: Waiting = { waited: 0 };
  /** Features of frozen streams, of the training clips and of the validation clips. */
  readonly kept: {
    readonly train: readonly StreamFeatures[];
    readonly validation: readonly StreamFeatures[];
  };
  private readonly options: StepInputOptions;
  /** Of each training clip, where these are drawn once (`flowViews`). */
  private readonly fixed: readonly (readonly Excerpt[])[] | undefined;

  private constructor(options: StepInputOptions, fixed: StepInputs['fixed'], kept: StepInputs['kept']) {
    this.options = options;
    this.fixed = fixed;
    this.kept = kept;
  }

  /** Computes the features of frozen streams that are not in the folder yet. */
  static async open(options: StepInputOptions): Promise<StepInputs> {
    const { configuration, network } = options;
    const clips = options.train.map(({ clip }) => clip);
    const fixed = fixedExcerpts(configuration, network, clips);
    const keep = { ...options, parts: configuration.train };
    const train = await keepFeatures(fixed, {
      ...keep,
      clips,
      size: excerptSize(configuration, network),
    });
    const held = options.validation.map(({ clip }) => clip);
    const size = evaluationSize(configuration, network);
    const middles = held.map((clip) => [evenExcerpt(clip, size)]);
    const validation = await keepFeatures(middles, { ...keep, clips: held, size });
    return new StepInputs(options, fixed, { train, validation });
  }

  /** Steps of an epoch. */
  get steps(): number {
    return stepsOfEpoch(this.options.configuration, this.options.train.length);
  }

  /**
   * The runs of all steps that are left, to the last epoch. Reading begins now, while the network is still being made
   * ready, and goes on while the validation clips are measured.
   *
   * @param step of this epoch, from 0.
   */
  readAhead(epoch: number, step: number): AsyncGenerator<Run> {
    return readAhead(this.runs(epoch, step), batchesAhead, this.waiting);
  }

  private *runs(epoch: number, step: number): Generator<() => Promise<Run>> {
    for (let current = epoch; current <= this.options.configuration.epochs; current++)
      yield* this.runsOfEpoch(current, current === epoch ? step : 0);
  }

  /** The epoch's random order, and of each clip a random part. */
  private *runsOfEpoch(epoch: number, firstStep: number): Generator<() => Promise<Run>> {
    const { configuration, network, train } = this.options;
    const size = excerptSize(configuration, network);
    const together = clipsOfRun(configuration);
    const clips = train.map(({ clip }) => clip);
    const steps = drawEpoch(configuration, { clips, size, fixed: this.fixed }, epoch, firstStep);
    for (const excerpts of steps) {
      for (let first = 0; first < excerpts.length; first += together) {
        const own = excerpts.slice(first, first + together);
        yield async () => ({
          ...(await readInputs(own, size, network, this.kept.train)),
          target: targets(own.map(({ clipNumber }) => train[clipNumber]!)),
        });
      }
    }
  }

  async close(): Promise<void> {
    for (const features of [...this.kept.train, ...this.kept.validation]) await features.close();
  }
}

function targets(clips: readonly TrainingClip[]): Tensor {
  return {
    shape: [clips.length, 2],
    data: Float32Array.from(clips.flatMap(({ valence, arousal }) => [valence, arousal])),
  };
}
