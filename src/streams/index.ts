// The streams of networks: ways of looking at and listening to a film. One file each (flow.ts, picture.ts, sound.ts,
// color.ts), and a registry that others can be added to.
//
// In:  what a film gives (`Materials`): frames at moments, fields of motion between pairs of frames, the waveform.
// Out: numbers of network inputs (`writeInput`: crop and normalization, the same in training and analysis), and of each
//      stream its networks, weights and sizes (`Stream`). `Preprocessing` is what is done to a film before.
export { cieLab, hueSaturationValue } from './color/spaces.ts';
export { type Crop, centerCrop, cropPicture, momentCrop, randomCrop } from './crop.ts';
export { cropField } from './crop-field.ts';
export type { FilmInfo, FilmSource, FilmSummary, Moment, MomentField } from './film-source.ts';
export { largestDisplacement } from './flow.ts';
export { writeInput } from './inputs.ts';
export { type Field, type Material, type Materials, type Picture, restingField } from './material.ts';
export { type Preprocessing, preprocessingFor, preprocessingSchema } from './preprocessing.ts';
export { type Preset, presetNamed, presetNames, presets, type Sizes } from './presets.ts';
export {
  asksForShots,
  backboneOf,
  isFused,
  optionalStreams,
  registerStream,
  standardStreams,
  streamNamed,
  streamNames,
  streamOfParameter,
  streamOfPretrained,
  streamsNamed,
  takersOf,
} from './registry.ts';
export {
  framesPerMoment,
  momentPeriod,
  mostHeldMoments,
  type PairedFrame,
  type PairSampling,
  pairPeriod,
  pairSampling,
} from './sampling.ts';
export type { Backbone, Stream, StreamSetting } from './stream.ts';
