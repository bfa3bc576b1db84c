// A data set and a configuration in → the networks and baselines of the paper's experiment, trained, tested and
// compared, with a report. Knows nothing of a terminal: whoever calls says where it reports to (`silent`: nowhere).
export { type Measured, writeCard } from './card.ts';
export {
  type AgainstBest,
  type HeadFinding,
  type LeaveFilmsOutOptions,
  leaveFilmsOut,
} from './curves/leave-films-out.ts';
export {
  onModelScale,
  type RatedFilmSeconds,
  ratedSeconds,
  type SecondsOptions,
} from './curves/rated-films.ts';
export { curveGoal, headTable, readingOfHeads } from './curves/report.ts';
export {
  type CurveTraining,
  type CurveTrainingOptions,
  curveReady,
  trainCurves,
} from './curves/train-curves.ts';
export { drawRatedCurves, type RatedCurve } from './draw-rated-curves.ts';
export type { Finding } from './findings.ts';
export type { ForeignResult } from './foreign.ts';
export { isSeeded, type ModelName, modelNames, usualModels } from './models.ts';
export { pretrainedWeights, startingConfiguration } from './pretrained.ts';
export { type ReproduceOptions, type Reproduction, reproduceExperiment } from './reproduce.ts';
export {
  type HeldOut,
  type Progress,
  preparedClips,
  type Reporting,
  silent,
  type TrainingRunOptions,
  trainAndPredict,
  trainedOn,
} from './run.ts';
export {
  type Computing,
  preparationJobs,
  type ShardData,
  type TrainingData,
  trainingJobs,
} from './training-jobs.ts';
