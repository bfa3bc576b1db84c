import { input, reduceMean, type Value } from '../graph/index.ts';
import { averageMaps, type BatchStatistics, type Heads, type SoundLayer } from '../networks/index.ts';
import {
  backboneOf,
  type Crop,
  centerCrop,
  isFused,
  type Material,
  momentCrop,
  type Preset,
  presetNamed,
  presets,
  type Sizes,
  type StreamSetting,
  standardStreams,
  streamNamed,
  streamsNamed,
} from '../streams/index.ts';
import { sampleRate } from '../support/sound.ts';
import { headsOf, type Track } from './tracks.ts';

export interface NetworkOptions {
  preset: Preset;
  /** Names of streams; those of the paper unless told. */
  streams?: readonly string[];
  /** Streams join as features (the paper's way, and the default) or as decisions. */
  fusion?: 'features' | 'decisions';
  /** The fusion's convolution runs over the places of a moment, or over the moments next to it, too. */
  fusionConvolution?: 'space' | 'space-time' | undefined;
  soundLayer?: SoundLayer;
  /** Which backbone a stream has, by its name; of those not named, its first. */
  backbone?: Readonly<Record<string, string>>;
}

/** Which network: the options, filled in. */
export interface Network extends Omit<Required<NetworkOptions>, 'fusion' | 'fusionConvolution'>, Heads {
  readonly fusionConvolution: 'space' | 'space-time';
  readonly sizes: Sizes;
  /** What its heads see of a film over time. */
  readonly tracks: readonly Track[];
}

/** @throws InputError when no stream is left, or a name is unknown. */
export function describeNetwork(options: NetworkOptions): Network {
  const { soundLayer = 'conv7' } = options;
  const preset = presetNamed(options.preset);
  const streams = streamsNamed(options.streams ?? standardStreams);
  // A single stream leaves nothing to fuse.
  const fusion = streams.length === 1 ? 'features' : (options.fusion ?? 'features');
  // nor anything that has places a convolution of it
  const fuses = streams.some(isFused);
  const fusionConvolution = fuses ? (options.fusionConvolution ?? 'space') : 'space';
  const backbone = Object.fromEntries(
    Object.entries(options.backbone ?? {}).map(([name, chosen]) => [streamNamed(name).name, chosen]),
  );
  for (const [name, chosen] of Object.entries(backbone)) backboneOf(name, chosen);
  const described = { preset, streams, fusion, soundLayer, backbone, sizes: presets[preset] };
  const channels = (stream: string) => mapOf(described, stream, 1, 10 * sampleRate).shape[1]!;
  return { ...described, fusionConvolution, ...headsOf(described, channels) };
}

type Described = Pick<Network, 'preset' | 'streams' | 'soundLayer' | 'backbone' | 'sizes'>;

/** What a stream is told of its network. */
export function settingOf({ preset, sizes, soundLayer }: Described): StreamSetting {
  return { preset, side: sizes.side, soundLayer };
}

/** The network's streams that take something of a film. */
export function streamsTaking(
  network: { readonly streams: readonly string[] },
  material: Material,
): string[] {
  return network.streams.filter((name) => streamNamed(name).takes === material);
}

/** How much a run of the network takes in. */
export interface Batch {
  clips: number;
  /** Moments of each clip, at each of which a frame is looked at. */
  frames: number;
  /** Pairs of frames around each of them, ten in the paper. */
  pairs: number;
  /** Samples of each clip's waveform. */
  samples: number;
}

/**
 * The square that is seen of a moment of a film. Where the fusion runs over time, places of a moment are joined with those
 * of the next, and all are seen the same way round.
 *
 * @param picture the size of its frame.
 * @param moment its number.
 */
export function viewOfMoment(
  { sizes: { side }, fusionConvolution }: Network,
  { width, height }: { readonly width: number; readonly height: number },
  moment: number,
): { width: number; height: number; crop: Crop } {
  const isOverTime = fusionConvolution === 'space-time';
  const crop = isOverTime ? centerCrop(width, height, side) : momentCrop(width, height, side, moment);
  return { width, height, crop };
}

/** The shape of one item of the input a stream takes: a frame, a field or a waveform. */
export function itemShape(network: Described, stream: string, samples: number): number[] {
  return backboneOf(stream, network.backbone[stream]).inputShape(settingOf(network), samples);
}

/** The shape of the input a stream takes, in order of clips, frames, pairs. */
export function inputShape(network: Described, stream: string, batch: Batch): number[] {
  const { clips, frames, pairs, samples } = batch;
  const moments = clips * frames;
  const items = { waveform: clips, frame: moments, faces: moments, pair: moments * pairs };
  return [items[streamNamed(stream).takes], ...itemShape(network, stream, samples)];
}

/**
 * The feature map of one stream.
 *
 * @param x of `inputShape`.
 */
export function streamMap(network: Described, stream: string, x: Value, batch?: BatchStatistics): Value {
  const { map } = backboneOf(stream, network.backbone[stream]);
  return map(x, { prefix: `${stream}.`, batch }, settingOf(network));
}

function mapOf(network: Described, stream: string, items: number, samples: number): Value {
  return streamMap(network, stream, input(stream, [items, ...itemShape(network, stream, samples)]));
}

/** A stream's part of a clip as the fusion takes it: [clips · frames, C, h, w], or [clips, C] of a waveform. */
export function streamFeature(
  network: Described,
  stream: string,
  batch: Batch,
  statistics?: BatchStatistics,
): Value {
  const map = streamMap(network, stream, input(stream, inputShape(network, stream, batch)), statistics);
  const { takes } = streamNamed(stream);
  if (takes === 'waveform') return reduceMean(map, [2, 3]);
  return takes === 'pair' ? averageMaps(map, batch.pairs) : map;
}
