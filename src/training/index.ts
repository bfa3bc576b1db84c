// Labeled clips and a configuration in → a trained model out: optimizers, the step, checkpoints, the loop.
//
// In:  a `ClipCache` of prepared clips with labels in the data set's own units, a `TrainingConfiguration` (YAML).
// Out: a run's folder: `best/` (a model for `affectline analyze --model`), `last/` (a checkpoint to go on from),
//      results.csv, metrics.jsonl, TensorBoard events.

export { type Addition, additionOf } from './addition.ts';
export { errorUnit } from './agreement.ts';
export {
  configurationHelp,
  configurationKeys,
  configurationText,
  parseConfiguration,
  type TrainingConfiguration,
  trainingConfiguration,
} from './configuration.ts';
export { type CurveLoss, curveLosses } from './curves/losses.ts';
export type { RatedSeconds } from './curves/rated-seconds.ts';
export {
  type SmoothedAnswers,
  type TemporalTrainingOptions,
  type TrainedTemporalHead,
  trainTemporalHead,
} from './curves/train-temporal-head.ts';
export type { Excerpt, ExcerptSize } from './excerpts.ts';
export type { NumberedExcerpt } from './inputs.ts';
export { groupedRate } from './optimizers.ts';
export type { StepProgress, TrainingClip, TrainOptions, TrainResult } from './options.ts';
export { checkOrigin, type Origin, originOf } from './origin.ts';
export {
  clipsOfRun,
  evaluationSize,
  excerptSize,
  type PlannedStep,
  plannedSteps,
  plannedValidation,
  stepsOfEpoch,
} from './plan.ts';
export { type PredictClipsOptions, predictClips } from './predict-clips.ts';
export type { EpochRecord } from './records/records.ts';
export { initialParameters, openClips, openSplit, startAtMean } from './start.ts';
export { partOf, type TrainedPart, type TrainedParts, trains } from './trained-parts.ts';
export { train } from './trainer.ts';
