// The network in parts for the analysis of a film, each computed once.
import { input, type Value } from '../graph/index.ts';
import type { Window } from '../networks/index.ts';
import { backboneOf } from '../streams/index.ts';
import { featureName, trackMap } from './clip-network.ts';
import { type Batch, inputShape, type Network, settingOf, streamFeature, streamMap } from './network.ts';

/**
 * The fused maps of moments. Inputs are called as the streams that see, and have the shapes that `inputShape` says.
 *
 * @param given streams whose features are inputs (`flowFeature` for `flow`), as in `clipNetwork`.
 * @returns one map [frames, C, h, w] per track at moments. Averaged over places and over the moments of a window it is
 *   what `predict` takes; place by place, what `contributions` takes.
 */
export function momentNetwork(
  network: Network,
  { frames, pairs }: Pick<Batch, 'frames' | 'pairs'>,
  given: readonly string[] = [],
): Record<string, Value> {
  const batch = { clips: 1, frames, pairs, samples: 0 };
  const tracks = network.tracks.filter(({ of }) => of === 'moment');
  const maps = new Map(
    tracks
      .flatMap(({ streams }) => streams)
      .map((stream) => {
        const feature = streamFeature(network, stream, batch);
        return [stream, given.includes(stream) ? input(featureName(stream), feature.shape) : feature];
      }),
  );
  return Object.fromEntries(tracks.map((track) => [track.name, trackMap(network, track, maps)]));
}

/** The map of one stream for so many pairs of frames; input and output are called as the stream. */
export function pairNetwork(network: Network, stream: string, pairs: number): Record<string, Value> {
  const shape = inputShape(network, stream, { clips: 1, frames: 1, pairs, samples: 0 });
  return { [stream]: streamMap(network, stream, input(stream, shape)) };
}

/**
 * The map of a chunk of the waveform; input and output are called as the stream.
 *
 * @returns [1, C, columns, 1]; `SoundChunks` says which columns to keep, `columnTime` where they lie. Averaged over the
 *   columns of a window it is what `predict` takes.
 */
export function waveformNetwork(network: Network, stream: string, samples: number): Record<string, Value> {
  const shape = inputShape(network, stream, { clips: 1, frames: 1, pairs: 1, samples });
  return { [stream]: streamMap(network, stream, input(stream, shape)) };
}

/** The windows of a waveform's network along time. */
export function windowsOf(network: Network, stream: string): readonly Window[] {
  return backboneOf(stream, network.backbone[stream]).windows?.(settingOf(network)) ?? [];
}
