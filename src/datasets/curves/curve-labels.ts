import { meanOfRaters, resampled } from '../../affect/index.ts';
import type { ScoreRange } from '../clip.ts';
import type { Folder } from '../folder.ts';
import type { Problems } from '../problems.ts';

/** What people said of a film, moment by moment. */
export interface CurveLabels {
  /** The film's name, as the data set writes it. */
  readonly film: string;
  /** What viewers felt, what characters show, or what the film is meant to evoke. */
  readonly kind: 'elicited' | 'depicted' | 'intended';
  /** Seconds from the film's beginning that the values stand for, ascending. */
  readonly times: Float64Array;
  /** By name: 'valence', 'arousal', and other items where the data set has them. */
  readonly tracks: ReadonlyMap<string, CurveTrack>;
  /** What the scale allows; missing where values are standardized or summed. */
  readonly scale?: ScoreRange;
  /** Whether values stand at the moment of the film ('none'), or where the rating hand was ('as rated': 2 to 8 s later). */
  readonly lag: 'none' | 'as rated';
}

/** One item, rated through a film. */
export interface CurveTrack {
  /** At each of the times; NaN where nobody rated. */
  readonly mean: Float64Array;
  /** Every rater alone, where they are given. */
  readonly raters: readonly RaterTrack[];
}

/** The ratings of one person. */
export interface RaterTrack {
  readonly name: string;
  /** At each of the times; NaN where this one did not rate. */
  readonly values: Float64Array;
}

/**
 * One way to store curves; a file each.
 * `read` reports what it cannot read as problems, with file and line.
 */
export interface CurveFormat {
  readonly name: string;
  /** What it is, and the files it is known by. */
  readonly description: string;
  /** The files of this format in a folder; none when it is of another. */
  files(folder: Folder): readonly string[];
  read(folder: Folder, files: readonly string[], problems: Problems, options: CurveOptions): CurveLabels[];
}

/** What a file of ratings does not say itself. */
export interface CurveOptions {
  /** Frames a second, for formats that count frames; 25 by default. */
  readonly frameRate?: number;
}

/** A single rating of a film, with moments of its own. */
export interface Trace {
  readonly name: string;
  readonly times: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** A track of means alone. */
export function meanTrack(values: ArrayLike<number>): CurveTrack {
  return { mean: Float64Array.from(values), raters: [] };
}

/** A track of several raters, whose traces are brought to common moments by straight lines between their own. */
export function trackOf(traces: readonly Trace[], times: ArrayLike<number>): CurveTrack {
  const raters = traces.map(({ name, times: own, values }) => ({
    name,
    values: resampled(own, values, times),
  }));
  return { raters, mean: meanOfRaters(raters.map(({ values }) => values)) };
}

/** The moments of the trace that has most of them. */
export function longestTimes(traces: readonly Trace[]): Float64Array {
  return Float64Array.from(traces.reduce((a, b) => (b.times.length > a.times.length ? b : a)).times);
}
