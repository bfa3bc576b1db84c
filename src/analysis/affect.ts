import type { Affect, Preset, Stream } from '../networks/index.ts';

/** A point of the curve: the ten seconds of film around `time`. */
export interface AffectPoint extends Affect {
  /** Seconds from the film's start. */
  time: number;
}

/** Which networks gave an answer, and whether that answer means anything. */
export interface ModelDescription {
  name: string;
  preset: Preset;
  /** What the model was trained on; `false`: the weights are random, so the numbers mean nothing. */
  trained: string | false;
  /** Whether that was synthetic films only, which are rendered, not filmed. */
  synthetic: boolean;
  /** Lowest and highest value of the labels it learnt from; the middle is neutral. None for random weights. */
  scale?: readonly [number, number];
}

/** The answer for one film. As JSON it is one line; keys are only ever added. */
export interface FilmAffect {
  /** The path as it was given. */
  file: string;
  /** Seconds, as the file declares them (as decoded, where it declares nothing). */
  duration: number;
  /** How much of the duration could be decoded, 0 to 1. */
  coverage: number;
  model: ModelDescription;
  /** One value for the whole film. */
  clip: Affect;
  /** One point a second. */
  curve: AffectPoint[];
  /** The streams that were there and were used. */
  streams: Stream[];
  decoder: string;
  /** Everything a person should know before trusting the numbers, each a sentence. */
  warnings: string[];
}
