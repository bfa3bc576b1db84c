import { type Affect, type FilmAffect, mean, neutralOf } from '../../affect/index.ts';

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

/** In words, how a value feels; on a scale, against its neutral middle, else against the film's own mean. */
export function feelingOf(
  { valence, arousal }: Affect,
  { model: { scale }, clip, curve }: FilmAffect,
): string {
  const middle = scale ? { valence: neutralOf(scale), arousal: neutralOf(scale) } : clip;
  const half = scale
    ? (scale[1] - scale[0]) / 2
    : Math.max(
        ...curve.map((point) =>
          Math.max(Math.abs(point.valence - clip.valence), Math.abs(point.arousal - clip.arousal)),
        ),
      );
  const side = (distance: number, high: string, low: string) =>
    Math.abs(distance) < noticeable * half || half === 0 ? [] : [distance > 0 ? high : low];
  const words = [
    ...side(arousal - middle.arousal, 'excited', 'calm'),
    ...side(valence - middle.valence, 'pleasant', 'unpleasant'),
  ];
  return words.length > 0 ? words.join(' and ') : 'neutral';
}

/** The film from its beginning to its end, parted where it begins to feel different for long enough. */
export function feltStretches(film: FilmAffect): FeltStretch[] {
  const { curve, duration } = film;
  const runs: { feeling: string; first: number; end: number }[] = [];
  curve.forEach((point, index) => {
    const feeling = feelingOf(point, film);
    const last = runs.at(-1);
    if (last?.feeling === feeling) last.end = index + 1;
    else runs.push({ feeling, first: index, end: index + 1 });
  });
  const lasts = ({ first, end }: { first: number; end: number }) => (end - first) * film.window.step;
  for (;;) {
    const index = runs.findIndex((run) => lasts(run) < shortest);
    if (runs.length < 2 || index < 0) break;
    // into the longer of its neighbors
    const [before, after] = [runs[index - 1], runs[index + 1]];
    const into = !after || (before && lasts(before) >= lasts(after)) ? before! : after;
    into.first = Math.min(into.first, runs[index]!.first);
    into.end = Math.max(into.end, runs[index]!.end);
    runs.splice(index, 1);
    for (let i = runs.length - 1; i > 0; i--)
      if (runs[i]!.feeling === runs[i - 1]!.feeling) {
        runs[i - 1]!.end = runs[i]!.end;
        runs.splice(i, 1);
      }
  }
  return runs.map(({ feeling, first, end }, index) => {
    const points = curve.slice(first, end);
    return {
      from: index === 0 ? 0 : points[0]!.time,
      to: runs[index + 1] ? curve[runs[index + 1]!.first]!.time : Math.max(duration, points.at(-1)!.time),
      feeling,
      affect: {
        valence: mean(points.map(({ valence }) => valence)),
        arousal: mean(points.map(({ arousal }) => arousal)),
      },
    };
  });
}
