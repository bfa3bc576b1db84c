import { input, type ParameterValue, parametersOf, reduceMean, type Value } from '../graph/index.ts';
import { InputError } from '../support/errors.ts';
import { convnet5 } from './convnet5.ts';
import { densenet } from './densenet.ts';
import {
  averageDecisions,
  averageFlowMaps,
  fusedMap,
  regression,
  soundFeature,
  visualFeature,
} from './fusion.ts';
import type { BatchStatistics, Layers } from './layers.ts';
import { type Preset, presets, type Sizes, type Stream, streams } from './presets.ts';
import { type SoundLayer, soundnet } from './soundnet.ts';

export interface NetworkOptions {
  preset: Preset;
  /** All unless told. */
  streams?: readonly Stream[];
  /** Streams join as features (the paper's way, and the default) or as decisions. */
  fusion?: 'features' | 'decisions';
  soundLayer?: SoundLayer;
}

/** A regression and the streams it sees. Fusion of features has one head; fusion of decisions one per stream. */
export interface Head {
  /** What the names of its parameters start with. */
  prefix: string;
  /** The name of its fused map, if it sees picture or flow. */
  visual?: 'visual' | 'picture' | 'flow';
  streams: readonly Stream[];
}

/** Which network: the options, filled in. */
export interface Network extends Required<NetworkOptions> {
  sizes: Sizes;
  heads: readonly Head[];
}

/** @throws InputError when no stream is left. */
export function describeNetwork(options: NetworkOptions): Network {
  const { preset, soundLayer = 'conv7' } = options;
  const used = streams.filter((stream) => (options.streams ?? streams).includes(stream));
  if (used.length === 0)
    throw new InputError(`a network needs at least one stream of: ${streams.join(', ')}`);
  // A single stream leaves nothing to fuse.
  const fusion = used.length === 1 ? 'features' : (options.fusion ?? 'features');
  const sees = used.some((stream) => stream !== 'sound');
  const heads: Head[] =
    fusion === 'features'
      ? [{ prefix: '', streams: used, ...(sees && { visual: 'visual' as const }) }]
      : used.map((stream) => ({
          prefix: `decision.${stream}.`,
          streams: [stream],
          ...(stream !== 'sound' && { visual: stream }),
        }));
  return { preset, fusion, soundLayer, streams: used, sizes: presets[preset], heads };
}

const has = (network: { streams: readonly Stream[] }, stream: Stream) => network.streams.includes(stream);

/**
 * The feature map of one stream.
 *
 * @param x `flow` and `picture`: [N, 3, side, side]; `sound`: [N, 1, samples, 1]. See convnet5, densenet, soundnet.
 */
export function streamMap(network: Network, stream: Stream, x: Value, batch?: BatchStatistics): Value {
  const layers: Layers = { prefix: `${stream}.`, batch };
  if (stream === 'flow') return convnet5(x, layers, network.sizes.flow);
  if (stream === 'picture') return densenet(x, layers, network.sizes.picture);
  return soundnet(x, layers, network.sizes.sound, network.soundLayer);
}

/** How much a run of the network takes in. */
export interface Batch {
  clips: number;
  /** Sampled frames of each clip. */
  frames: number;
  /** Flow fields of each sampled frame, ten in the paper. */
  flows: number;
  /** Samples of each clip's waveform. */
  samples: number;
}

/** The shape of the input a stream takes; a segment is a sampled frame with its flow fields. */
export function inputShape(
  network: Network,
  stream: Stream,
  { clips, frames, flows, samples }: Batch,
): number[] {
  if (stream === 'sound') return [clips, 1, samples, 1];
  const { side } = network.sizes;
  return [clips * frames * (stream === 'flow' ? flows : 1), 3, side, side];
}

/** A stream's part of a clip as the fusion takes it: [clips · frames, C, h, w], or [clips, C] for sound. */
function streamFeature(network: Network, stream: Stream, batch: Batch, statistics?: BatchStatistics): Value {
  const map = streamMap(network, stream, input(stream, inputShape(network, stream, batch)), statistics);
  if (stream === 'sound') return reduceMean(map, [2, 3]);
  return stream === 'flow' ? averageFlowMaps(map, batch.flows) : map;
}

/**
 * What the fusion takes of each stream, to be computed once and kept where the stream is frozen. Inputs are those of
 * `clipNetwork`; the outputs `flowFeature`, `pictureFeature`, `soundFeature` are its inputs in place of those streams.
 */
