import type { Affect } from '../affect/index.ts';

/** The quadrants of the plane, as Russell (1980) names what lies there. */
export const quadrants: Readonly<Record<'excited' | 'distressed' | 'depressed' | 'relaxed', Affect>> = {
  excited: { valence: 1, arousal: 1 },
  distressed: { valence: -1, arousal: 1 },
  depressed: { valence: -1, arousal: -1 },
  relaxed: { valence: 1, arousal: -1 },
};

/** The name of a quadrant. */
export type Quadrant = keyof typeof quadrants;

/** The quadrant that a point of the plane lies in; the axes belong to the upper and right ones. */
export function quadrantOf({ valence, arousal }: Affect): Quadrant {
  if (arousal >= 0) return valence >= 0 ? 'excited' : 'distressed';
  return valence >= 0 ? 'relaxed' : 'depressed';
}
