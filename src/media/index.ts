/*
 * In: a local video or sound file. Out, in one pass and in the order of the film: its frames, upright, with square
 * pixels, scaled to a short side (gray bytes for every one, RGB for every tenth), each with its time in seconds; and
 * its sound as mono float32 samples at 22,050 Hz. A stream at the reader's pace: memory does not grow with the film.
 * Decoding happens in a process of its own, by node-av or by the system's ffmpeg. The other way round: `writeFilm`
 * makes an mp4 of RGB frames and a waveform.
 */

export { sampleRate } from '../support/sound.ts';
export { DecodingProcess } from './decoding-process.ts';
export { openMedia } from './open.ts';
export type {
  DecoderName,
  Looks,
  Margins,
  Media,
  MediaInfo,
  MediaItem,
  MediaOptions,
  MediaSummary,
  VideoFrame,
  WaveformChunk,
} from './types.ts';
export { type FilmParts, writeFilm } from './writer.ts';
