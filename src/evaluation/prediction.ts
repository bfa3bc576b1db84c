export { type Dimension, dimensions } from '../affect/index.ts';

import type { LabeledClip } from '../datasets/index.ts';

/** What a model says of a clip, on the scale of its labels. */
export interface Prediction {
  readonly id: string;
  readonly valence: number;
  readonly arousal: number;
}

/** Predictions in the order of the clips. @throws TypeError when one is missing. */
export function inOrderOf(clips: readonly LabeledClip[], predictions: readonly Prediction[]): Prediction[] {
  const byId = new Map(predictions.map((prediction) => [prediction.id, prediction]));
  return clips.map(({ id }) => {
    const prediction = byId.get(id);
    if (!prediction) throw new TypeError(`clip '${id}' has no prediction`);
    return prediction;
  });
}
