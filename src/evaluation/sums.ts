import { type MetricName, metricNames } from '../affect/index.ts';

/**
 * Sums over clips from which every metric follows; those of several films add up. In the order: count, predictions,
 * labels, their squares, their product, absolute errors. Both sides are taken from a common center, so that nothing
 * is lost to large means.
 */
export type Sums = Float64Array;

export const sumCount = 7;

export function sumsOf(predicted: readonly number[], labels: readonly number[], center: number): Sums {
  const sums = new Float64Array(sumCount);
  predicted.forEach((value, i) => {
    const [p, l] = [value - center, labels[i]! - center];
    sums[0]! += 1;
    sums[1]! += p;
    sums[2]! += l;
    sums[3]! += p * p;
    sums[4]! += l * l;
    sums[5]! += p * l;
    sums[6]! += Math.abs(p - l);
  });
  return sums;
}

/** The metrics of the clips summed, in the order of `metricNames`; those of `metricsOf`. */
export function metricsOfSums(sums: Sums): number[] {
  const [count, p, l, pp, ll, pl, distances] = sums as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const bias = (p - l) / count;
  const variancePredicted = pp / count - (p / count) ** 2;
  const varianceLabel = ll / count - (l / count) ** 2;
  const covariance = pl / count - (p / count) * (l / count);
  const mse = (pp - 2 * pl + ll) / count;
  const constant = variancePredicted <= 1e-12 || varianceLabel <= 1e-12;
  const metrics: Record<MetricName, number> = {
    mse,
    mae: distances / count,
    r: constant ? Number.NaN : covariance / Math.sqrt(variancePredicted * varianceLabel),
    ccc: constant ? 0 : (2 * covariance) / (variancePredicted + varianceLabel + bias ** 2),
    r2: varianceLabel <= 1e-12 ? Number.NaN : 1 - mse / varianceLabel,
    bias,
  };
  return metricNames.map((name) => metrics[name]);
}
