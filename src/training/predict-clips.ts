import type { ClipFile } from '../clips/index.ts';
import { clipNetwork, type Network } from '../models/index.ts';
import { nodeRuntime, type Runtime } from '../runtime/node/index.ts';
import type { Tensor } from '../support/tensor.ts';
import { type ExcerptSize, evenExcerpt, filledGroups } from './excerpts.ts';
import { readInputs } from './inputs.ts';
import { readAhead } from './read-ahead.ts';
import type { StreamFeatures } from './stream-features.ts';

/** What predicts, and how much of each clip it looks at. */
export interface PredictClipsOptions {
  readonly network: Network;
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** How much of each clip is looked at, evenly spread over it. */
  readonly size: ExcerptSize;
  /** Features of streams for just these clips and `evenExcerpt`s, so that they need not be computed. */
  readonly kept?: readonly StreamFeatures[];
  /** What computes; this machine's processor unless told. */
  readonly runtime?: Runtime;
  readonly signal?: AbortSignal | undefined;
}

/** Clips that go through the network at once. */
const clipsOfRun = 4;

/**
 * The network's predictions for prepared clips, in the units of the labels it was trained on, in the order of the
 * clips: center crops, frozen batch norms.
 */
export async function predictClips(
  clips: readonly { readonly clip: ClipFile }[],
  { network, parameters, size, kept = [], runtime = nodeRuntime(), signal }: PredictClipsOptions,
): Promise<{ valence: number; arousal: number }[]> {
  const batch = { clips: clipsOfRun, frames: size.moments, pairs: size.fields, samples: size.samples };
  const { prediction } = clipNetwork(network, batch, { given: kept.map(({ stream }) => stream) });
  const session = await runtime.open({ prediction }, parameters);
  try {
    const excerpts = clips.map(({ clip }, clipNumber) => ({
      ...{ clip, clipNumber },
      ...{ excerpt: evenExcerpt(clip, size), excerptNumber: 0 },
    }));
    const reads = filledGroups(excerpts, clipsOfRun).map(
      (group) => () => readInputs(group, size, network, kept),
    );
    const predictions: { valence: number; arousal: number }[] = [];
    for await (const inputs of readAhead(reads, 2)) {
      signal?.throwIfAborted();
      const { data } = (await session.run(inputs, Object.keys(inputs))).prediction!;
      for (let i = 0; i < clipsOfRun; i++)
        predictions.push({ valence: data[2 * i]!, arousal: data[2 * i + 1]! });
    }
    return predictions.slice(0, clips.length);
  } finally {
    await session.close();
  }
}
