import type { ClipFile } from '../clips/index.ts';
import { openSession, type Provider } from '../graph/index.ts';
import { clipNetwork, type Network } from '../networks/index.ts';
import type { Tensor } from '../support/tensor.ts';
import { evenGlance, readBatch, type View } from './batches.ts';
import { readAhead } from './read-ahead.ts';

export interface PredictClipsOptions {
  readonly network: Network;
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** How much of each clip is looked at, evenly spread over it. */
  readonly view: View;
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
  { network, parameters, view, provider = 'cpu', threads, signal }: PredictClipsOptions,
): Promise<{ valence: number; arousal: number }[]> {
  const batch = { clips: clipsAtOnce, frames: view.segments, flows: view.flowFields, samples: view.samples };
  const { prediction } = clipNetwork(network, batch);
  const session = await openSession({ prediction }, { parameters, provider, ...(threads && { threads }) });
  try {
    const groups = Array.from({ length: Math.ceil(clips.length / clipsAtOnce) }, (_, group) =>
      // the last group is filled up with its last clip, for a session has one batch size
      Array.from(
        { length: clipsAtOnce },
        (_, i) => clips[Math.min(group * clipsAtOnce + i, clips.length - 1)]!,
      ),
    );
    const reads = groups.map(
      (group) => () =>
        readBatch(
          group.map(({ clip }) => ({ clip, glance: evenGlance(clip, view) })),
          view,
          network.streams,
        ),
    );
    const predictions: { valence: number; arousal: number }[] = [];
    for await (const inputs of readAhead(reads, 2)) {
      signal?.throwIfAborted();
      const { data } = (await session.run(inputs)).prediction!;
      for (let i = 0; i < clipsAtOnce; i++)
        predictions.push({ valence: data[2 * i]!, arousal: data[2 * i + 1]! });
    }
    return predictions.slice(0, clips.length);
  } finally {
    await session.close();
  }
}
