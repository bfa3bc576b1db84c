// Predictions and labels in → metrics, intervals, tests, baselines, tables out.
//
// In:  `LabeledClip`s with raw scores, `Prediction`s on the same scale.
// Out: numbers per dimension (valence, arousal); NaN where one is undefined; tables as text, Markdown, CSV, LaTeX.
export { type MetricName, type Metrics, metricNames } from '../affect/index.ts';
export {
  type Baseline,
  baselines,
  constant,
  type LeakTest,
  leakTest,
  leakText,
  neighborsLabels,
  positionInFilm,
} from './baselines.ts';
export { type Comparison, compareModels, signFlipProbability } from './comparison.ts';
export {
  type ConformalMargins,
  conformalMargins,
  coverageByFilm,
  coverageOf,
  type MeasuredCoverage,
} from './conformal.ts';
export {
  type CurveBaseline,
  curveBaselines,
  type FittedSmoothing,
  fittedSmoothing,
  type LinearCurve,
  type RatedLinearCurve,
} from './curve-baselines.ts';
export {
  type CurveScore,
  curveTable,
  evaluateCurves,
  type RatedFilm,
  type Series,
  sampledPair,
} from './curve-evaluation.ts';
export {
  type CurveAndRatings,
  type CurveComparison,
  type CurveFigures,
  compareCurves,
  curveFigures,
} from './curves-by-film.ts';
export { evaluate } from './evaluate.ts';
export { bootstrapIntervals } from './intervals.ts';
export { readRun, writeRun } from './mediaeval-run.ts';
export { type Dimension, dimensions, type Prediction } from './prediction.ts';
export {
  type PublishedResult,
  publishedResults,
  publishedTable,
  type TestSet,
  tableOneOfPaper,
  testSets,
} from './published.ts';
export type { BootstrapOptions, Interval } from './resamples.ts';
export { crossValidatedRidge, leastSquares, type Ridge, ridge } from './ridge.ts';
export { ensembleOf, type Spread, spreadOf } from './spread.ts';
export { stackedWeights } from './stacking.ts';
export { type Cell, type Column, formatTable, type Table, type TableFormat, tableFormats } from './table.ts';
