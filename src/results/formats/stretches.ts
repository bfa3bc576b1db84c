import { type Affect, dimensions, extentOf, type FilmAffect, mean, neutralOf } from '../../affect/index.ts';

/** A part of a film that feels the same throughout, as people would say it. */
export interface FeltStretch {
  /** Seconds. */
  from: number;
  to: number;
  /** "excited and pleasant", "calm", … */
  feeling: string;
  /** Its mean. */
  affect: Affect;
}

/** Seconds of the shortest: two windows, so that it is not one event alone. */
const shortest = 20;
/** Of half the scale (of the film's largest deviation, where there is none): nearer to its middle is neither. */
const noticeable = 0.1;

/** How a value of this film feels, in words; on a scale, against its neutral middle, else against the film's own mean. */
export function feelingsIn({ model: { scale }, clip, curve }: FilmAffect): (affect: Affect) => string {
  const middle = scale ? { valence: neutralOf(scale), arousal: neutralOf(scale) } : clip;
  const half = scale ? (scale[1] - scale[0]) / 2 : largestDeviation(curve, middle);
  const side = (distance: number, high: string, low: string) =>
    Math.abs(distance) < noticeable * half || half === 0 ? [] : [distance > 0 ? high : low];
  return ({ valence, arousal }) => {
    const words = [
      ...side(arousal - middle.arousal, 'excited', 'calm'),
      ...side(valence - middle.valence, 'pleasant', 'unpleasant'),
    ];
    return words.length > 0 ? words.join(' and ') : 'neutral';
  };
}

function largestDeviation(curve: readonly Affect[], middle: Affect): number {
  const deviations = dimensions.flatMap((of) => curve.map((point) => Math.abs(point[of] - middle[of])));
  return Math.max(0, extentOf(deviations)[1]);
}

/** Points of a curve, from `first` until before `end`. */
interface Run {
  readonly feeling: string;
  readonly first: number;
  readonly end: number;
}

/** The film from its beginning to its end, parted where it begins to feel different for long enough. */
export function feltStretches(film: FilmAffect): FeltStretch[] {
  const { curve, duration, window } = film;
  const feelingOf = feelingsIn(film);
  const points = curve.map((point, index) => ({ feeling: feelingOf(point), first: index, end: index + 1 }));
  const runs = longRuns(joined(points), shortest / window.step);
  return runs.map(({ feeling, first, end }, index) => {
    const part = curve.slice(first, end);
    return {
      from: index === 0 ? 0 : part[0]!.time,
      to: runs[index + 1] ? curve[runs[index + 1]!.first]!.time : Math.max(duration, part.at(-1)!.time),
      feeling,
      affect: {
        valence: mean(part.map(({ valence }) => valence)),
        arousal: mean(part.map(({ arousal }) => arousal)),
      },
    };
  });
}

/** Neighbors of one feeling as one run. */
function joined(runs: readonly Run[]): Run[] {
  const kept: Run[] = [];
  for (const run of runs) {
    const last = kept.at(-1);
    if (last?.feeling === run.feeling) kept[kept.length - 1] = { ...last, end: run.end };
    else kept.push(run);
  }
  return kept;
}

/** From the left: a run shorter than `least` points becomes part of the longer of its neighbors. */
function longRuns(runs: readonly Run[], least: number): Run[] {
  const kept: Run[] = [];
  const waiting = runs.toReversed();
  const lasts = ({ first, end }: Run) => end - first;
  while (waiting.length > 0) {
    const run = waiting.pop()!;
    const [before, after] = [kept.at(-1), waiting.at(-1)];
    if (before?.feeling === run.feeling) waiting.push({ ...run, first: kept.pop()!.first });
    else if (lasts(run) >= least || !(before || after)) kept.push(run);
    else if (!after || (before && lasts(before) >= lasts(after)))
      kept[kept.length - 1] = { ...before!, end: run.end };
    else waiting[waiting.length - 1] = { ...after, first: run.first };
  }
  return kept;
}
