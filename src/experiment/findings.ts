import type { LabeledClip, Split } from '../datasets/index.ts';
import {
  bootstrapIntervals,
  type Comparison,
  type ConformalMargins,
  compareModels,
  conformalMargins,
  coverageByFilm,
  coverageOf,
  type Dimension,
  dimensions,
  evaluate,
  type Interval,
  type MeasuredCoverage,
  type MetricName,
  type Metrics,
} from '../evaluation/index.ts';
import { grouped } from '../support/grouped.ts';
import type { ModelName } from './models.ts';
import type { HeldOut } from './run.ts';

/** What is found out about one model on the test clips. */
export interface Finding {
  readonly name: ModelName;
  readonly heldOut: HeldOut;
  readonly metrics: Record<Dimension, Metrics>;
  readonly intervals: Record<Dimension, Record<MetricName, Interval>>;
  /** The paper's model against this one; not of the paper's model itself, nor where that was not asked for. */
  readonly against?: Record<Dimension, Comparison>;
  /** 90% prediction intervals, from the errors on the calibration clips; not when these are too few. */
  readonly conformal?: {
    margins: ConformalMargins;
    /** With these margins. */
    measured: Record<Dimension, MeasuredCoverage>;
    /** Each test film with margins from the errors on the others; not when these are too few. */
    byFilm?: Record<Dimension, MeasuredCoverage>;
  };
}

const COVERAGE = 0.9;

/** All numbers of the report, from predictions alone. */
export function findingsOf(
  split: Split,
  predictions: ReadonlyMap<ModelName, HeldOut>,
  options: { readonly resamples?: number; readonly seed?: number } = {},
): Finding[] {
  const clips = split.test;
  const paper = predictions.get('paper');
  return [...predictions].map(([name, heldOut]) => ({
    name,
    heldOut,
    metrics: evaluate(clips, heldOut.test),
    intervals: bootstrapIntervals(clips, heldOut.test, options),
    ...(paper && name !== 'paper' && { against: comparison(clips, paper, heldOut, options) }),
    ...(enoughFor(split.calibration) && { conformal: conformalOf(split, heldOut, options) }),
  }));
}

function comparison(
  clips: readonly LabeledClip[],
  paper: HeldOut,
  other: HeldOut,
  options: object,
): Record<Dimension, Comparison> {
  const [valence, arousal] = dimensions.map((dimension) =>
    compareModels(clips, paper.test, other.test, dimension, options),
  );
  return { valence: valence!, arousal: arousal! };
}

function conformalOf(split: Split, { calibration, test }: HeldOut, options: object) {
  const margins = conformalMargins(split.calibration, calibration, COVERAGE);
  return {
    margins,
    measured: coverageOf(margins, split.test, test, options),
    ...(enoughFor(withoutLargestFilm(split.test)) && {
      byFilm: coverageByFilm(split.test, test, COVERAGE, options),
    }),
  };
}

function enoughFor(clips: readonly LabeledClip[]): boolean {
  return clips.length >= COVERAGE / (1 - COVERAGE) - 1e-9;
}

function withoutLargestFilm(clips: readonly LabeledClip[]): LabeledClip[] {
  const films = [...grouped(clips, ({ film }) => film).values()];
  return films
    .toSorted((a, b) => a.length - b.length)
    .slice(0, -1)
    .flat();
}
