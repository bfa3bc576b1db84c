import { type Affect, type AffectEstimate, type AffectPoint, type Shot, sumOf } from '../affect/index.ts';
import type { ShotSpan } from '../shots/index.ts';
import type { Parts } from './parts.ts';
import type { Contribution } from './track.ts';

/** Seconds: clips of this length were rated by people. */
export const window = { length: 10, step: 1 } as const;

/** The stretch of film, in seconds, that a point of the curve stands for. */
export interface CurveWindow {
  readonly time: number;
  readonly from: number;
  readonly to: number;
}

/**
 * One a second, each what lies around it, or what there is of that at the film's edges.
 *
 * @param length seconds, half of them before; ten unless told.
 */
export function windowsOf(duration: number, length: number = window.length): CurveWindow[] {
  return Array.from({ length: Math.max(Math.ceil(duration), 1) }, (_, time) => ({
    time,
    from: Math.max(time - length / 2, 0),
    to: Math.min(time + length / 2, duration),
  }));
}

/** @param margins half the width of the interval, where the model knows it. */
export function curveOf(parts: Parts, windows: readonly CurveWindow[], margins?: Affect): AffectPoint[] {
  return windows.map(({ time, from, to }) => ({
    time,
    ...estimate(parts, (track) => track.meanWithin(from, to), margins),
  }));
}

/** What each shot makes people feel, by what is seen and heard in it alone. */
export function shotsOf(parts: Parts, spans: readonly ShotSpan[]): Shot[] {
  return spans.map((span) => ({
    ...span,
    ...estimate(parts, (track) => track.meanWithin(span.from, span.to)),
  }));
}

/** The answer for the film as one clip. */
export function clipOf(parts: Parts, margins?: Affect): AffectEstimate {
  return estimate(parts, (track) => track.mean(), margins);
}

function estimate(
  { bias, tracks, isDivided }: Parts,
  meanOf: (track: Contribution) => Affect,
  margins?: Affect,
): AffectEstimate {
  const shares = Object.fromEntries([...tracks].map(([streams, track]) => [streams, meanOf(track)]));
  const value = sumOf([bias, ...Object.values(shares)]);
  const moved = (sign: number, by: Affect): Affect => ({
    valence: value.valence + sign * by.valence,
    arousal: value.arousal + sign * by.arousal,
  });
  return {
    ...value,
    ...(margins && { low: moved(-1, margins), high: moved(1, margins) }),
    ...(isDivided && { shares: { base: bias, ...shares } }),
  };
}
