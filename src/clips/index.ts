// Films → what networks see and hear of them, whole: frames at moments, fields of motion, the waveform.
//   openFilm   a file → these, decoded in one pass as they are read
//   ClipCache  clips → files that hold all that training needs of them, made once; read moment by moment
//   writeClipFile  such a file of what is there already
export { type CacheEstimate, ClipCache, type PrepareProgress } from './cache/cache.ts';
export {
  ClipFile,
  type ClipPlaces,
  type EncodedSegment,
  encodePicture,
  type PreparedClip,
  type Segment,
  writeClipFile,
} from './cache/clip-file.ts';
export { clipSource } from './cache/clip-source.ts';
export { encodeFlow } from './cache/flow-image.ts';
export type { ClipSource } from './cache/prepare.ts';
export { inUnit, reduced } from './field-unit.ts';
export { type FilmOptions, openFilm, surveyFor } from './film.ts';
export { type FilmSignals, filmSignals } from './film-signals.ts';
export { HandcraftedFeatures, handcraftedFeatureNames } from './handcrafted/features.ts';
export { preprocessingOf } from './preprocessing.ts';
