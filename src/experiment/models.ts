import { type ClipCache, handcraftedFeatureNames } from '../clips/index.ts';
import { knownClips, type LabeledClip, type Split } from '../datasets/index.ts';
import { baselines, crossValidatedRidge, dimensions } from '../evaluation/index.ts';
import { optionalStreams, standardStreams, takersOf } from '../streams/index.ts';
import { openClips, partOf, type TrainingConfiguration } from '../training/index.ts';
import type { HeldOut } from './run.ts';

/** `paper`, `tuned-sound`, `decisions`, a stream, all but one of them with + between, or `paper` with + and another stream. */
export type NetworkName = string;

/** The name of the network of some of the paper's streams. */
export function nameOfStreams(streams: readonly string[]): NetworkName {
  return streams.join('+');
}

/** All of the paper's streams but one. */
export function streamsWithout(stream: string): string[] {
  return standardStreams.filter((other) => other !== stream);
}

/** What makes a network of the comparison: which streams it has, how these are joined, what trains beside what is configured. */
interface Compared {
  readonly streams: readonly string[];
  readonly fusion: 'features' | 'decisions';
  readonly trained?: string;
  /** The network that its stream is added to once that is trained, by the same seed and on the same clips. */
  readonly addsTo?: NetworkName;
}

/** The paper takes SoundNet's features (sections 2 and 3.4), and says that it is fine-tuned (section 1): this is the latter. */
export const tunedSound = 'tuned-sound';

/** The paper's stream of the waveform. */
const heard = takersOf('waveform', standardStreams)[0]!;

/** The name of the paper's network with a stream that it lacks. */
export function nameWith(stream: string): NetworkName {
  return `paper+${stream}`;
}

/** Those with a stream that the paper lacks. */
const extended = new Map<NetworkName, Compared>(
  optionalStreams.map((stream) => [
    nameWith(stream),
    { streams: [...standardStreams, stream], fusion: 'features', addsTo: 'paper' },
  ]),
);

/** The networks that are compared. */
const networks = new Map<NetworkName, Compared>([
  ['paper', { streams: standardStreams, fusion: 'features' }],
  [tunedSound, { streams: standardStreams, fusion: 'features', trained: heard }],
  ...[...standardStreams.map((stream) => [stream]), ...standardStreams.toReversed().map(streamsWithout)].map(
    (streams) => [nameOfStreams(streams), { streams, fusion: 'features' as const }] as const,
  ),
  ['decisions', { streams: standardStreams, fusion: 'decisions' }],
  ...extended,
]);

/** What sees the video but is no network, and what does not see it at all. */
export const withoutNetwork = {
  handcrafted: 'handcrafted features',
  constant: 'constant',
  position: 'position in film',
  neighbors: "neighbors' labels",
} as const;

/** The name of a model that has no network. */
export type WithoutNetwork = keyof typeof withoutNetwork;

/** A network for each of the paper's streams, trained alone, and the weighted mean of what they answer. */
export const separateDecisions = 'separate-decisions';

/** Of each stream the folder where its own network was trained. */
export type SeparateParts = ReadonlyMap<string, string>;

/** All models of the comparison, the networks first. */
export const modelNames: readonly (NetworkName | WithoutNetwork)[] = [
  ...networks.keys(),
  separateDecisions,
  ...(Object.keys(withoutNetwork) as WithoutNetwork[]),
];

/** Those that are compared unless others are named: all that the paper speaks of. */
export const usualModels: readonly ModelName[] = modelNames.filter((name) => !extended.has(name));

/** The name of a model of the comparison. */
export type ModelName = (typeof modelNames)[number];

/** Whether a model of the comparison is a network that is trained. */
export function isNetwork(name: ModelName): name is NetworkName {
  return networks.has(name);
}

/** Whether what a model answers follows from a seed: networks, and what is put together from them. */
export function isSeeded(name: ModelName): boolean {
  return isNetwork(name) || name === separateDecisions;
}

/** The network that a model adds a stream to; undefined of all others. */
export function addsTo(name: ModelName): NetworkName | undefined {
  return networks.get(name)?.addsTo;
}

