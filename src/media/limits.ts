import { longestFilm } from './timeline.ts';

/** What a child may use of the machine: beyond it the system gives no more memory, or ends the process. */
export interface ChildLimits {
  /** Millions of bytes of data. */
  megabytes: number;
  processorSeconds: number;
}

/** With the program itself, which is not counted, a child stays below a gigabyte. */
const megabytes = 880;

/** Time to start, to probe, and to seek in a large index. */
const leastSeconds = 60;

/** Processor time per second of film: twenty times what 4K at 60 frames a second takes on a slow core. */
const secondsPerSecond = 20;

/** No film has fewer bytes a second; it stands for the duration where a file declares none. */
const leastBytesPerSecond = 2000;

/** For reading what a file holds, before any of it is decoded. */
export const probeLimits: ChildLimits = { megabytes: megabytes, processorSeconds: leastSeconds };

/** For encoding, whose input is our own. */
export const encodingLimits: ChildLimits = { megabytes: 4 * megabytes, processorSeconds: 20 * longestFilm };

/**
 * For decoding a file.
 *
 * @param duration as it declares, in seconds; 0 when it does not.
 * @param bytes of the file.
 */
export function decodingLimits(duration: number, bytes: number): ChildLimits {
  const credible = duration > 0 && duration <= longestFilm;
  const seconds = credible ? duration : Math.min(bytes / leastBytesPerSecond, longestFilm);
  return { megabytes: megabytes, processorSeconds: leastSeconds + secondsPerSecond * seconds };
}

/** Bytes of decoded pictures that a codec may hold at once. */
const mostPictureBytes = 640e6;

/** Pictures that a codec keeps for reference, whatever its threads. */
const referencePictures = 8;

/** Each thread has a picture in work: large ones get fewer threads, so that all of them fit. */
export function threadsFor(pictureBytes: number, threads: number): number {
  const pictures = Math.floor(mostPictureBytes / Math.max(1, pictureBytes));
  return Math.max(1, Math.min(threads, pictures - referencePictures));
}

/** Why decoding was given up. */
export function tooSlow(processorSeconds: number): string {
  return `it takes more than the ${Math.ceil(processorSeconds)} s of processor time that a film of its length may take`;
}
