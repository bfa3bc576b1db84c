import type { Affect } from '../networks/index.ts';
import type { AffectPoint } from './affect.ts';
import type { Track } from './track.ts';

/** Seconds of film that a point of the curve stands for, half of them before it; clips of this length were rated by people. */
export const windowLength = 10;

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
    const from = Math.max(time - windowLength / 2, 0);
    const to = Math.min(time + windowLength / 2, duration);
    return {
      time,
      ...sum(
        bias,
        tracks.map((track) => track.meanWithin(from, to)),
      ),
    };
  });
}

/** The answer for the film as one clip. */
export function clipOf(bias: Affect, tracks: readonly Track[]): Affect {
  return sum(
    bias,
    tracks.map((track) => track.mean()),
  );
}

function sum(bias: Affect, parts: readonly Affect[]): Affect {
  return parts.reduce(
    (total, { valence, arousal }) => ({ valence: total.valence + valence, arousal: total.arousal + arousal }),
    bias,
  );
}
