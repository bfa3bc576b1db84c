// A training for PyTorch: what examples/torch/train.py reads.
import { join, relative, resolve } from 'node:path';
import { dimensions } from '../affect/index.ts';
import { describeGraph } from '../graph/index.ts';
import { clipNetwork, describeNetwork, type Network } from '../models/index.ts';
import { type TrainedModel, writeModel } from '../models/node/index.ts';
import { asksForShots, optionalStreams, standardStreams, streamNamed } from '../streams/index.ts';
import { InputError } from '../support/errors.ts';
import { writeAtomically } from '../support/files.ts';
import type { Tensor } from '../support/tensor.ts';
import {
  clipsOfRun,
  errorUnit,
  excerptSize,
  groupedRate,
  plannedSteps,
  plannedValidation,
  startAtMean,
  stepsOfEpoch,
  type TrainingClip,
  type TrainingConfiguration,
  trains,
} from '../training/index.ts';

/** What is trained elsewhere. */
export interface TorchTrainingOptions {
  readonly configuration: TrainingConfiguration;
  readonly clips: readonly TrainingClip[];
  /** Those that stop the training, and choose the epoch whose weights are kept. */
  readonly validation: readonly TrainingClip[];
  /** Where the network starts. */
  readonly parameters: Map<string, Tensor>;
  /** What the model will be called and say of itself. */
  readonly model: Pick<TrainedModel, 'name' | 'trained' | 'synthetic' | 'preprocessing'>;
}

/** How far running averages move towards the statistics of a run, as in `batchNormOfBatch`. */
const momentum = 0.1;

/**
 * Writes a folder from which the same training runs under PyTorch: `training.json`, how it goes and the network for one
 * run of the step as a graph of operations (`describeGraph`); `clips.jsonl`, each prepared clip with its labels and where
 * its parts lie in its file, `validation.jsonl` the same of the clips that stop the training; `steps.jsonl`, for each step of
 * all epochs the learning rate and the excerpts of its batch, in order; and the model that it starts from, as `readModel`
 * reads it.
 *
 * The clips stay where they are; the index names them from this folder.
 *
 * @returns how many steps there are.
 * @throws InputError when a stream is none of those that the script knows, or the training adds streams to a model.
 */
export async function writeTorchTraining(folder: string, options: TorchTrainingOptions): Promise<number> {
  const { configuration, clips, validation, parameters, model } = options;
  if (configuration.addsTo !== undefined)
    throw new InputError(
      `addsTo: ${configuration.addsTo}: a training that adds streams to a model is not written for PyTorch; 'affectline train' runs it`,
    );
  const network = describeNetwork(configuration);
  // those whose inputs the script writes
  const written = [...standardStreams, ...optionalStreams].filter(
    (stream) => streamNamed(stream).takes !== 'faces',
  );
  const other = network.streams.find((stream) => !written.includes(stream));
  if (other !== undefined)
    throw new InputError(`the stream '${other}' is not known outside; of: ${written.join(', ')}`);
  const old = [...clips, ...validation].find(({ clip }) =>
    clip.places.segments.some(({ shot }) => shot === undefined),
  );
  if (old && asksForShots(network.streams))
    throw new InputError(
      `${old.clip.path} does not say how long its shots last, as clips that an earlier version prepared: delete these, and they are prepared again`,
    );
  startAtMean(parameters, clips);
  await writeModel(folder, { ...model, network, parameters });

  const size = excerptSize(configuration, network);
  const batch = {
    clips: clipsOfRun(configuration),
    ...{ frames: size.moments, pairs: size.fields, samples: size.samples },
  };
  const isTrained = trains(configuration.train, network);
  const { prediction, averages } = clipNetwork(network, batch, {
    usesBatchStatistics: (path) => configuration.batchNorm === 'batch' && isTrained(path),
  });
  const outputs = {
    prediction,
    ...Object.fromEntries(Object.entries(averages).map(([name, value]) => [`average.${name}`, value])),
  };
  const rates = groupedRate(configuration.learningRate, configuration.backbone);
  const { optimizer, weightDecay, gradientLimit, batchSize } = configuration;
  const decayed = optimizer === 'adam' ? 0 : weightDecay;
  const trained = [...parameters]
    .filter(([name]) => isTrained(name))
    .map(([name, { shape }]) => ({ name, rate: rates(name), decay: shape.length > 1 ? decayed : 0 }));
  const training = {
    version: 3,
    ...{ optimizer, gradientLimit, batchSize, clipsOfRun: batch.clips, momentum },
    size,
    streams: network.streams,
    trained,
    graph: describeGraph(outputs),
    stepsOfEpoch: stepsOfEpoch(configuration, clips.length),
    patience: configuration.patience,
    validation: describedValidation(options, network),
  };
  await writeAtomically(join(folder, 'training.json'), JSON.stringify(training));
  const index = (of: readonly TrainingClip[]) => lines(of.map((clip) => described(clip, folder)));
  await writeAtomically(join(folder, 'clips.jsonl'), index(clips));
  await writeAtomically(join(folder, 'validation.jsonl'), index(validation));
  await writeAtomically(join(folder, 'steps.jsonl'), lines(stepsOf(options)));
  return configuration.epochs * stepsOfEpoch(configuration, clips.length);
}

/** The network for one clip of those that stop the training, what is seen of each, and what its error is divided by. */
function describedValidation({ configuration, validation }: TorchTrainingOptions, network: Network) {
  const { size, excerpts } = plannedValidation(
    configuration,
    network,
    validation.map(({ clip }) => clip),
  );
  const batch = { clips: 1, frames: size.moments, pairs: size.fields, samples: size.samples };
  return {
    size,
    excerpts: excerpts.map((excerpt, clip) => ({ clip, ...excerpt })),
    variances: dimensions.map((dimension) => errorUnit(validation, dimension)),
    graph: describeGraph({ prediction: clipNetwork(network, batch).prediction }),
  };
}

function described({ clip, valence, arousal }: TrainingClip, folder: string) {
  const { path, width, height, level, sampleCount, places } = clip;
  return {
    file: relative(resolve(folder), resolve(path)),
    ...{ valence, arousal, width, height, level, samples: sampleCount },
    ...places,
  };
}

function* stepsOf({ configuration, clips }: TorchTrainingOptions) {
  const network = describeNetwork(configuration);
  const files = clips.map(({ clip }) => clip);
  for (const { rate, excerpts } of plannedSteps(configuration, network, files))
    yield {
      rate,
      excerpts: excerpts.map(({ clipNumber, excerpt }) => ({ clip: clipNumber, ...excerpt })),
    };
}

function* lines(items: Iterable<unknown>): Generator<string> {
  for (const item of items) yield `${JSON.stringify(item)}\n`;
}
