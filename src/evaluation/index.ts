// Predictions and labels in → metrics, intervals, tests, baselines, tables out.
//
// In:  `LabelledClip`s with raw scores, `Prediction`s on the same scale.
// Out: numbers per dimension (valence, arousal); NaN where one is undefined; tables as text, Markdown, CSV, LaTeX.
export {
  type Baseline,
  baselines,
  constant,
  type LeakTest,
  leakTest,
  leakText,
  neighboursLabels,
  positionInFilm,
} from './baselines.ts';
export { evaluate, type MetricName, type Metrics, metricNames, metricsOf } from './metrics.ts';
export { type Dimension, dimensions, type Prediction } from './prediction.ts';
export { crossValidatedRidge, type Ridge, ridge } from './ridge.ts';
