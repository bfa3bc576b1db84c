import type { Head, Heads } from '../networks/index.ts';
import { isFused, type Sizes, takersOf } from '../streams/index.ts';

/** Feature vectors over the time of a film: what the heads see. */
export interface Track {
  /** A stream's name, or `visual` where several are fused. */
  readonly name: string;
  /** `moment`: a vector each 0.4 s, the mean of a map over its places. `waveform`: one for each column of sound. */
  readonly of: 'moment' | 'waveform';
  /** Whether that map is fused of those of its streams; else it is its one stream's own. */
  readonly fused: boolean;
  /** Those it is made of; at moments, in the order in which the fusion takes their maps. */
  readonly streams: readonly string[];
  /** What the names of its fusion's parameters start with. */
  readonly prefix: string;
}

/** Whether the fusion of a track runs over time, too: then its vectors are put together of three moments. */
export function isOverTime(
  { fusionConvolution }: { readonly fusionConvolution: 'space' | 'space-time' },
  { fused }: Pick<Track, 'fused'>,
): boolean {
  return fused && fusionConvolution === 'space-time';
}

/**
 * The tracks and heads of a network. Fusion of features: one track of all that are fused, one of each that joins before the
 * regression, and one head for all. Fusion of decisions: a track and a head for each stream.
 *
 * @param channelsOf the channels of a stream's own map.
 */
export function headsOf(
  network: { readonly streams: readonly string[]; readonly fusion: Heads['fusion']; readonly sizes: Sizes },
  channelsOf: (stream: string) => number,
): { fusion: Heads['fusion']; tracks: Track[]; heads: Head[] } {
  const { streams, fusion, sizes } = network;
  const seeing = [...takersOf('frame', streams), ...takersOf('pair', streams), ...takersOf('faces', streams)];
  const hearing = takersOf('waveform', streams);
  const inputOf = ({ name, of, fused }: Track) => ({
    track: name,
    channels: fused ? sizes.fused : channelsOf(name),
    masked: of === 'waveform',
  });
  const trackOf = (name: string, prefix: string): Track => ({
    ...{ name, prefix, streams: [name], fused: isFused(name) },
    of: hearing.includes(name) ? 'waveform' : 'moment',
  });
  if (fusion === 'decisions') {
    const tracks = streams.map((name) => trackOf(name, `decision.${name}.`));
    return {
      fusion,
      tracks,
      heads: tracks.map((track) => ({ prefix: track.prefix, inputs: [inputOf(track)] })),
    };
  }
  const fused = seeing.filter(isFused);
  const tracks: Track[] = [
    ...(fused.length > 0
      ? [{ name: 'visual', of: 'moment' as const, fused: true, streams: fused, prefix: '' }]
      : []),
    ...[...seeing.filter((name) => !isFused(name)), ...hearing].map((name) => trackOf(name, '')),
  ];
  return { fusion, tracks, heads: [{ prefix: '', inputs: tracks.map(inputOf) }] };
}
