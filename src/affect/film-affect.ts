import type { Affect, Scale } from './affect.ts';

/** The version of `FilmAffect` as it is written; it rises when a key changes its meaning, not when one is added. */
export const schemaVersion = 1;

/** What the numbers are, in every output: the feelings of those who watch, not of those who are seen. */
export const elicited = {
  kind: 'elicited',
  statement: 'what viewers are expected to feel, not what faces in the film show',
} as const;

/** A value with room for its uncertainty and for where it comes from. */
export interface AffectEstimate extends Affect {
  /** Lower end of the interval; with `high`, or not at all. */
  low?: Affect;
  /** Upper end of the interval. */
  high?: Affect;
  /** What each stream adds, by its name; with `base`, what is there in any case, they sum up to the unbounded value. */
  shares?: Record<string, Affect>;
}

/** A point of the curve: the stretch of film around `time`, as long as `FilmAffect.window` says. */
export interface AffectPoint extends AffectEstimate {
  /** Seconds from the film's start. */
  time: number;
}

/** How a film makes people feel over its length; times rise. */
export type Curve = readonly AffectPoint[];

/** Which networks gave an answer, and whether that answer means anything. */
export interface ModelDescription {
  name: string;
  /** Of the network's size: `paper` or `compact`. */
  preset: string;
  /** What the model was trained on; `false`: the weights are random, so the numbers mean nothing. */
  trained: string | false;
  /** Whether that was synthetic films only, which are rendered, not filmed. */
  synthetic: boolean;
  /** Of the labels it learned from. None for random weights. */
  scale?: Scale;
  /** `sha256:…` of the model's description and weights. None for random weights. */
  contentHash?: string;
}

/** A track of a film that was decoded. */
export interface TrackDescription {
  /** 1, 2, 3 … among the tracks of its kind, in the order of the file. */
  track: number;
  /** How many there are of this kind. */
  of: number;
  /** The codec's name as FFmpeg spells it. */
  codec: string;
}

/** How sure the intervals of an answer are, and where that is known from. */
export interface IntervalDescription {
  /** Share of the labels of new films that are expected to lie inside, 0 to 1. */
  confidence: number;
  /** How they were found, and from which clips. */
  method: string;
}

/** What the model cannot know of a film, or of a part of it. */
export interface Unknown {
  /** Stable, for programs: `beyond-scale`, `less-motion`, … */
  code: string;
  /** The same as a sentence for people. */
  reason: string;
  /** Seconds; both where only a part of the film is meant. */
  from?: number;
  to?: number;
}

/** A stretch of film between two boundaries. Its value has no interval: those hold for stretches as long as the window. */
export interface Shot extends AffectEstimate {
  /** Seconds. */
  from: number;
  to: number;
  /** How it begins: with the film, at a hard cut, out of black or white, or out of the shot before. */
  begins: 'start' | 'cut' | 'fade' | 'dissolve';
}

/** The answer for one film. As JSON it is one line; keys are only ever added (see `schemaVersion`). */
export interface FilmAffect {
  schemaVersion: typeof schemaVersion;
  /** What the numbers are: elicited affect. */
  affect: typeof elicited;
  /** The path as it was given. */
  file: string;
  /** `sha256:…` of the film's bytes. */
  contentHash: string;
  /** Seconds. */
  duration: number;
  /** How much of the duration could be decoded, 0 to 1. */
  coverage: number;
  /** Mean frames per second of the picture; absent where there is none or it is not known. */
  frameRate?: number;
  /** Of its first frame, as the film itself says: `01:00:00:00`, or `01:00:00;00` with dropped numbers. */
  startTimecode?: string;
  /** The tracks that were decoded. */
  tracks: { picture?: TrackDescription; sound?: TrackDescription };
  model: ModelDescription;
  /** What was asked for; another wish gives another answer. */
  options: { streams: readonly string[]; decoder: string; videoTrack?: number; audioTrack?: number };
  /** Seconds of film that a point of the curve stands for, half of them before it, and seconds between points. */
  window: { length: number; step: number };
  /** One value for the whole film. */
  clip: AffectEstimate;
  curve: Curve;
  /** What `low` and `high` mean; absent where the model has no intervals. */
  intervals?: IntervalDescription;
  /** In order of time; absent where they were not looked for. */
  shots?: readonly Shot[];
  /** What the model cannot know of this film; empty where nothing speaks against its numbers. */
  unknown: readonly Unknown[];
  /** The streams that were there and were used. */
  streams: readonly string[];
  decoder: string;
  /** Everything a person should know before trusting the numbers, each a sentence. */
  warnings: readonly string[];
}
