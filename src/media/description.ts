/*
 * What a demuxer says of a file, in the same words whichever decoder's demuxer it is.
 */

/** A stream as a demuxer describes it; what does not apply to its kind is 0. */
export interface StreamDescription {
  index: number;
  kind: 'video' | 'audio';
  /** The codec's name as FFmpeg spells it. */
  codec: string;
  /** A cover picture, not film. */
  cover: boolean;
  /** Flagged by the file as the one to play. */
  preferred: boolean;
  width: number;
  height: number;
  /** Width over height of one pixel; 0 if unknown. */
  pixelAspect: number;
  /** The nine numbers of the display matrix, if the file has one. */
  displayMatrix?: readonly number[] | undefined;
  frameRate: number;
  /** How many frames the file says it has; 0 if unknown. */
  frames: number;
  /** Of sound, in Hz; 0 if unknown. */
  sampleRate: number;
  /** How light is coded: ordinary, or with a high dynamic range (SMPTE ST 2084, ARIB STD-B67). */
  transfer: 'sdr' | 'pq' | 'hlg';
  /** Whether the file says by which matrix its luma and chroma were made. */
  matrixTagged: boolean;
  /** The first moment on the file's clock, in seconds; NaN if unknown. */
  start: number;
  /** Seconds; 0 if unknown. */
  duration: number;
}

export interface FileDescription {
  /** The demuxer's name. */
  format: string;
  /** The first moment of any stream on the file's clock, in seconds; 0 if unknown. */
  start: number;
  /** Seconds; 0 if unknown. */
  duration: number;
  /** The timecode of the first frame, where the file has one: `01:00:00:00`, or `01:00:00;00` with dropped numbers. */
  timecode?: string | undefined;
  streams: StreamDescription[];
}

/** The first of the tags that is a timecode. */
export function timecodeIn(tags: Iterable<string | null | undefined>): string | undefined {
  for (const tag of tags) {
    const [, minutes, mark, frames] = /^(\d\d:\d\d:\d\d)([:;.])(\d\d)$/.exec(tag ?? '') ?? [];
    if (minutes) return `${minutes}${mark === ':' ? ':' : ';'}${frames}`;
  }
  return undefined;
}
