import { availableParallelism } from 'node:os';
import type { ClipCache, ClipFile } from '../clips/index.ts';
import type { LabeledClip, Split } from '../datasets/index.ts';
import { describeNetwork, networkParameters } from '../models/index.ts';
import { randomParameters } from '../networks/index.ts';
import { InputError } from '../support/errors.ts';
import { grouped } from '../support/grouped.ts';
import type { Tensor } from '../support/tensor.ts';
import { gainFor, jointLoudness } from '../survey/index.ts';
import { loadInto, readModelWeights } from '../weights/index.ts';
import { additionOf } from './addition.ts';
import type { TrainingConfiguration } from './configuration.ts';
import type { TrainingClip } from './options.ts';

/** The labeled clips of a split, opened from a cache that holds them all. @throws InputError when it does not. */
export async function openSplit(
  split: Split,
  cache: ClipCache,
): Promise<Record<'train' | 'validation' | 'calibration' | 'test', (TrainingClip & { id: string })[]>> {
  return {
    train: await openClips(split.train, cache),
    validation: await openClips(split.validation, cache),
    calibration: await openClips(split.calibration, cache),
    test: await openClips(split.test, cache),
  };
}

/** Clips of one film are as loud to each other as they are in the film, whose level is that of all of them together. */
export async function openClips(
  clips: readonly LabeledClip[],
  cache: ClipCache,
): Promise<(TrainingClip & { id: string })[]> {
  const opened: (TrainingClip & { id: string })[] = [];
  const queue = clips.entries();
  const work = async () => {
    for (const [i, labeled] of queue) {
      const { id, valence, arousal } = labeled;
      opened[i] = { id, clip: await cache.open(labeled), valence, arousal };
    }
  };
  await Promise.all(Array.from({ length: 4 * availableParallelism() }, work));
  if (cache.preprocessing.sound.loudness === null) return opened;
  const levels = levelsInFilms(clips.map(({ film }, i) => ({ film, clip: opened[i]!.clip })));
  return opened.map((labeled, i) => ({ ...labeled, clip: labeled.clip.leveled(levels[i]!) }));
}

/** What the waveform of each clip, prepared at the common level, is multiplied with. */
export function levelsInFilms(
  clips: readonly { readonly film: string; readonly clip: ClipFile }[],
): number[] {
  const films = grouped(clips, ({ film }) => film);
  const gains = new Map(
    [...films].map(([film, own]) => {
      const pieces = own.map(({ clip }) => ({ loudness: clip.loudness, seconds: clip.duration }));
      const loudness = jointLoudness(pieces);
      return [film, loudness === undefined ? undefined : gainFor(loudness)];
    }),
  );
  return clips.map(({ film, clip }) => {
    const gain = gains.get(film);
    return gain === undefined ? 0 : gain / gainFor(clip.loudness);
  });
}

/**
 * Where a run starts: random weights by the seed, the configuration's pretrained files over those of their streams, and
 * over these the model that it adds streams to.
 *
 * @throws InputError when a file cannot be read, is not of the stream it is given for, or does not fit the preset; when the
 *   model is no part of the network.
 */
export async function initialParameters(configuration: TrainingConfiguration): Promise<Map<string, Tensor>> {
  const network = describeNetwork(configuration);
  const expected = networkParameters(network);
  const parameters = randomParameters(expected, configuration.seed);
  for (const stream of network.streams) {
    const file = configuration.weights[stream];
    if (!file) continue;
    const own = expected.filter(({ name }) => name.startsWith(`${stream}.`));
    for (const [name, tensor] of loadInto(own, await streamWeights(file, stream), { source: file }))
      parameters.set(name, { shape: tensor.shape, data: tensor.data.slice() });
  }
  const addition = await additionOf(configuration);
  for (const [name, { shape, data }] of addition?.parameters ?? [])
    parameters.set(name, { shape, data: data.slice() });
  return parameters;
}

async function streamWeights(file: string, stream: string): Promise<ReadonlyMap<string, Tensor>> {
  const { parameters } = await readModelWeights(file);
  if (![...parameters.keys()].some((name) => name.startsWith(`${stream}.`)))
    throw new InputError(`${file}: holds no weights of the ${stream} stream`);
  return parameters;
}

/** A regression that starts from the mean label has only the differences to learn. */
export function startAtMean(parameters: ReadonlyMap<string, Tensor>, clips: readonly TrainingClip[]): void {
  const mean = (dimension: 'valence' | 'arousal') =>
    clips.reduce((sum, clip) => sum + clip[dimension], 0) / clips.length;
  for (const [name, { data }] of parameters)
    if (/(^|\.)regression\.bias$/.test(name)) data.set([mean('valence'), mean('arousal')]);
}
