import { join } from 'node:path';
import { describeNetwork, type Network, type Stream } from '../networks/index.ts';
import { Random } from '../support/random.ts';
import type { Tensor } from '../support/tensor.ts';
import { evenGlance, type Glance, randomGlance, type View } from './batches.ts';
import type { TrainingConfiguration } from './configuration.ts';
import { keepFeatures, readInputs } from './kept-inputs.ts';
import type { TrainingClip, TrainOptions } from './options.ts';
import { readAhead, type Waiting } from './read-ahead.ts';
import type { Run } from './step.ts';
import type { StreamFeatures } from './stream-features.ts';

const batchesAhead = 3;

/** Clips of a run, and what is kept of their frozen streams. */
interface Part {
  readonly clips: readonly TrainingClip[];
  readonly kept: readonly StreamFeatures[];
}

/**
 * What the steps of a training take in. Which clips, and which parts of them, follows from the seed, the epoch and the
 * step alone, so that a resumed training sees what it would have seen.
 */
export class StepInputs {
  readonly validation: Part;
  /** Seconds in which a step waited for its data. */
  readonly waiting: Waiting = { waited: 0 };
  private readonly configuration: TrainingConfiguration;
  private readonly network: Network;
  private readonly train: Part;
  /** Of each training clip, where these are drawn once (`flowViews`). */
  private readonly glances: readonly (readonly Glance[])[] | undefined;

  private constructor(
    configuration: TrainingConfiguration,
    network: Network,
    train: Part,
    validation: Part,
    glances: readonly (readonly Glance[])[] | undefined,
  ) {
    this.configuration = configuration;
    this.network = network;
    this.train = train;
    this.validation = validation;
    this.glances = glances;
  }

  /** Computes the features of frozen streams that are not in the run's folder yet. */
  static async open(options: TrainOptions): Promise<StepInputs> {
    const { configuration, folder, features = join(folder, 'features'), onFeatures } = options;
    const network = describeNetwork(configuration);
    const onProgress = onFeatures && ((stream: Stream, share: number) => onFeatures(stream, share));
    const keep = { ...options, network, folder: features, onProgress };
    const glances = fixedGlances(configuration, network, options.train);
    const clips = options.train.map(({ clip }) => clip);
    const kept = await keepFeatures(clips, viewOf(configuration, network), glances, keep);

    const held = options.validation.map(({ clip }) => clip);
    const evaluationView = evaluationViewOf(configuration, network);
    const middles = held.map((clip) => [evenGlance(clip, evaluationView)]);
    const heldKept = await keepFeatures(held, evaluationView, middles, keep);
    return new StepInputs(
      configuration,
      network,
      { clips: options.train, kept },
      { clips: options.validation, kept: heldKept },
      glances,
    );
  }

  /** Streams that steps are given the features of. */
  get given(): Stream[] {
    return this.train.kept.map(({ stream }) => stream);
  }

  /** Steps of an epoch. */
  get steps(): number {
    return Math.max(1, Math.floor(this.train.clips.length / this.configuration.batchSize));
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
    for (let current = epoch; current <= this.configuration.epochs; current++)
      yield* this.runsOfEpoch(current, current === epoch ? step : 0);
  }

  /** The epoch's random order, and of each clip a random part. */
  private *runsOfEpoch(epoch: number, firstStep: number): Generator<() => Promise<Run>> {
    const { seed, batchSize } = this.configuration;
    const { clips, kept } = this.train;
    const view = viewOf(this.configuration, this.network);
    const order = Random.seeded(mixed(seed, epoch, 0)).shuffled([...clips.keys()]);
    const together = clipsAtOnce(this.configuration);
    for (let step = firstStep; step < this.steps; step++) {
      const random = Random.seeded(mixed(seed, epoch, step + 1));
      const looks = Array.from({ length: batchSize }, (_, i) => {
        // with fewer clips than a batch holds, some come twice
        const clipNumber = order[(step * batchSize + i) % order.length]!;
        const { clip } = clips[clipNumber]!;
        const fixed = this.glances?.[clipNumber];
        const glanceNumber = fixed ? random.integer(fixed.length) : 0;
        const glance = fixed?.[glanceNumber] ?? randomGlance(clip, view, random);
        return { clip, clipNumber, glance, glanceNumber };
      });
      for (let first = 0; first < batchSize; first += together) {
        const own = looks.slice(first, first + together);
        yield async () => ({
          ...(await readInputs(own, view, this.network.streams, kept)),
          target: targets(own.map(({ clipNumber }) => clips[clipNumber]!)),
        });
      }
    }
  }

  async close(): Promise<void> {
    for (const features of [...this.train.kept, ...this.validation.kept]) await features.close();
  }
}

/** The looks that training is limited to when features of the flow are kept; drawn by the seed. */
function fixedGlances(
  { flowViews, seed, train, ...rest }: TrainingConfiguration,
  network: Network,
  clips: readonly TrainingClip[],
): Glance[][] | undefined {
  if (flowViews === 0 || train.flow === 'trained' || !network.streams.includes('flow')) return undefined;
  const view = viewOf(rest, network);
  return clips.map(({ clip }, i) => {
    const random = Random.seeded(mixed(seed, 0, i + 1));
    return Array.from({ length: flowViews }, () => randomGlance(clip, view, random));
  });
}

/** What a step looks at of each clip. */
export function viewOf(
  configuration: Pick<TrainingConfiguration, 'segments' | 'flowFields' | 'soundSeconds'>,
  network: Network,
): View {
  const { segments, flowFields, soundSeconds } = configuration;
  return { segments, flowFields, samples: Math.round(soundSeconds * 22_050), side: network.sizes.side };
}

/** What validation and test look at of each clip: every flow field of more segments. */
export function evaluationViewOf(configuration: TrainingConfiguration, network: Network): View {
  const segments = configuration.evaluationSegments;
  return { ...viewOf(configuration, network), segments, flowFields: 10 };
}

/** Clips that one run of the network takes in. */
export function clipsAtOnce({ batchSize, clipsAtOnce = batchSize }: TrainingConfiguration): number {
  return clipsAtOnce;
}

function targets(clips: readonly TrainingClip[]): Tensor {
  return {
    shape: [clips.length, 2],
    data: Float32Array.from(clips.flatMap(({ valence, arousal }) => [valence, arousal])),
  };
}

/** A seed for each step of each epoch. */
function mixed(...numbers: readonly number[]): number {
  return numbers.reduce((hash, number) => Math.imul(hash ^ number, 0x9e3779b1) ^ (hash >>> 15), 0x85ebca6b);
}
