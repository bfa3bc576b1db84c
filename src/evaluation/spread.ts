import { type MetricName, type Metrics, mean, metricNames } from '../affect/index.ts';
import { type Dimension, dimensions, type Prediction } from './prediction.ts';

/** A figure over several trainings. */
export interface Spread {
  readonly mean: number;
  /** Standard deviation of a sample (n − 1). */
  readonly deviation: number;
}

/** Mean and standard deviation of each metric over trainings that differ by their seed alone; at least two. */
export function spreadOf(
  trainings: readonly Record<Dimension, Metrics>[],
): Record<Dimension, Record<MetricName, Spread>> {
  if (trainings.length < 2) throw new TypeError(`${trainings.length} trainings; two have a spread`);
  const of = (dimension: Dimension) =>
    Object.fromEntries(
      metricNames.map((name) => {
        const values = trainings.map((metrics) => metrics[dimension][name]);
        const center = mean(values);
        const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
        return [name, { mean: center, deviation: Math.sqrt(squares / (values.length - 1)) }];
      }),
    ) as Record<MetricName, Spread>;
  return { valence: of('valence'), arousal: of('arousal') };
}

/** The ensemble of several trainings: of each clip the mean of their predictions. One training is its own. */
export function ensembleOf(trainings: readonly (readonly Prediction[])[]): readonly Prediction[] {
  const [first, ...others] = trainings;
  if (!first) throw new TypeError('an ensemble of no training');
  if (others.length === 0) return first;
  const byId = others.map(
    (predictions) => new Map(predictions.map((prediction) => [prediction.id, prediction])),
  );
  return first.map((prediction) => {
    const all = [
      prediction,
      ...byId.map((known) => {
        const found = known.get(prediction.id);
        if (!found) throw new TypeError(`clip '${prediction.id}' is not predicted by every training`);
        return found;
      }),
    ];
    const [valence, arousal] = dimensions.map((dimension) => mean(all.map((of) => of[dimension])));
    return { id: prediction.id, valence: valence!, arousal: arousal! };
  });
}
