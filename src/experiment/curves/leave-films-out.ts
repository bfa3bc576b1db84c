// A head over time and what it must be better than, on films that none of them has seen.
import { type Affect, type Dimension, dimensions } from '../../affect/index.ts';
import {
  type CurveComparison,
  type CurveFigures,
  compareCurves,
  curveBaselines,
  curveFigures,
  type FittedSmoothing,
  fittedSmoothing,
  type RatedLinearCurve,
} from '../../evaluation/index.ts';
import type { CurveNetwork } from '../../networks/index.ts';
import type { Runtime } from '../../runtime/index.ts';
import { InputError } from '../../support/errors.ts';
import { Random } from '../../support/random.ts';
import { type CurveLoss, curveLosses, trainTemporalHead } from '../../training/index.ts';
import type { RatedFilmSeconds } from './rated-films.ts';

/** How heads are compared. */
export interface LeaveFilmsOutOptions {
  readonly network: CurveNetwork;
  /** Of folds, weights and excerpts. */
  readonly seed: number;
  /** Computes with one thread. */
  readonly runtime: Runtime;
  readonly signal?: AbortSignal | undefined;
  /** @param done 0 to 1. */
  readonly onProgress?: ((label: string, done: number) => void) | undefined;
}

/** What one predictor came to on the films left out. */
export interface HeadFinding {
  /** `temporal, mse`, `temporal, ccc`, or a name of `curveBaselines`. */
  readonly name: string;
  /** Of each film, in the order given. */
  readonly curves: readonly (readonly Affect[])[];
  readonly figures: Readonly<Record<Dimension, CurveFigures>>;
  /** A temporal head against the baseline with the highest CCC. */
  readonly against?: AgainstBest;
}

/** By how much a head is better than the best baseline, which may be another for each dimension. */
export type AgainstBest = Readonly<Record<Dimension, CurveComparison & { readonly baseline: string }>>;

const folds = 5;
/** Of the films that are not left out, those that stop the training. */
const shareOfValidation = 0.25;

/** Films that train, and those that stop the training. */
export function partedForTraining<Film>(
  films: readonly Film[],
  seed: number,
): { train: Film[]; validation: Film[] } {
  const order = Random.seeded(seed).shuffled(films);
  const count = Math.max(1, Math.round(shareOfValidation * films.length));
  return { train: order.slice(count), validation: order.slice(0, count) };
}

/**
 * Trains temporal heads by each loss without a fifth of the films, five times over, and predicts these; so for each
 * baseline, which is fitted to all films that are not left out.
 *
 * @throws InputError for fewer than five films.
 */
export async function leaveFilmsOut(
  films: readonly RatedFilmSeconds[],
  { network, seed, runtime, signal, onProgress }: LeaveFilmsOutOptions,
): Promise<HeadFinding[]> {
  checkFilmCount(films.length);
  const curves = new Map<string, (readonly Affect[])[]>();
  const keep = (name: string, film: number, curve: readonly Affect[]) => {
    const own = curves.get(name) ?? [];
    own[film] = curve;
    curves.set(name, own);
  };
  const order = Random.seeded(seed).shuffled([...films.keys()]);
  const trainings = folds * curveLosses.length;
  for (let fold = 0; fold < folds; fold++) {
    const left = order.filter((_, i) => i % folds === fold);
    const known = order.filter((_, i) => i % folds !== fold).map((film) => films[film]!);
    const parts = { ...partedForTraining(known, seed + fold), start: startOn(known) };
    for (const [i, loss] of curveLosses.entries()) {
      const name = temporalName(loss);
      const { parameters } = await trainTemporalHead({
        ...{ network, ...parts, loss, seed: seed + fold, runtime, signal },
        onProgress: (done) =>
          onProgress?.(
            `fold ${fold + 1} of ${folds}, ${name}`,
            (fold * curveLosses.length + i + done) / trainings,
          ),
      });
      for (const film of left) keep(name, film, network.curveOfSeconds(parameters, films[film]!.seconds));
    }
    for (const [name, fit] of Object.entries(curveBaselines)) {
      const [valence, arousal] = dimensions.map((dimension) =>
        fit(known.map((film) => linearCurve(film, dimension))),
      );
      for (const film of left) {
        const [v, a] = [
          valence!(linearCurve(films[film]!, 'valence')),
          arousal!(linearCurve(films[film]!, 'arousal')),
        ];
        keep(
          name,
          film,
          Array.from(v, (value, time) => ({ valence: value, arousal: a[time]! })),
        );
      }
    }
  }
  const findings = [...curves].map(([name, own]): HeadFinding => {
    const figuresOf = (dimension: Dimension) =>
      curveFigures(
        films.map(({ ratings }, film) => ({
          values: own[film]!.map((point) => point[dimension]),
          ratings: ratings[dimension],
        })),
      );
    return { name, curves: own, figures: { valence: figuresOf('valence'), arousal: figuresOf('arousal') } };
  });
  return findings.map((finding) =>
    isTemporal(finding) ? { ...finding, against: against(finding, findings) } : finding,
  );
}

/** @throws InputError for fewer films than there are folds. */
export function checkFilmCount(films: number): void {
  if (films < folds)
    throw new InputError(
      `${films} ${films === 1 ? 'film' : 'films'} with ratings; at least ${folds} expected, for a fifth is left out in turn`,
    );
}

/** What a temporal head begins as: the best smoothing on films that do not test. */
export function startOn(known: readonly RatedFilmSeconds[]): Record<Dimension, FittedSmoothing> {
  const of = (dimension: Dimension) => fittedSmoothing(known.map((film) => linearCurve(film, dimension)));
  return { valence: of('valence'), arousal: of('arousal') };
}

/** What a temporal head is called in tables. */
export function temporalName(loss: CurveLoss): string {
  return `temporal, ${loss}`;
}

const isTemporal = ({ name }: HeadFinding) => curveLosses.some((loss) => name === temporalName(loss));

function against(finding: HeadFinding, findings: readonly HeadFinding[]): AgainstBest {
  const others = findings.filter((other) => !isTemporal(other));
  const bestOf = (dimension: Dimension) => {
    const best = others.reduce((a, b) =>
      b.figures[dimension].ccc.mean > a.figures[dimension].ccc.mean ? b : a,
    );
    return { baseline: best.name, ...compareCurves(finding.figures[dimension], best.figures[dimension]) };
  };
  return { valence: bestOf('valence'), arousal: bestOf('arousal') };
}

/** What the mean-linear head says of a film, of which its answers are the first two numbers of each second. */
function linearCurve({ seconds, curve, ratings }: RatedFilmSeconds, dimension: Dimension): RatedLinearCurve {
  const count = ratings.valence.length;
  const inputs = seconds.length / count;
  const place = dimensions.indexOf(dimension);
  return {
    curve: curve[dimension],
    answers: Float64Array.from({ length: count }, (_, time) => seconds[time * inputs + place]!),
    ratings: ratings[dimension],
  };
}
