import { type ClipFile, clipSource } from '../clips/index.ts';
import { clipVectors, extractFeatures, Sessions } from '../features/index.ts';
import type { Model } from '../models/index.ts';
import { predictClip } from '../networks/index.ts';
import type { Runtime } from '../runtime/index.ts';

/** What predicts, what stops it, and who is told. */
export interface PredictWholeOptions {
  readonly model: Model;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  /** @param done 0 to 1. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/**
 * The model's predictions for prepared clips, in their order, from all that is sampled of each: every moment, every field
 * of motion, the waveform from its beginning to its end. It is what `affectline analyze` computes of a film, from the
 * clips as they are stored.
 */
export async function predictWholeClips(
  clips: readonly { readonly clip: ClipFile }[],
  { model, runtime, signal, onProgress }: PredictWholeOptions,
): Promise<{ valence: number; arousal: number }[]> {
  const { network, head } = model;
  const sessions = new Sessions(model, runtime, 'one by one');
  const predictions: { valence: number; arousal: number }[] = [];
  // those that are as long share a session for their sound
  const order = [...clips.keys()].sort((a, b) => clips[a]!.clip.sampleCount - clips[b]!.clip.sampleCount);
  try {
    for (const [done, i] of order.entries()) {
      signal.throwIfAborted();
      const { streams } = network;
      const features = await extractFeatures(clipSource(clips[i]!.clip), { model, sessions, streams });
      predictions[i] = predictClip(network, head, clipVectors(features));
      onProgress?.((done + 1) / clips.length);
    }
    return predictions;
  } finally {
    await sessions.close();
  }
}
