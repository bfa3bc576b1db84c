// The network in parts for the analysis of a film, each computed once.
import { input, type Value } from '../graph/index.ts';
import { fusionParts, partsOverTime, type Window } from '../networks/index.ts';
import { backboneOf } from '../streams/index.ts';
import { featureName, trackMap } from './clip-network.ts';
import { type Batch, inputShape, type Network, settingOf, streamFeature, streamMap } from './network.ts';
import { isOverTime, type Track } from './tracks.ts';

/**
 * The maps of moments. Inputs are called as the streams that see, and have the shapes that `inputShape` says.
 *
 * @param given streams whose features are inputs (`flowFeature` for `flow`), as in `clipNetwork`.
 * @returns one map [frames, C, h, w] per track at moments. Averaged over places and over the moments of a window it is
 *   what `predict` takes; place by place, what `contributions` takes. Where the fusion runs over time, too, it is what each
 *   moment adds to the maps of three, [frames, 3 · C, h, w] (`partsOverTime`).
 */
export function momentNetwork(
  network: Network,
  { frames, pairs }: Pick<Batch, 'frames' | 'pairs'>,
  given: readonly string[] = [],
): Record<string, Value> {
  return Object.fromEntries(
    momentTracks(network, { frames, pairs }, given).map(({ track, maps }) => [
      track.name,
      isOverTime(network, track)
        ? partsOverTime(
            track.streams.map((stream) => maps.get(stream)!),
            track.prefix,
            network.sizes.fused,
          )
        : trackMap(network, track, maps, 1),
    ]),
  );
}

/**
 * What each stream adds to the fused maps of moments, before their ReLU; inputs as those of `momentNetwork`. Only of a
 * fusion over space alone.
 *
 * @returns by the name of each stream that is fused its part [frames, C, h, w], and by `sumName` of each track at moments the
 *   sum of its streams' parts and the bias: its ReLU is the map of `momentNetwork`.
 */
export function placeNetwork(
  network: Network,
  batch: Pick<Batch, 'frames' | 'pairs'>,
  given: readonly string[] = [],
): Record<string, Value> {
  return Object.fromEntries(
    momentTracks(network, batch, given).flatMap(({ track, maps }) => {
      if (!track.fused) return [];
      const own = track.streams.map((stream) => maps.get(stream)!);
      const { sum, parts } = fusionParts(own, track.prefix, network.sizes.fused);
      return [
        [sumName(track.name), sum],
        ...track.streams.map((stream, i): [string, Value] => [stream, parts[i]!]),
      ];
    }),
  );
}

/** The name of a track's sum as an output of `placeNetwork`. */
export function sumName(track: string): string {
  return `${track}Sum`;
}

/** The tracks at moments, with the maps of their streams. */
function momentTracks(
  network: Network,
  { frames, pairs }: Pick<Batch, 'frames' | 'pairs'>,
  given: readonly string[],
): { track: Track; maps: ReadonlyMap<string, Value> }[] {
  const batch = { clips: 1, frames, pairs, samples: 0 };
  return network.tracks
    .filter(({ of }) => of === 'moment')
    .map((track) => ({
      track,
      maps: new Map(
        track.streams.map((stream) => {
          const feature = streamFeature(network, stream, batch);
          return [stream, given.includes(stream) ? input(featureName(stream), feature.shape) : feature];
        }),
      ),
    }));
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
