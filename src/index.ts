// What most users need: a film → how it makes people feel, as values, text and picture; the rest has doors of its own
// (affectline/media, affectline/training, …; see docs/architecture.md).
export {
  type Affect,
  type AffectEstimate,
  type AffectPoint,
  type Curve,
  type Dimension,
  dimensions,
  type FilmAffect,
  filmAffectSchema,
  type ModelDescription,
  parseFilmAffect,
  type Scale,
  type Unknown,
} from './affect/index.ts';
export {
  type AnalyzeOptions,
  type Analyzer,
  type AnalyzerOptions,
  openAnalyzer,
} from './analysis/node/index.ts';
export { FilmStrip, toCsv, toJsonLine, toPicture } from './results/index.ts';
export { type ErrorCode, InputError } from './support/errors.ts';
