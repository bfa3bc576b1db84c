// A model: a network (which streams, joined how), its weights, and what films go through before it (`Preprocessing`).
//
// In:  names of streams and a preset (`describeNetwork`). Out: the network as expressions: for clips (`clipNetwork`), and
//      in the parts that the analysis of a film computes once. `node/` reads and writes the folder of a model.
export { cardText } from './card.ts';
export {
  clipFeatures,
  clipNetwork,
  featureName,
  networkParameters,
  parametersOfStream,
  soundMask,
  trackMap,
} from './clip-network.ts';
export {
  type Calibration,
  type Change,
  configText,
  type InBytes,
  type Known,
  type ModelFile,
  modelFileText,
  parseModelFile,
} from './description.ts';
export {
  momentNetwork,
  pairNetwork,
  placeNetwork,
  sumName,
  waveformNetwork,
  windowsOf,
} from './film-network.ts';
export { type Model, untrainedModel } from './model.ts';
export {
  type Batch,
  describeNetwork,
  inputShape,
  itemShape,
  type Network,
  type NetworkOptions,
  streamMap,
  streamsTaking,
  viewOfMoment,
} from './network.ts';
export { partRanges, storedRanges } from './ranges.ts';
export { isOverTime, type Track } from './tracks.ts';
