// Frames, flow and sound of a clip → the inputs of the networks.
//   writePicture  RGB levels 0..255       → ImageNet-normalised [3, height, width]
//   writeFlow     displacements in pixels → ImageNet-normalised [3, height, width] of (u, v, |w|)
//   sampleOfFlow  which sampled frame a flow field belongs to
//   openFilm      a file → its sampled frames, flow fields and waveform, decoded in one pass as they are read
//   ClipCache     clips → files that hold all that training needs of them, made once; read segment by segment
//   randomCrop    the paper's augmentation, the same square of pictures and flow
export {
  type CacheEstimate,
  ClipCache,
  type PrepareProgress,
} from './cache/cache.ts';
export { ClipFile, type Segment } from './cache/clip-file.ts';
export { type FlowLevels, flowOfLevels, restingFlow } from './cache/flow-image.ts';
export type { Preparation } from './cache/prepare.ts';
export { type Crop, centreCrop, cropPicture, randomCrop } from './crop.ts';
export { writeFlowCrop } from './crop-flow.ts';
export { type Film, type FilmOptions, openFilm, type SampledFrame, type SampleFlow } from './film.ts';
export { type FilmSignals, filmSignals } from './film-signals.ts';
export { HandcraftedFeatures, handcraftedFeatureNames } from './handcrafted/features.ts';
export { framesPerSample, isSampled, sampleOfFlow, writeFlow, writePicture } from './network-inputs.ts';
