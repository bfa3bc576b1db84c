import type { DecodingProcess } from './decoding-process.ts';

/** One picture of the film, already turned upright, with square pixels, scaled and cropped as asked. */
export interface VideoFrame {
  /** 0, 1, 2 … over the frames that could be decoded. */
  index: number;
  /** Seconds from the film's start; strictly increasing. */
  time: number;
  width: number;
  height: number;
  /** Luma 0..255, `width * height` bytes, row by row; empty when `gray: false`. */
  gray: Uint8Array;
  /** Red, green, blue 0..255, `width * height * 3` bytes; on every `rgbEvery`-th frame. */
  rgb?: Uint8Array;
}

/** A stretch of the sound track, mono at 22,050 Hz. Chunks follow each other without gap: silence fills holes. */
export interface WaveformChunk {
  /** The first sample's number; sample `n` sounds at `n / 22050` s from the film's start. */
  start: number;
  /** In [-1, 1]. */
  samples: Float32Array;
}

/** What a film is given in: frames and stretches of sound, each kind in order. */
export type MediaItem = { kind: 'frame'; frame: VideoFrame } | { kind: 'audio'; chunk: WaveformChunk };

/** Gray pictures of some frames, of another size and without margins or a crop, beside all that is wanted else. */
export interface Looks {
  /** Length in pixels of the shorter side. */
  readonly shortSide: number;
  /** Only frames at least so many seconds apart, as they are chosen when nothing else is wanted; 0 for all. */
  readonly framePeriod: number;
  /** Is shown each, about when the frames around it are given. */
  readonly onLook: (frame: VideoFrame) => void;
}

/** `node-av`: FFmpeg's libraries in a child process; `ffmpeg`: the system's programs; `auto`: the first that works. */
export type DecoderName = 'node-av' | 'ffmpeg';

/** Which of a film's tracks is decoded. */
export interface TrackChoice {
  /** 1, 2, 3 … among the tracks of its kind, in the order of the file; cover pictures do not count. */
  track: number;
  /** How many there are of this kind. */
  of: number;
  /** The codec's name as FFmpeg spells it. */
  codec: string;
}

/** What is cut away at each side of an upright picture, as a share of its height (top, bottom) or width, below 1/2. */
export interface Margins {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** What is wanted of a film, and how it is to be decoded. */
export interface MediaOptions {
  /** Length in pixels of the shorter side after scaling. Default 256. */
  shortSide?: number;
  /** Cut away before scaling. Default: nothing. */
  margins?: Margins;
  /** Only frames that are stored whole, where the codec tells them apart: a quick look at a film. Default false. */
  keyFramesOnly?: boolean;
  /** Only frames at least so many seconds apart, where the decoder can leave out others before it scales them. Default: all. */
  framePeriod?: number;
  /** Side of a square cut from the center after scaling, at most `shortSide`. Default: none. */
  crop?: number;
  /** Gray pictures of every frame. Default true. */
  gray?: boolean;
  /** RGB on frames 0, n, 2n …; 0 for none. Default 10. */
  rgbEvery?: number;
  /** In place of that, RGB on the first frame of every so many seconds of film. */
  rgbPeriod?: number;
  /** Default: none. Given by node-av only: who needs them has to see which decoder it is. */
  looks?: Looks | undefined;
  /** The waveform. Default true. */
  sound?: boolean;
  /** The track to take, from 1 among those of its kind. Default: the best that can be decoded and, of sound, heard. */
  videoTrack?: number;
  audioTrack?: number;
  /** Default `auto`. */
  decoder?: DecoderName | 'auto';
  /** Decoding threads. Default: one more than there are cores, at most 8. */
  threads?: number;
  /** Longer films are refused, in seconds. Default and most: 48 hours. */
  maximumDuration?: number;
  /**
   * A process for node-av that is there already, and stays when this reading has come to its end, for the next of the same
   * file; whoever gives it closes it. Default: one for this reading alone.
   */
  process?: DecodingProcess;
  /** Ends the decoder and the iteration. */
  signal?: AbortSignal;
}

/** What the file says about itself, known before the first frame. */
export interface MediaInfo {
  decoder: DecoderName;
  /** Seconds, as the file declares; 0 when it does not say. */
  declaredDuration: number;
  /** Size of the frames that will be given (0 without picture). */
  width: number;
  height: number;
  /** Mean frames per second as declared; 0 when unknown or without picture. */
  frameRate: number;
  /** The timecode of the first frame, where the file has one: `01:00:00:00`, or `01:00:00;00` with dropped numbers. */
  startTimecode?: string;
  hasPicture: boolean;
  hasSound: boolean;
  /** The tracks that are decoded, where there are any. */
  videoTrack?: TrackChoice;
  audioTrack?: TrackChoice;
}

/** What decoding came to, known after the last item. */
export interface MediaSummary extends MediaInfo {
  /** Seconds from the film's start to the end of its last frame or sample that could be decoded, whichever is later. */
  decodedDuration: number;
  /** Seconds the film lasts: as decoded, or, where it is damaged, as declared. */
  duration: number;
  /** Which share of picture and sound could be decoded, of whichever it is less, 0..1; 1 where nothing is damaged. */
  coverage: number;
  frames: number;
  samples: number;
  /** What the decoder complained about, each complaint once, at most 20. */
  problems: string[];
  /** What was done to repair it, or cannot be known of it, each a sentence. */
  notices: string[];
}

/** An opened file. Iterate it once, to the end or not; or `close()` it. Its decoder ends with the iteration. */
export interface Media extends AsyncIterable<MediaItem, void, undefined> {
  readonly info: MediaInfo;
  /** The decoder's process. */
  readonly pid: number;
  /** Throws before the iteration has reached the end. */
  summary(): MediaSummary;
  close(): Promise<void>;
}
