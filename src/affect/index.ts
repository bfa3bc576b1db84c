// The words of the field, said once for every room; free of Node.
//
// In:  paired numbers, on the scale of the labels.
// Out: r, MSE, MAE, CCC, R² and bias (population moments; NaN where undefined).
export { type MetricName, type Metrics, mean, metricNames, metricsOf, variance } from './metrics.ts';
