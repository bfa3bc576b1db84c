import type { ClipFile } from '../clips/index.ts';
import type { Network, Stream } from '../networks/index.ts';
import type { Provider } from '../runtime/node/index.ts';
import type { Tensor } from '../support/tensor.ts';
import { evenGlance, type Glance, readBatch, type View } from './batches.ts';
import type { TrainingConfiguration } from './configuration.ts';
import { StreamFeatures } from './stream-features.ts';

/** A look at a clip, and which of the clips and of its fixed looks that is: by these, kept features are found. */
export interface NumberedLook {
  readonly clip: ClipFile;
  readonly glance: Glance;
  readonly clipNumber: number;
  readonly glanceNumber: number;
}

/** The inputs of `clipNetwork` for some looks: features where they are kept, the clips' own data where not. */
export async function readInputs(
  looks: readonly NumberedLook[],
  view: View,
  streams: readonly Stream[],
  kept: readonly StreamFeatures[],
): Promise<Record<string, Tensor>> {
  const own = streams.filter((stream) => !kept.some((features) => features.stream === stream));
  const inputs = await readBatch(looks, view, own);
  await Promise.all(
    kept.map(async (features) => {
      inputs[`${features.stream}Feature`] = await features.read(
        looks.map(({ clipNumber, glanceNumber }) => ({ clip: clipNumber, glance: glanceNumber })),
      );
      if (features.stream === 'sound')
        inputs.hasSound = {
          shape: [looks.length, 1],
          data: Float32Array.from(looks, ({ clip }) => (clip.sampleCount > 0 ? 1 : 0)),
        };
    }),
  );
  return inputs;
}

export interface KeepOptions {
  readonly configuration: TrainingConfiguration;
  readonly network: Network;
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly folder: string;
  readonly provider?: Provider | undefined;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((stream: Stream, share: number) => void) | undefined;
}

/**
 * The features of frozen streams that are worth keeping: of sound, for the middle of each clip; of flow, for the looks
 * in `flowGlances`, where these are fixed.
 *
 * @param flowGlances for each clip; undefined when training draws them anew in every step.
 */
export async function keepFeatures(
  clips: readonly ClipFile[],
  view: View,
  flowGlances: readonly (readonly Glance[])[] | undefined,
  options: KeepOptions,
): Promise<StreamFeatures[]> {
  const { configuration, network, onProgress } = options;
  const kept: StreamFeatures[] = [];
  for (const stream of ['flow', 'sound'] as const) {
    if (!network.streams.includes(stream) || configuration.train[stream] !== 'frozen') continue;
    const middle = stream === 'sound' ? clips.map((clip) => [evenGlance(clip, view)]) : undefined;
    const glances = middle ?? flowGlances;
    if (!glances) continue;
    kept.push(
      await StreamFeatures.open({
        ...options,
        ...{ stream, view, clips, glances },
        onProgress: (done, total) => onProgress?.(stream, done / total),
      }),
    );
  }
  return kept;
}
