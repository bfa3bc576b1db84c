// Annotation files in → labeled clips, splits, scores out.
//
// In:  a folder in one of `labelFormats` (LIRIS-ACCEDE, MediaEval 2016, labels of one's own).
// Out: a `DataSet` of `LabeledClip`s with raw scores, 1 … 5.
export { type CheckReport, checkDataSet, checkText, inspectDataSet, type ScoreSummary } from './check.ts';
export type {
  ClipSet,
  Film,
  LabeledClip,
  ScoreRange,
} from './clip.ts';
export type {
  CurveFormat,
  CurveLabels,
  CurveOptions,
  CurveTrack,
  RaterTrack,
} from './curves/curve-labels.ts';
export { curveFormats, readCurves } from './curves/read.ts';
export type { DataSet, LabelFormat } from './formats/format.ts';
export {
  type LirisClip,
  type LirisFilm,
  lirisClipName,
  lirisLayout,
  writeLirisAnnotations,
} from './layout.ts';
export { type Problem, Problems, problemText } from './problems.ts';
export {
  dataSetFor,
  isFolds,
  mediaEvalBeside,
  type Protocol,
  protocolNamed,
  protocolOf,
  type SplitName,
  splitNamed,
  splitNames,
  testedClips,
} from './protocol.ts';
export { labelFormats, openDataSet, readAnnotations, syntheticMark } from './read.ts';
export { type ComparisonModel, type Judgment, strengthsFrom } from './scores/comparisons.ts';
export { type Estimate, GaussianProcess, type Kernel } from './scores/gaussian-process.ts';
export {
  type RatesAbove,
  ranksByQuicksort,
  ranksOf,
  scoresOfRanks,
  simulatedAnnotators,
} from './scores/ranks.ts';
export {
  filmFolds,
  filmSplit,
  knownClips,
  officialSplit,
  officialTestSplit,
  paperSplit,
  randomSplit,
  type Split,
  testSetSplit,
} from './splits.ts';
