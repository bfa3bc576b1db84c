import { type LabeledClip, type Protocol, testedClips } from '../datasets/index.ts';
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
  spreadOf,
} from '../evaluation/index.ts';
import { grouped } from '../support/grouped.ts';
import type { Outcome } from './experiment.ts';
import type { ModelName } from './models.ts';
import type { HeldOut } from './run.ts';

/** What is found out about one model on the test clips. */
export interface Finding {
  readonly name: ModelName;
  /** Where it was trained several times, the ensemble's: the mean of what they predict. */
  readonly heldOut: HeldOut;
  readonly metrics: Record<Dimension, Metrics>;
  readonly intervals: Record<Dimension, Record<MetricName, Interval>>;
  /** The paper's model against this one; not of the paper's model itself, nor where that was not asked for. */
  readonly against?: Record<Dimension, Comparison>;
  /** Of trainings that differ by their seed alone; not of one. */
  readonly overSeeds?: { readonly count: number; readonly spread: ReturnType<typeof spreadOf> };
  /**
   * 90% prediction intervals: margins from the errors on the calibration clips, unless these are too few or of several
   * splits.
   */
  readonly conformal?: {
    margins?: ConformalMargins;
    /** With these margins. */
    measured?: Record<Dimension, MeasuredCoverage>;
    /** Each test film with margins from the errors on the others; not when these are too few. */
    byFilm?: Record<Dimension, MeasuredCoverage>;
  };
}

const coverage = 0.9;

/** The clips that a model is measured on, and those that its intervals are made from. */
export interface MeasuredOn {
  readonly test: readonly LabeledClip[];
  /** None where several splits have their own. */
  readonly calibration: readonly LabeledClip[];
}

/** What a protocol is measured on. */
export function measuredOn(protocol: Protocol): MeasuredOn {
  const [only, ...others] = protocol.splits;
  return { test: testedClips(protocol), calibration: others.length === 0 ? only!.calibration : [] };
}

/** All numbers of the report, from predictions alone. */
export function findingsOf(
  on: MeasuredOn,
  outcomes: ReadonlyMap<ModelName, Outcome>,
  options: { readonly resamples?: number; readonly seed?: number } = {},
): Finding[] {
  const clips = on.test;
  const paper = outcomes.get('paper')?.ensemble;
  return [...outcomes].map(([name, { runs, ensemble }]) => {
    const conformal = conformalOf(on, ensemble, options);
    return {
      name,
      heldOut: ensemble,
      metrics: evaluate(clips, ensemble.test),
      intervals: bootstrapIntervals(clips, ensemble.test, options),
      ...(paper && name !== 'paper' && { against: comparison(clips, paper, ensemble, options) }),
      ...(runs.length > 1 && {
        overSeeds: {
          count: runs.length,
          spread: spreadOf(runs.map((run) => evaluate(clips, run.test))),
        },
      }),
      ...(conformal && { conformal }),
    };
  });
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

function conformalOf({ calibration, test }: MeasuredOn, heldOut: HeldOut, options: object) {
  const hasMargins = enoughFor(calibration);
  if (!hasMargins && !(calibration.length === 0 && heldOut.calibration.length > 0)) return undefined;
  const margins = hasMargins ? conformalMargins(calibration, heldOut.calibration, coverage) : undefined;
  return {
    ...(margins && { margins, measured: coverageOf(margins, test, heldOut.test, options) }),
    ...(enoughFor(withoutLargestFilm(test)) && {
      byFilm: coverageByFilm(test, heldOut.test, coverage, options),
    }),
  };
}

function enoughFor(clips: readonly LabeledClip[]): boolean {
  return clips.length >= coverage / (1 - coverage) - 1e-9;
}

function withoutLargestFilm(clips: readonly LabeledClip[]): LabeledClip[] {
  const films = [...grouped(clips, ({ film }) => film).values()];
  return films
    .toSorted((a, b) => a.length - b.length)
    .slice(0, -1)
    .flat();
}
