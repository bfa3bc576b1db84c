import type { Head, Heads } from '../networks/index.ts';
import { type Sizes, takersOf } from '../streams/index.ts';

/** Feature vectors over the time of a film: what the heads see. */
export interface Track {
  /** A stream's name, or `visual` where several are fused. */
  readonly name: string;
  /** `moment`: a vector each 0.4 s, the mean of a fused map over its places. `waveform`: one for each column of sound. */
  readonly of: 'moment' | 'waveform';
  /** Those it is made of; at moments, in the order in which the fusion takes their maps. */
  readonly streams: readonly string[];
  /** What the names of its fusion's parameters start with. */
  readonly prefix: string;
}

/**
 * The tracks and heads of a network. Fusion of features: one track of all that see, one of each that hears, and one head
 * for all. Fusion of decisions: a track and a head for each stream.
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
  const inputOf = ({ name, of }: Track) =>
    of === 'moment'
      ? { track: name, channels: sizes.fused, masked: false }
      : { track: name, channels: channelsOf(name), masked: true };
  if (fusion === 'decisions') {
    const tracks = streams.map(
      (name): Track => ({
        name,
        of: hearing.includes(name) ? 'waveform' : 'moment',
        streams: [name],
        prefix: `decision.${name}.`,
      }),
    );
    return {
      fusion,
      tracks,
      heads: tracks.map((track) => ({ prefix: track.prefix, inputs: [inputOf(track)] })),
    };
  }
  const tracks: Track[] = [
    ...(seeing.length > 0 ? [{ name: 'visual', of: 'moment' as const, streams: seeing, prefix: '' }] : []),
    ...hearing.map((name) => ({ name, of: 'waveform' as const, streams: [name], prefix: '' })),
  ];
  return { fusion, tracks, heads: [{ prefix: '', inputs: tracks.map(inputOf) }] };
}
