// The whole network for clips, to be trained or evaluated.
import { input, type ParameterValue, parametersOf, type Value } from '../graph/index.ts';
import {
  averageDecisions,
  fusedMap,
  type Head,
  maskedFeature,
  regression,
  visualFeature,
} from '../networks/index.ts';
import { streamNamed } from '../streams/index.ts';
import { type Batch, type Network, streamFeature, streamsTaking } from './network.ts';
import { isOverTime, type Track } from './tracks.ts';

/** The input that says which clips have sound, [clips, 1] of 1 and 0: of networks with a stream that hears. */
export const soundMask = 'hasSound';

/** The name of what the fusion takes of a stream, as an output of `clipFeatures` and an input of `clipNetwork`. */
export function featureName(stream: string): string {
  return `${stream}Feature`;
}

/**
 * What the fusion takes of each stream, to be computed once and kept where the stream is frozen. Inputs are those of
 * `clipNetwork`; the outputs (`pictureFeature` of `picture`) are its inputs in place of those streams.
 */
export function clipFeatures(network: Network, batch: Batch): Record<string, Value> {
  return Object.fromEntries(
    network.streams.map((stream) => [featureName(stream), streamFeature(network, stream, batch)]),
  );
}

export interface ClipOptions {
  /** Streams whose features are inputs in place of what they are computed from. */
  given?: readonly string[];
  /** Whether the batch norm of this path uses the statistics of the batch; none does unless told. */
  usesBatchStatistics?: (path: string) => boolean;
}

/**
 * The whole network for a batch of clips.
 *
 * Inputs are called as the streams, of the shapes that `inputShape` says, in order of clips, frames, pairs; and
 * `hasSound` [clips, 1], where a stream takes the waveform.
 *
 * @returns `prediction` [clips, 2], valence and arousal, in the units of the labels; `vectors`, by the name of each track,
 *   its mean over the clip [clips, C], which `predict` takes; `averages`, what the running averages of batch norms become,
 *   by parameter name.
 */
export function clipNetwork(
  network: Network,
  batch: Batch,
  { given = [], usesBatchStatistics: uses = () => false }: ClipOptions = {},
): { prediction: Value; vectors: Record<string, Value>; averages: Record<string, Value> } {
  const averages = new Map<string, Value>();
  const features = new Map(
    network.streams.map((stream) => [
      stream,
      given.includes(stream)
        ? input(featureName(stream), streamFeature(network, stream, batch).shape)
        : streamFeature(network, stream, batch, { uses, averages }),
    ]),
  );
  const hears = streamsTaking(network, 'waveform').length > 0;
  const mask = hears ? input(soundMask, [batch.clips, 1]) : undefined;
  const masked = (head: Head) => head.inputs.every((of) => of.masked);
  const vectors = Object.fromEntries(
    network.tracks.map((track) => [
      track.name,
      track.of === 'waveform'
        ? features.get(track.name)!
        : visualFeature(trackMap(network, track, features, batch.clips), batch.clips),
    ]),
  );
  const decisions = network.heads.map((head) => {
    const parts = head.inputs.map(({ track, masked }) =>
      masked ? maskedFeature(vectors[track]!, mask!) : vectors[track]!,
    );
    return regression(parts, head.prefix);
  });
  const prediction =
    network.fusion === 'features'
      ? decisions[0]!
      : averageDecisions(
          decisions,
          network.heads.map((head) => (masked(head) ? mask : undefined)),
        );
  return { prediction, vectors, averages: Object.fromEntries(averages) };
}

/** The map of a track at the moments of so many clips, from those of its streams. */
export function trackMap(
  network: Network,
  track: Track,
  maps: ReadonlyMap<string, Value>,
  clips: number,
): Value {
  const { streams, prefix, fused } = track;
  if (!fused) return maps.get(streams[0]!)!;
  return fusedMap(
    streams.map((stream) => maps.get(stream)!),
    prefix,
    { channels: network.sizes.fused, ...(isOverTime(network, track) && { overTime: { clips } }) },
  );
}

/** Every parameter of the network, by name and shape, running averages included. */
export function networkParameters(network: Network): ParameterValue[] {
  return parametersOf(clipNetwork(network, { clips: 1, frames: 1, pairs: 1, samples: 220_500 }).prediction);
}

/** The parameters of some of its streams. */
export function parametersOfStream(network: Network, stream: string): ParameterValue[] {
  return networkParameters(network).filter(({ name }) => name.startsWith(`${streamNamed(stream).name}.`));
}
