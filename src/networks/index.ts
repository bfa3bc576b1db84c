// Parts of networks, as expressions of `graph`: backbones, which turn pictures, fields and waveforms into maps; the fusion
// of maps; and heads, which turn the means of features into valence and arousal, as expressions for training and in plain
// arithmetic for windows of a film. Parameters are named as torchvision's, after a prefix.
export {
  columnCount,
  columnStride,
  columnTime,
  type SoundChunk,
  SoundChunks,
  type Window,
} from './columns.ts';
export { constantQNetwork, constantQWindows } from './constant-q.ts';
export { type Convnet5Sizes, convnet5 } from './convnet5.ts';
export { dense } from './dense.ts';
export { type DenseNetSizes, densenet } from './densenet.ts';
export { averageMaps, fusedMap, fusionParts, partsOverTime, visualFeature } from './fusion.ts';
export { averageDecisions } from './heads/decisions.ts';
export type { Features, Head, HeadInput, Heads } from './heads/head.ts';
export { isOfHead, maskedFeature, offsetOf, regression, widthOf } from './heads/mean-linear.ts';
export { contributions, predict, predictClip } from './heads/predict.ts';
export {
  type CurveNetwork,
  curveOfSeconds,
  filteredAnswers,
  inputsOfSecond,
  type Reach,
  reachOf,
  secondAt,
  smallTemporalHead,
  type TemporalHead,
  temporalCurve,
  temporalNetwork,
  temporalParameters,
} from './heads/temporal.ts';
export type { BatchStatistics, Layers } from './layers.ts';
export { mobilenet, mobilenetChannels } from './mobilenet.ts';
export { randomParameters } from './random-parameters.ts';
export { type SoundLayer, type SoundNetSizes, soundnet, soundnetWindows } from './soundnet.ts';
export { yamnet, yamnetWindows } from './yamnet.ts';
