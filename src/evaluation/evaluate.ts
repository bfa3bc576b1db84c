import { type Metrics, metricsOf } from '../affect/index.ts';
import type { LabeledClip } from '../datasets/index.ts';
import { type Dimension, inOrderOf, type Prediction } from './prediction.ts';

/** Metrics of a model on labeled clips, for valence and for arousal. */
export function evaluate(
  clips: readonly LabeledClip[],
  predictions: readonly Prediction[],
): Record<Dimension, Metrics> {
  const ordered = inOrderOf(clips, predictions);
  const of = (dimension: Dimension) =>
    metricsOf(
      ordered.map((prediction) => prediction[dimension]),
      clips.map((clip) => clip[dimension]),
    );
  return { valence: of('valence'), arousal: of('arousal') };
}
