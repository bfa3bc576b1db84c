import type { AffectPoint, FilmAffect } from '../affect/index.ts';

/** Seconds between the moments that are searched: half a window, so that each second lies in two of them. */
export const momentStep = 5;

/** The points of a curve that are searched. */
export function momentsOf({ curve, window }: Pick<FilmAffect, 'curve' | 'window'>): AffectPoint[] {
  const every = Math.max(Math.round(momentStep / window.step), 1);
  return curve.filter((_, index) => index % every === 0);
}
