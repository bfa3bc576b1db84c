import { type Affect, type AffectPoint, sumOf } from '../affect/index.ts';
import type { Track } from './track.ts';

/** Seconds: clips of this length were rated by people. */
export const window = { length: 10, step: 1 } as const;

/**
 * One point a second, each for the ten seconds around it, or what there is of them at the film's edges.
 *
 * @param bias what the network answers when no stream says anything.
 * @param tracks what each stream adds.
 * @param duration seconds that could be decoded.
 */
export function curveOf(bias: Affect, tracks: readonly Track[], duration: number): AffectPoint[] {
  const count = Math.max(Math.ceil(duration), 1);
  return Array.from({ length: count }, (_, time) => {
    const from = Math.max(time - window.length / 2, 0);
    const to = Math.min(time + window.length / 2, duration);
    return {
      time,
      ...sumOf([bias, ...tracks.map((track) => track.meanWithin(from, to))]),
    };
  });
}

/** The answer for the film as one clip. */
export function clipOf(bias: Affect, tracks: readonly Track[]): Affect {
  return sumOf([bias, ...tracks.map((track) => track.mean())]);
}
