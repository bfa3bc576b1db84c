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
  return { error: mse, relativeError: mse / errorUnit(labels, dimension), r: r || 0 };
}

/** What a squared error is divided by where training compares epochs: the variance of the labels; 1 where they are alike. */
export function errorUnit(
  labels: readonly Readonly<Record<Dimension, number>>[],
  dimension: Dimension,
): number {
  return variance(labels.map((label) => label[dimension])) || 1;
}
