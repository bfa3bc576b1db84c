import { type Metrics, metricsOf } from '../affect/index.ts';
import type { LabelledClip } from '../datasets/index.ts';
import { type Dimension, inOrderOf, type Prediction } from './prediction.ts';

/** Metrics of a model on labelled clips, for valence and for arousal. */
export function evaluate(
  clips: readonly LabelledClip[],
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
