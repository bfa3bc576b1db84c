// The network of Kim & Lee 2018 in two presets, as expressions of `graph`: flow as pictures [N, 3, side, side], pictures
// [N, 3, side, side] and waveforms [N, 1, samples, 1] (22,050 Hz, in [−1, 1]) → valence and arousal [clips, 2] in the
// units of the labels. Parameters are named as torchvision's, after `flow.`, `picture.`, `sound.`.
export { type Convnet5Sizes, convnet5 } from './convnet5.ts';
export { type DenseNetSizes, densenet } from './densenet.ts';
export type { BatchStatistics, Layers } from './layers.ts';
export { mobilenet, mobilenetChannels } from './mobilenet.ts';
export {
  type Batch,
  type ClipOptions,
  clipFeatures,
  clipNetwork,
  describeNetwork,
  frameNetwork,
  type Head,
  inputShape,
  type Network,
  type NetworkOptions,
  networkParameters,
  soundNetwork,
  streamMap,
} from './network.ts';
export { contributions, type Features, predict } from './predict.ts';
export {
  type Preset,
  presets,
  readPreset,
  readStreams,
  type Sizes,
  type Stream,
  streams,
} from './presets.ts';
export { randomParameters } from './random-parameters.ts';
export { columnStride, columnTime, type SoundChunk, SoundChunks, soundColumns } from './sound-columns.ts';
export { type SoundLayer, type SoundNetSizes, soundnet } from './soundnet.ts';
export { yamnet, yamnetWindows } from './yamnet.ts';
