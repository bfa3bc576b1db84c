// Which clips the steps of a training see, and which parts of them: drawn from the seed, the epoch and the step alone, so
// that a training that is resumed, or goes on in another program, sees the same.
import type { ClipFile } from '../clips/index.ts';
import type { Network } from '../models/index.ts';
import { takersOf } from '../streams/index.ts';
import { Random, seedOf } from '../support/random.ts';
import { sampleRate } from '../support/sound.ts';
import type { TrainingConfiguration } from './configuration.ts';
import { type Excerpt, type ExcerptSize, evenExcerpt, randomExcerpt } from './excerpts.ts';
import type { NumberedExcerpt } from './inputs.ts';
import { warmupCosine } from './optimizers.ts';
import { partOf } from './trained-parts.ts';

/** Steps of an epoch. */
export function stepsOfEpoch({ batchSize }: TrainingConfiguration, clips: number): number {
  return Math.max(1, Math.floor(clips / batchSize));
}

/** The learning rate of a step, from 0 over all epochs, as a part of its peak. */
export function partOfPeakRate(configuration: TrainingConfiguration, clips: number, step: number): number {
  const { warmupEpochs, epochs } = configuration;
  const steps = stepsOfEpoch(configuration, clips);
  return warmupCosine({ warmup: warmupEpochs * steps, total: epochs * steps }, step);
}

/**
 * The steps of an epoch: its random order, and of each clip a random part, or one of those that are fixed.
 *
 * @param fixed see `fixedExcerpts`.
 */
export function* drawEpoch(
  configuration: TrainingConfiguration,
  drawn: {
    readonly clips: readonly ClipFile[];
    readonly size: ExcerptSize;
    readonly fixed: readonly (readonly Excerpt[])[] | undefined;
  },
  epoch: number,
  firstStep = 0,
): Generator<NumberedExcerpt[]> {
  const { seed, batchSize } = configuration;
  const { clips, size, fixed } = drawn;
  const order = Random.seeded(seedOf(seed, epoch, 0)).shuffled([...clips.keys()]);
  for (let step = firstStep; step < stepsOfEpoch(configuration, clips.length); step++) {
    const random = Random.seeded(seedOf(seed, epoch, step + 1));
    yield Array.from({ length: batchSize }, (_, i) => {
      // with fewer clips than a batch holds, some come twice
      const clipNumber = order[(step * batchSize + i) % order.length]!;
      const clip = clips[clipNumber]!;
      const own = fixed?.[clipNumber];
      const excerptNumber = own ? random.integer(own.length) : 0;
      const excerpt = own?.[excerptNumber] ?? randomExcerpt(clip, size, random);
      return { clip, clipNumber, excerpt, excerptNumber };
    });
  }
}

/** A step as another program takes it. */
export interface PlannedStep {
  /** Of the peak learning rates. */
  readonly rate: number;
  readonly excerpts: readonly NumberedExcerpt[];
}

/**
 * All steps of a training. Of a frozen stream that hears, the features are those of the middle of a clip, computed once;
 * there the excerpts are in the middle, so that a program that computes them in each step has the same.
 */
export function* plannedSteps(
  configuration: TrainingConfiguration,
  network: Network,
  clips: readonly ClipFile[],
): Generator<PlannedStep> {
  const size = excerptSize(configuration, network);
  const fixed = fixedExcerpts(configuration, network, clips);
  const isMiddle = takersOf('waveform', network.streams).every(
    (stream) => partOf(configuration.train, stream) === 'frozen',
  );
  let step = 0;
  for (let epoch = 1; epoch <= configuration.epochs; epoch++)
    for (const excerpts of drawEpoch(configuration, { clips, size, fixed }, epoch))
      yield {
        rate: partOfPeakRate(configuration, clips.length, step++),
        excerpts: excerpts.map(({ excerpt, ...numbered }) => {
          const { soundStart } = isMiddle ? evenExcerpt(numbered.clip, size) : excerpt;
          return { ...numbered, excerpt: { ...excerpt, soundStart } };
        }),
      };
}

/** What is seen of each of the clips that stop the training, after every epoch. */
export function plannedValidation(
  configuration: TrainingConfiguration,
  network: Network,
  clips: readonly ClipFile[],
): { readonly size: ExcerptSize; readonly excerpts: readonly Excerpt[] } {
  const size = evaluationSize(configuration, network);
  return { size, excerpts: clips.map((clip) => evenExcerpt(clip, size)) };
}

/** The excerpts that training is limited to when features of frozen streams that see are kept; drawn by the seed. */
export function fixedExcerpts(
  configuration: TrainingConfiguration,
  network: Network,
  clips: readonly ClipFile[],
): Excerpt[][] | undefined {
  const { flowViews, seed } = configuration;
  const isKept = network.tracks.some(
    ({ of, streams }) =>
      of === 'moment' && streams.some((stream) => partOf(configuration.train, stream) === 'frozen'),
  );
  if (flowViews === 0 || !isKept) return undefined;
  const size = excerptSize(configuration, network);
  return clips.map((clip, i) => {
    const random = Random.seeded(seedOf(seed, 0, i + 1));
    return Array.from({ length: flowViews }, () => randomExcerpt(clip, size, random));
  });
}

/** How much a step looks at of each clip. */
export function excerptSize(configuration: TrainingConfiguration, network: Network): ExcerptSize {
  const { segments, flowFields, soundSeconds } = configuration;
  const samples = Math.round(soundSeconds * sampleRate);
  const inARow = network.fusionConvolution === 'space-time' && { inARow: true };
  return { moments: segments, fields: flowFields, samples, side: network.sizes.side, ...inARow };
}

/** How much the clips that stop the training are looked at, and with `evaluation: segments` all others: every field of more moments. */
export function evaluationSize(configuration: TrainingConfiguration, network: Network): ExcerptSize {
  return {
    ...excerptSize(configuration, network),
    moments: configuration.evaluationSegments,
    fields: 10,
  };
}

/** Clips that one run of the network takes in. */
export function clipsOfRun({ batchSize, clipsAtOnce = batchSize }: TrainingConfiguration): number {
  return clipsAtOnce;
}
