import type { Affect, FilmAffect, ModelDescription } from '../affect/index.ts';

/** Whether a film's curve is of the library's model; `stale`: of another one, and not searched. */
export type FilmState = 'current' | 'stale' | 'not-analyzed';

/** A film of the library. */
export interface LibraryFilm {
  id: number;
  /** `sha256:…` of its bytes: the same film under another name is the same film. */
  hash: string;
  /** Where it was last seen. */
  path: string;
  /** Seconds. */
  duration: number;
  added: Date;
  state: FilmState;
  /** Of the newest curve. */
  model?: string;
  /** Its value as a whole, on −1 … 1. */
  clip?: Affect;
}

/** Vectors of the moments of a film, for "scenes like this one": as many numbers for each moment. */
export interface MomentFeatures {
  dimensions: number;
  /** `dimensions` numbers for each moment, one moment after the other (see `momentTimes`). */
  vectors: Float32Array;
}

/** A curve as it is stored: points at `start`, `start + step` … seconds, on −1 … 1. */
export interface StoredCurve {
  start: number;
  step: number;
  valence: Float32Array;
  arousal: Float32Array;
}

/** What a film's analysis came to, to be kept. */
export interface Analysis {
  /** Where the film is; the result names it as it was given. */
  path: string;
  result: FilmAffect;
  features?: MomentFeatures;
}

/** A model that has analyzed films of the library. */
export interface LibraryModel {
  hash: string;
  description: ModelDescription;
  /** Whether it is the one that is searched. */
  current: boolean;
  films: number;
}
