import { type Dimension, metricsOf, variance } from '../affect/index.ts';

export interface Accuracy {
  /** Mean squared error. */
  readonly error: number;
  /** The same as a share of the labels' variance: 1 for their own mean. */
  readonly relativeError: number;
  /** Pearson's r; 0 where one side is constant. */
  readonly r: number;
}

/** How well predictions agree with labels in one dimension: what training watches. */
export function agreement(
  predictions: readonly Readonly<Record<Dimension, number>>[],
  labels: readonly Readonly<Record<Dimension, number>>[],
  dimension: Dimension,
): Accuracy {
  const of = labels.map((label) => label[dimension]);
  const { mse, r } = metricsOf(
    predictions.map((prediction) => prediction[dimension]),
    of,
  );
  const spread = variance(of);
  return { error: mse, relativeError: spread > 0 ? mse / spread : mse, r: r || 0 };
}
