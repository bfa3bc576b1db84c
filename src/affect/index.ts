// The words of the field, said once for every room; free of Node.
//
// In:  paired numbers, on the scale of the labels; curves sampled at the same moments.
// Out: r, MSE, MAE, CCC, R² and bias (population moments; NaN where undefined); agreement of raters; lags; resampling.
export { type Agreement, agreementOf, alignedRaters, meanOfRaters } from './agreement.ts';
export { bestLag, type Lag, movedBack } from './lag.ts';
export { type MetricName, type Metrics, mean, metricNames, metricsOf, variance } from './metrics.ts';
export { resampled, smoothed } from './resample.ts';
