// The network for one window, with everything on its way that other programs may want.
import { reduceMean, type Value } from '../graph/index.ts';
import { type Batch, clipFeatures, clipNetwork, featureName, type Network } from '../models/index.ts';
import { streamNamed } from '../streams/index.ts';

/** The output that holds valence and arousal. */
export const affectOutput = 'affect';

/**
 * The network for one window: `affect` [1, 2], valence and arousal; `track.NAME` [1, C], what the head sees; and
 * `stream.NAME` [1, C], the mean of the map of each stream, before they are fused.
 */
export function wholeNetwork(network: Network, batch: Batch): Record<string, Value> {
  const { prediction, vectors } = clipNetwork(network, batch);
  const maps = clipFeatures(network, batch);
  const streams = network.streams.map((stream): [string, Value] => {
    const map = maps[featureName(stream)]!;
    return [
      `stream.${stream}`,
      streamNamed(stream).takes === 'waveform' ? map : reduceMean(reduceMean(map, [2, 3]), [0], true),
    ];
  });
  return {
    [affectOutput]: prediction,
    ...Object.fromEntries(Object.entries(vectors).map(([name, vector]) => [`track.${name}`, vector])),
    ...Object.fromEntries(streams),
  };
}
