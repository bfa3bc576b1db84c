// The training of a head over time, from what is known of every second of some films: minutes, for features are frozen.
import { type Dimension, dimensions, mean, metricsOf } from '../../affect/index.ts';
import { gradients, input, parametersOf, type Value } from '../../graph/index.ts';
import type { CurveNetwork } from '../../networks/index.ts';
import type { Runtime, Session } from '../../runtime/index.ts';
import { InputError } from '../../support/errors.ts';
import { Random, seedOf } from '../../support/random.ts';
import type { Tensor } from '../../support/tensor.ts';
import { adamW, clipByGlobalNorm, warmupCosine } from '../optimizers.ts';
import { type CurveLoss, curveLoss } from './losses.ts';
import {
  drawExcerpts,
  type RatedSeconds,
  standardized,
  takeInStandardizing,
  type UsualInputs,
  usualInputsOf,
} from './rated-seconds.ts';

/** Films, and how a head learns from them. */
export interface TemporalTrainingOptions {
  readonly network: CurveNetwork;
  readonly train: readonly RatedSeconds[];
  /** Films that stop the training, none of them among `train`. */
  readonly validation: readonly RatedSeconds[];
  readonly loss: CurveLoss;
  /** What the head is before the first step: the mean-linear head's answers, smoothed. */
  readonly start: Readonly<Record<Dimension, SmoothedAnswers>>;
  /** Of weights and excerpts: the same seed gives the same head, bit by bit, on one kind of machine. */
  readonly seed: number;
  /** Computes with one thread, so that sums have one order. */
  readonly runtime: Runtime;
  readonly signal?: AbortSignal | undefined;
  /** @param done 0 to 1; the training may stop before. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** `intercept + slope` · the mean over `width` seconds of the mean-linear head's answers, `lag` seconds late. */
export interface SmoothedAnswers {
  readonly width: number;
  readonly lag: number;
  readonly slope: number;
  readonly intercept: number;
}

/** What a training came to. */
export interface TrainedTemporalHead {
  /** By their names in a model: `temporal.…`. */
  readonly parameters: Map<string, Tensor>;
  /** The loss on the validation films, at first (the smoothed answers that it begins as) and after each epoch. */
  readonly losses: readonly number[];
  /** The one that was kept; 0: the first. */
  readonly best: number;
}

/** Excerpts of a step, and seconds of each. */
const excerpts = { count: 16, length: 45 };
const stepsOfEpoch = 10;
const epochs = 120;
const patience = 12;
/** Small steps, for a handful of films is soon known by heart. */
const rate = 3e-4;
const weightDecay = 0.1;
const gradientLimit = 1;

/**
 * AdamW with early stopping. The head begins as smoothed answers of the mean-linear head, and is kept so where no epoch is
 * better on the validation films.
 *
 * @throws InputError when there is nothing to learn from, or to stop by.
 */
export async function trainTemporalHead(options: TemporalTrainingOptions): Promise<TrainedTemporalHead> {
  const { network, loss, seed, runtime, signal, onProgress } = options;
  for (const part of ['train', 'validation'] as const)
    if (options[part].length === 0) throw new InputError(`a temporal head needs films for ${part}`);
  const inputs = inputsPerSecond(options.train);
  const usual = usualInputsOf(options.train, inputs);
  const scored = (films: readonly RatedSeconds[]) =>
    films.map((film) => ({ ...film, seconds: standardized(film.seconds, usual) }));
  const [train, validation] = [scored(options.train), scored(options.validation)];
  const parameters = startingParameters(options, inputs, usual);
  const optimizer = adamW({ weightDecay });
  const state = optimizer.init(parameters);
  const session = await openStep(network, inputs, loss, runtime);
  const losses = [lossOn(validation, network, parameters, loss)];
  let best = { epoch: 0, parameters: copyOf(parameters) };
  try {
    for (let epoch = 1; epoch <= epochs && epoch - best.epoch <= patience; epoch++) {
      for (let step = 0; step < stepsOfEpoch; step++) {
        signal?.throwIfAborted();
        const random = Random.seeded(seedOf(seed, epoch, step));
        const drawn = drawExcerpts(train, network.reach, { ...excerpts, inputs }, random);
        const results = await session.run({ ...Object.fromEntries(parameters), ...drawn });
        const slopes = new Map([...parameters.keys()].map((name) => [name, results[`gradient.${name}`]!]));
        const norm = clipByGlobalNorm(slopes, gradientLimit);
        if (!Number.isFinite(norm))
          throw new InputError(
            `epoch ${epoch}: the gradient is ${norm}; the features or ratings are no numbers to learn from`,
          );
        const schedule = { warmup: stepsOfEpoch, total: epochs * stepsOfEpoch };
        optimizer.update(parameters, slopes, state, rate * warmupCosine(schedule, state.step));
      }
      losses.push(lossOn(validation, network, parameters, loss));
      if (losses[epoch]! < losses[best.epoch]!) best = { epoch, parameters: copyOf(parameters) };
      onProgress?.(epoch / epochs);
    }
  } finally {
    await session.close();
  }
  for (const name of ['filter', 'input'])
    takeInStandardizing(
      best.parameters.get(`temporal.${name}.weight`)!,
      best.parameters.get(`temporal.${name}.bias`)!,
      usual,
    );
  return { parameters: best.parameters, losses, best: best.epoch };
}

/** Of films that must all have as many. */
function inputsPerSecond(films: readonly RatedSeconds[]): number {
  return Math.round(films[0]!.seconds.length / films[0]!.ratings.valence.length);
}

/** A filter that smooths the centered answers, as far as it reaches, and beside it what adds nothing yet. */
function startingParameters(
  { network, start, seed }: TemporalTrainingOptions,
  inputs: number,
  { means }: UsualInputs,
): Map<string, Tensor> {
  const parameters = network.fresh(inputs, seed);
  parameters.get('temporal.output.weight')!.data.fill(0);
  const { data: filter, shape } = parameters.get('temporal.filter.weight')!;
  const { data: bias } = parameters.get('temporal.filter.bias')!;
  const taps = shape[2]!;
  const { before } = network.reach;
  filter.fill(0);
  dimensions.forEach((dimension, d) => {
    const { width, lag, slope, intercept } = start[dimension];
    const within = Array.from({ length: taps }, (_, tap) => tap).filter(
      (tap) => Math.abs(tap - before + lag) <= (width - 1) / 2,
    );
    for (const tap of within) filter[(d * dimensions.length + d) * taps + tap] = slope / within.length;
    bias[d] = intercept + slope * means[d]!;
  });
  return parameters;
}

/** Forward and backward pass over a batch of excerpts as one session. */
function openStep(
  network: CurveNetwork,
  inputs: number,
  loss: CurveLoss,
  runtime: Runtime,
): Promise<Session> {
  const { before, after } = network.reach;
  const { count, length } = excerpts;
  const shape = [count, dimensions.length, length, 1];
  const curves = network.curve(input('seconds', [count, inputs, before + length + after, 1]));
  const value = curveLoss(loss, curves, input('ratings', shape), input('rated', shape));
  const variables = parametersOf(value);
  const outputs: Record<string, Value> = {};
  gradients(value, variables).forEach((slope, i) => {
    outputs[`gradient.${variables[i]!.name}`] = slope;
  });
  return runtime.open(outputs, new Map());
}

/** The loss over all seconds of films, in the head's plain arithmetic. */
function lossOn(
  films: readonly RatedSeconds[],
  network: CurveNetwork,
  parameters: ReadonlyMap<string, Tensor>,
  loss: CurveLoss,
): number {
  const curves = films.map(({ seconds }) => network.curveOfSeconds(parameters, seconds));
  const of = dimensions.map((dimension) => {
    const [predicted, ratings]: [number[], number[]] = [[], []];
    films.forEach((film, i) => {
      film.ratings[dimension].forEach((rating, time) => {
        if (Number.isNaN(rating)) return;
        ratings.push(rating);
        predicted.push(curves[i]![time]![dimension]);
      });
    });
    const { mse, ccc } = metricsOf(predicted, ratings);
    return loss === 'mse' ? mse : 1 - ccc;
  });
  return mean(of);
}

function copyOf(parameters: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  return new Map([...parameters].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
}
