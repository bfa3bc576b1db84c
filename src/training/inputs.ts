import { featureName, type Network, soundMask, streamsTaking } from '../models/index.ts';
import type { Tensor } from '../support/tensor.ts';
import type { ClipExcerpt, ExcerptSize } from './excerpts.ts';
import type { StreamFeatures } from './stream-features.ts';
import { readStreams } from './stream-inputs.ts';

/** An excerpt, and which of the clips and of its fixed excerpts that is: by these, kept features are found. */
export interface NumberedExcerpt extends ClipExcerpt {
  readonly clipNumber: number;
  readonly excerptNumber: number;
}

/** The inputs of `clipNetwork` for some excerpts: features where they are kept, the clips' own data where not. */
export async function readInputs(
  excerpts: readonly NumberedExcerpt[],
  size: ExcerptSize,
  network: Network,
  kept: readonly StreamFeatures[],
): Promise<Record<string, Tensor>> {
  const own = network.streams.filter((stream) => !kept.some((features) => features.stream === stream));
  const inputs = await readStreams(excerpts, size, network, own);
  for (const features of kept)
    inputs[featureName(features.stream)] = await features.read(
      excerpts.map(({ clipNumber, excerptNumber }) => ({ clip: clipNumber, excerpt: excerptNumber })),
    );
  if (streamsTaking(network, 'waveform').length > 0)
    inputs[soundMask] = {
      shape: [excerpts.length, 1],
      data: Float32Array.from(excerpts, ({ clip }) => (clip.sampleCount > 0 ? 1 : 0)),
    };
  return inputs;
}
