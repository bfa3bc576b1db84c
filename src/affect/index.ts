// The words of the field, said once for every room; free of Node.
//
// In:  what networks answer, stream by stream; paired numbers on the scale of the labels; curves sampled at the same
//      moments.
// Out: `FilmAffect`, the versioned result of an analysis, and its schema; r, MSE, MAE, CCC, R² and bias (population
//      moments; NaN where undefined); agreement of raters; lags; resampling.
export {
  type Affect,
  type Dimension,
  dimensions,
  fromNeutral,
  labelScale,
  neutralOf,
  onScale,
  type Scale,
  sumOf,
} from './affect.ts';
export { type Agreement, agreementOf, alignedRaters, meanOfRaters } from './agreement.ts';
export {
  type AffectEstimate,
  type AffectPoint,
  type Curve,
  elicited,
  type FilmAffect,
  type IntervalDescription,
  type ModelDescription,
  type Shot,
  schemaVersion,
  type TrackDescription,
  type Unknown,
} from './film-affect.ts';
export { type FilmEffect, filmEffects } from './film-effects.ts';
export { bestLag, type Lag, movedBack } from './lag.ts';
export {
  extentOf,
  type MetricName,
  type Metrics,
  mean,
  metricNames,
  metricsOf,
  variance,
} from './metrics.ts';
export { modelWarnings } from './model-warnings.ts';
export { type Peak, peaksOf } from './peaks.ts';
export { resampled, smoothed } from './resample.ts';
export { type Findings, filmAffect } from './result.ts';
export { filmAffectJsonSchema, filmAffectSchema, parseFilmAffect } from './schema.ts';
