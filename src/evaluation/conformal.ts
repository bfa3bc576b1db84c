// Split-conformal prediction intervals (Vovk, Gammerman & Shafer 2005; Lei et al. 2018): prediction ± margin, where
// the margin comes from the errors on clips that the model was not trained on. Films, not clips, are exchangeable:
// that keeps the expected coverage over new films, but the coverage of any one film varies more than that of as many
// unrelated clips (Dunn, Wasserman & Ramdas 2022).

import { mean } from '../affect/index.ts';
import type { LabeledClip } from '../datasets/index.ts';
import { grouped } from '../support/grouped.ts';
import { type Dimension, dimensions, inOrderOf, type Prediction } from './prediction.ts';
import { type BootstrapOptions, filmResamples, type Interval, middle95 } from './resamples.ts';

/** Half the width of the interval around a prediction, in units of the labels. */
export interface ConformalMargins {
  /** Share of new clips whose label should lie inside, such as 0.9. */
  readonly coverage: number;
  readonly valence: number;
  readonly arousal: number;
}

/** The share of clips inside their intervals, and how sure it is. */
export interface MeasuredCoverage {
  readonly share: number;
  /** 95%, by drawing films. */
  readonly interval: Interval;
}

/**
 * Margins from the errors on films that are neither trained on nor to be predicted.
 *
 * @throws TypeError when there are too few clips for the coverage: fewer than coverage / (1 − coverage).
 */
export function conformalMargins(
  clips: readonly LabeledClip[],
  predictions: readonly Prediction[],
  coverage: number = 0.9,
): ConformalMargins {
  const errors = errorsOf(clips, predictions);
  return {
    coverage,
    valence: conformalQuantile(errors.valence, coverage),
    arousal: conformalQuantile(errors.arousal, coverage),
  };
}

/** The ⌈(n + 1) · coverage⌉-th smallest error: one more error like these is as small with that probability. */
export function conformalQuantile(errors: readonly number[], coverage: number): number {
  const place = Math.ceil((errors.length + 1) * coverage - 1e-9);
  if (place > errors.length)
    throw new TypeError(`${errors.length} errors are too few for a coverage of ${coverage}`);
  return errors.toSorted((a, b) => a - b)[place - 1]!;
}

/** How many clips of other films lie inside the margins. */
export function coverageOf(
  margins: ConformalMargins,
  clips: readonly LabeledClip[],
  predictions: readonly Prediction[],
  options?: BootstrapOptions,
): Record<Dimension, MeasuredCoverage> {
  const errors = errorsOf(clips, predictions);
  const of = (dimension: Dimension) => {
    const inside = errors[dimension].map((error) => (error <= margins[dimension] ? 1 : 0));
    return measured(inside, clips, options);
  };
  return { valence: of('valence'), arousal: of('arousal') };
}

/**
 * What coverage margins from these films give on films that are not among them: each film is tried with the margins
 * of all others.
 */
export function coverageByFilm(
  clips: readonly LabeledClip[],
  predictions: readonly Prediction[],
  coverage: number = 0.9,
  options?: BootstrapOptions,
): Record<Dimension, MeasuredCoverage> {
  const errors = errorsOf(clips, predictions);
  const films = grouped(
    clips.map((_, i) => i),
    (i) => clips[i]!.film,
  );
  const of = (dimension: Dimension) => {
    const inside = new Array<number>(clips.length);
    for (const [film, members] of films) {
      const others = errors[dimension].filter((_, i) => clips[i]!.film !== film);
      const margin = conformalQuantile(others, coverage);
      for (const i of members) inside[i] = errors[dimension][i]! <= margin ? 1 : 0;
    }
    return measured(inside, clips, options);
  };
  return { valence: of('valence'), arousal: of('arousal') };
}

function measured(
  inside: readonly number[],
  clips: readonly LabeledClip[],
  options: BootstrapOptions = {},
): MeasuredCoverage {
  const films = clips.map((clip) => clip.film);
  const draws = [...filmResamples(films, options)].map((indices) => mean(indices.map((i) => inside[i]!)));
  return { share: mean(inside), interval: middle95(draws) };
}

function errorsOf(
  clips: readonly LabeledClip[],
  predictions: readonly Prediction[],
): Record<Dimension, number[]> {
  const ordered = inOrderOf(clips, predictions);
  const [valence, arousal] = dimensions.map((dimension) =>
    clips.map((clip, i) => Math.abs(ordered[i]![dimension] - clip[dimension])),
  );
  return { valence: valence!, arousal: arousal! };
}
