/** A piece of a film with the valence and arousal people gave it. */
export interface LabeledClip {
  readonly id: string;
  /** The file's name: 'ACCEDE00000.mp4'. */
  readonly name: string;
  /** Absolute path of the video file, which lies inside the data set's folder. */
  readonly path: string;
  /** The film the clip is cut from; clips without a known film are each their own. */
  readonly film: string;
  /** Raw score, in the range of the data set (`DataSet.range`). */
  readonly valence: number;
  readonly arousal: number;
  /** Which part of the official split the clip belongs to. */
  readonly set?: ClipSet;
  /**
   * Where the clip begins and ends in its film: frames in LIRIS-ACCEDE, seconds in labels of one's own.
   * Only compared within one film.
   */
  readonly start?: number;
  readonly end?: number;
  /** The part of the file that is the clip, in seconds, where it is not all of it. */
  readonly part?: { readonly start?: number; readonly end?: number };
  /** Place among all clips from the lowest (0) to the highest. */
  readonly valenceRank?: number;
  readonly arousalRank?: number;
  /** Uncertainty of the score, as the data set states it. */
  readonly valenceVariance?: number;
  readonly arousalVariance?: number;
}

/** The part of a split that a clip belongs to. */
export type ClipSet = 'train' | 'validation' | 'test';

/** A film as its data set describes it. */
export interface Film {
  readonly name: string;
  readonly title?: string;
  readonly genre?: string;
  readonly language?: string;
  /** Seconds. */
  readonly length?: number;
}

/** Lowest and highest score a data set's scale allows. */
export interface ScoreRange {
  readonly lowest: number;
  readonly highest: number;
}

/**
 * A score on the scale 1 … 5 as a number in −1 … 1: (x − 3) / 2, the usual normalization of LIRIS-ACCEDE.
 * With another scale, its middle goes to 0 and its ends to ∓1.
 */
export function normalized(score: number, range: ScoreRange = { lowest: 1, highest: 5 }): number {
  const middle = (range.lowest + range.highest) / 2;
  return (score - middle) / (range.highest - middle);
}

/** The inverse of `normalized`. */
export function denormalized(value: number, range: ScoreRange = { lowest: 1, highest: 5 }): number {
  const middle = (range.lowest + range.highest) / 2;
  return middle + value * (range.highest - middle);
}