export function clipFeatures(network: Network, batch: Batch): Record<string, Value> {
  return Object.fromEntries(
    network.streams.map((stream) => [`${stream}Feature`, streamFeature(network, stream, batch)]),
  );
}

export interface ClipOptions {
  /** Streams whose features are inputs (`pictureFeature` for `picture`) in place of what they are computed from. */
  given?: readonly Stream[];
  /** Whether the batch norm of this path uses the statistics of the batch; none does unless told. */
  usesBatchStatistics?: (path: string) => boolean;
}

/**
 * The whole network for a batch of clips, to be trained or evaluated.
 *
 * Inputs, where the network has the stream: `flow` [clips · frames · flows, 3, side, side], `picture`
 * [clips · frames, 3, side, side], `sound` [clips, 1, samples, 1], `hasSound` [clips, 1]; in order of clips, frames,
 * flows.
 *
 * @returns `prediction` [clips, 2], valence and arousal, in the units of the labels; `averages`, what the running
 *   averages of batch norms become, by parameter name.
 */
export function clipNetwork(
  network: Network,
  batch: Batch,
  { given = [], usesBatchStatistics: uses = () => false }: ClipOptions = {},
): { prediction: Value; averages: Record<string, Value> } {
  const averages = new Map<string, Value>();
  const features: Partial<Record<Stream, Value>> = {};
  for (const stream of network.streams) {
    features[stream] = given.includes(stream)
      ? input(`${stream}Feature`, streamFeature(network, stream, batch).shape)
      : streamFeature(network, stream, batch, { uses, averages });
  }
  const hasSound = has(network, 'sound') ? input('hasSound', [batch.clips, 1]) : undefined;
  const decisions = network.heads.map((head) => {
    const parts: Value[] = [];
    if (head.visual) parts.push(visualFeature(headMap(network, head, features), batch.clips));
    if (has(head, 'sound')) parts.push(soundFeature(features.sound!, hasSound!));
    return regression(parts, head.prefix);
  });
  const prediction =
    network.fusion === 'features'
      ? decisions[0]!
      : averageDecisions(
          decisions,
          network.heads.map((head) => (has(head, 'sound') ? hasSound : undefined)),
        );
  return { prediction, averages: Object.fromEntries(averages) };
}

/** Every parameter of the network, by name and shape, running averages included. */
export function networkParameters(network: Network): ParameterValue[] {
  return parametersOf(clipNetwork(network, { clips: 1, frames: 1, flows: 1, samples: 220_500 }).prediction);
}

/** The fused map of those streams that a head sees. */
function headMap(network: Network, head: Head, maps: { picture?: Value; flow?: Value }): Value {
  const seen = {
    ...(has(head, 'picture') && maps.picture && { picture: maps.picture }),
    ...(has(head, 'flow') && maps.flow && { flow: maps.flow }),
  };
  return fusedMap(seen, head.prefix, network.sizes.fused);
}

/**
 * For the analysis of a film: the fused maps of sampled frames, each computed once.
 *
 * Inputs `flow` [frames · flows, 3, side, side] and `picture` [frames, 3, side, side], where the network has them.
 *
 * @param given streams whose features are inputs (`flowFeature` for `flow`), as in `clipNetwork`.
 * @returns one map [frames, C, h, w] per head that sees, named as the head's `visual`. Averaged over places and over the
 *   sampled frames of a window it is what `predict` takes; place by place, what `contributions` takes.
 */
export function frameNetwork(
  network: Network,
  { frames, flows }: Pick<Batch, 'frames' | 'flows'>,
  given: readonly Stream[] = [],
): Record<string, Value> {
  const maps: { picture?: Value; flow?: Value } = {};
  for (const stream of ['flow', 'picture'] as const)
    if (has(network, stream)) {
      const feature = streamFeature(network, stream, { clips: 1, frames, flows, samples: 0 });
      maps[stream] = given.includes(stream) ? input(`${stream}Feature`, feature.shape) : feature;
    }
  return Object.fromEntries(
    network.heads.flatMap((head) => (head.visual ? [[head.visual, headMap(network, head, maps)]] : [])),
  );
}

/**
 * For the analysis of a film: SoundNet's map of a chunk of its waveform. Input `sound` [1, 1, samples, 1].
 *
 * @returns `sound` [1, C, columns, 1]; `SoundChunks` says which columns to keep, `columnTime` where they lie. Averaged
 *   over the columns of a window it is what `predict` takes.
 */
export function soundNetwork(network: Network, samples: number): Record<string, Value> {
  return { sound: streamMap(network, 'sound', input('sound', [1, 1, samples, 1])) };
}
