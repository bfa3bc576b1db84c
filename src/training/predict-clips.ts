import type { ClipFile } from '../clips/index.ts';
import { clipNetwork, type Network } from '../networks/index.ts';
import { openSession, type Provider } from '../runtime/node/index.ts';
import type { Tensor } from '../support/tensor.ts';
import { evenGlance, filledGroups, type View } from './batches.ts';
import { readInputs } from './kept-inputs.ts';
import { readAhead } from './read-ahead.ts';
import type { StreamFeatures } from './stream-features.ts';

export interface PredictClipsOptions {
  readonly network: Network;
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** How much of each clip is looked at, evenly spread over it. */
  readonly view: View;
  /** Features of streams for just these clips and looks (`evenGlance`), so that they need not be computed. */
  readonly kept?: readonly StreamFeatures[];
  readonly provider?: Provider;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Clips that go through the network at once. */
const clipsAtOnce = 4;

/**
 * The network's predictions for prepared clips, in the units of the labels it was trained on, in the order of the
 * clips: centre crops, frozen batch norms.
 */
export async function predictClips(
  clips: readonly { readonly clip: ClipFile }[],
  { network, parameters, view, kept = [], provider = 'cpu', threads, signal }: PredictClipsOptions,
): Promise<{ valence: number; arousal: number }[]> {
  const batch = { clips: clipsAtOnce, frames: view.segments, flows: view.flowFields, samples: view.samples };
  const { prediction } = clipNetwork(network, batch, { given: kept.map(({ stream }) => stream) });
  const session = await openSession({ prediction }, { parameters, provider, ...(threads && { threads }) });
  try {
    const looks = clips.map(({ clip }, clipNumber) => ({
      ...{ clip, clipNumber },
      ...{ glance: evenGlance(clip, view), glanceNumber: 0 },
    }));
    const reads = filledGroups(looks, clipsAtOnce).map(
      (group) => () => readInputs(group, view, network.streams, kept),
    );
    const predictions: { valence: number; arousal: number }[] = [];
    for await (const inputs of readAhead(reads, 2)) {
      signal?.throwIfAborted();
      const { data } = (await session.run(inputs, Object.keys(inputs))).prediction!;
      for (let i = 0; i < clipsAtOnce; i++)
        predictions.push({ valence: data[2 * i]!, arousal: data[2 * i + 1]! });
    }
    return predictions.slice(0, clips.length);
  } finally {
    await session.close();
  }
}
