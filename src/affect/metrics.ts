/** How well predictions agree with labels. NaN where a number is undefined, as r of a constant is. */
export interface Metrics {
  /** Mean squared error. */
  readonly mse: number;
  /** Mean absolute error. */
  readonly mae: number;
  /** Pearson's correlation. */
  readonly r: number;
  /** Concordance correlation (Lin 1989): r, lowered by a wrong mean or spread. */
  readonly ccc: number;
  /** Share of the labels' variance that is explained: 1 − MSE / variance; 0 for their own mean, below for worse. */
  readonly r2: number;
  /** Mean of prediction − label. */
  readonly bias: number;
}

/** The name of a metric. */
export type MetricName = keyof Metrics;

/** All metrics, in the order of tables. */
export const metricNames: readonly MetricName[] = ['mse', 'mae', 'r', 'ccc', 'r2', 'bias'];

/** Metrics of paired numbers; population moments throughout. */
export function metricsOf(predicted: ArrayLike<number>, labels: ArrayLike<number>): Metrics {
  const count = labels.length;
  if (count === 0 || predicted.length !== count)
    throw new TypeError(`${predicted.length} predictions for ${count} labels`);
  const meanPredicted = mean(predicted);
  const meanLabel = mean(labels);
  let [squares, distances, covariance, variancePredicted, varianceLabel] = [0, 0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const p = predicted[i]! - meanPredicted;
    const l = labels[i]! - meanLabel;
    const error = predicted[i]! - labels[i]!;
    squares += error * error;
    distances += Math.abs(error);
    covariance += p * l;
    variancePredicted += p * p;
    varianceLabel += l * l;
  }
  const bias = meanPredicted - meanLabel;
  const constant =
    variancePredicted <= 1e-24 * count * Math.max(1, meanPredicted ** 2) ||
    varianceLabel <= 1e-24 * count * Math.max(1, meanLabel ** 2);
  return {
    mse: squares / count,
    mae: distances / count,
    r: constant ? Number.NaN : covariance / Math.sqrt(variancePredicted * varianceLabel),
    ccc: constant ? 0 : (2 * covariance) / (variancePredicted + varianceLabel + count * bias ** 2),
    r2: varianceLabel === 0 ? Number.NaN : 1 - squares / varianceLabel,
    bias,
  };
}

/** NaN of none. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Mean of the squared distances from the mean; NaN of none. */
export function variance(values: ArrayLike<number>): number {
  const center = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i]! - center) ** 2;
  return sum / values.length;
}

/** The least and the greatest value; infinite the other way round of none. For curves too long to be arguments. */
export function extentOf(values: Iterable<number>): [least: number, greatest: number] {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return [least, greatest];
}
