// A data set and a configuration in → the networks and baselines of the paper's experiment, trained, tested and
// compared, with a report.
export { drawRatedCurves, type RatedCurve } from './draw-rated-curves.ts';
export { claimExperiment, runExperiment } from './experiment.ts';
export { findingsOf } from './findings.ts';
export { isNetwork, type ModelName, modelNames } from './models.ts';
export { planText } from './plan.ts';
export { writeReport } from './report.ts';
export { preparedClips, type Reporting, trainAndPredict } from './run.ts';