/** The models that are asked for; before each the networks that it is put together from, or adds a stream to. */
export function withParts(names: readonly ModelName[]): readonly ModelName[] {
  const ordered = names.flatMap((name) =>
    name === separateDecisions
      ? [...standardStreams.map((stream) => nameOfStreams([stream])), name]
      : [addsTo(name) ?? name, name],
  );
  return [...new Set(ordered)];
}

/**
 * The configuration that all networks share, with the streams and the fusion of one. Of one that adds a stream to another,
 * all other streams are frozen.
 */
export function configurationFor(name: NetworkName, shared: TrainingConfiguration): TrainingConfiguration {
  const { streams, fusion, trained, addsTo: base } = networks.get(name)!;
  const known = base === undefined ? [] : networks.get(base)!.streams;
  const weights = Object.fromEntries(
    Object.entries(shared.weights).filter(([stream]) => streams.includes(stream) && !known.includes(stream)),
  );
  const train = {
    ...shared.train,
    ...(trained && { [trained]: 'trained' as const }),
    ...Object.fromEntries(known.map((stream) => [stream, 'frozen' as const])),
  };
  return { ...shared, streams: [...streams], fusion, weights, train };
}

/** The configuration by which clips are prepared for all of these models: with every stream that one of them has. */
export function preparingFor(
  names: readonly ModelName[],
  shared: TrainingConfiguration,
): TrainingConfiguration {
  const added = names.filter(isNetwork).flatMap((name) => networks.get(name)!.streams);
  return { ...shared, streams: [...new Set([...shared.streams, ...added])] };
}

/** Those that differ: where all networks train their sound stream, the paper's network is the fine-tuned one already. */
export function distinctModels(
  names: readonly ModelName[],
  { train }: Pick<TrainingConfiguration, 'train'>,
): readonly ModelName[] {
  return partOf(train, heard) === 'frozen' ? names : names.filter((name) => name !== tunedSound);
}

/** Predictions of one that has no network, learned from the training clips. */
export async function predictWithoutNetwork(
  name: WithoutNetwork,
  split: Split,
  cache: ClipCache,
  seed: number,
): Promise<HeldOut> {
  if (name === 'handcrafted') return await handcrafted(split, cache, seed);
  const baseline = baselines[withoutNetwork[name]]!;
  return {
    validation: baseline(split.train, split.validation),
    calibration: baseline(knownClips(split), split.calibration),
    test: baseline(knownClips(split), split.test),
  };
}

const numberOf = (name: string) => handcraftedFeatureNames.indexOf(name);
/** Features that may act together: motion with light, motion with color. */
const products = [
  [numberOf('flowMean'), numberOf('brightness')],
  [numberOf('flowMean'), numberOf('saturation')],
] as const;

/**
 * Ridge regression on the features stored with each prepared clip, the products of its flow with light and color, and how
 * loud it is in its film; its penalty is chosen on films left out.
 */
async function handcrafted(split: Split, cache: ClipCache, seed: number): Promise<HeldOut> {
  const featuresOf = async (clips: readonly LabeledClip[]) => {
    const opened = await openClips(clips, cache);
    return opened.map(({ clip: { handcrafted: own, level } }) => [
      ...own,
      ...products.map(([a, b]) => own[a]! * own[b]!),
      level > 0 ? 20 * Math.log10(level) : 0,
    ]);
  };
  const features = await featuresOf(split.train);
  const films = split.train.map(({ film }) => film);
  const models = dimensions.map((dimension) =>
    crossValidatedRidge(
      features,
      split.train.map((clip) => clip[dimension]),
      films,
      seed,
    ),
  );
  const predict = async (clips: readonly LabeledClip[]) => {
    const rows = await featuresOf(clips);
    return clips.map(({ id }, i) => {
      const [valence, arousal] = models.map((model) => model.predict(rows[i]!));
      return { id, valence: valence!, arousal: arousal! };
    });
  };
  return {
    validation: await predict(split.validation),
    calibration: await predict(split.calibration),
    test: await predict(split.test),
  };
}
