/** A piece of a film with the valence and arousal people gave it. */
export interface LabeledClip {
  readonly id: string;
  /** The file's name: 'ACCEDE00000.mp4'. */
  readonly name: string;
  /** Absolute path of the video file, which lies inside the data set's folder. */
  readonly path: string;
  /** The film the clip is cut from; clips without a known film are each their own. */
  readonly film: string;
  /** Raw score, 1 … 5. */
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
