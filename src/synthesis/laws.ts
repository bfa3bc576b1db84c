// How pictures and sound move the viewer of a synthetic film. The directions are those of published experiments;
// the sizes are chosen so that every stream of the network has something of its own to tell.

/** What a moment of a film is like; each from 0 to 1, spread evenly over all films. */
export interface Factors {
  /** Speed of the camera and of what it shows. */
  readonly motion: number;
  /** How often the picture is cut. */
  readonly cuts: number;
  /** Mean luma of the picture. */
  readonly light: number;
  /** Saturation of the picture. */
  readonly color: number;
  readonly loudness: number;
  readonly tempo: number;
  /** How slowly the overtones fall off. */
  readonly timbre: number;
  /** 0: rough clusters with minor seconds and tritones; 1: pure triads. */
  readonly consonance: number;
  /** Share of major chords, the others being minor. */
  readonly mode: number;
}

export const factorNames: readonly (keyof Factors)[] = [
  'motion',
  'cuts',
  'light',
  'color',
  'loudness',
  'tempo',
  'timbre',
  'consonance',
  'mode',
];

/** Valence and arousal on the scale of the labels, 1 … 5. */
export interface Affect {
  valence: number;
  arousal: number;
}

const SCALE = 1.8;

/**
 * Arousal rises with motion (Detenber, Simons & Bennett 1998), with cuts (Lang, Zhou, Schwartz, Bolls & Potter 2000;
 * both in Hanjalic & Xu 2005), with loudness and tempo (Schubert 2004; Ilie & Thompson 2006), with the brightness of
 * the timbre (Eerola, Ferrer & Alluri 2012) and with saturation (Valdez & Mehrabian 1994).
 *
 * Valence rises with light and with saturation (Valdez & Mehrabian 1994: pleasure = .69 brightness + .22 saturation),
 * with consonance (Costa, Ricci Bitti & Bonfiglioli 2000) and in major (Hevner 1935; Gagnon & Peretz 2003).
 *
 * Two assumptions of our own join the streams: motion counts for more in vivid pictures, and motion intensifies what
 * the light says, so that it cheers in bright pictures and threatens in dark ones. Neither can be seen in frames or
 * in flow alone.
 */
export function affectOf(factors: Factors): Affect {
  const [motion, cuts, light, color] = [
    factors.motion - 0.5,
    factors.cuts - 0.5,
    factors.light - 0.5,
    factors.color - 0.5,
  ];
  const arousal =
    motion * (1 + 1.6 * color) +
    0.25 * cuts +
    0.45 * (factors.loudness - 0.5) +
    0.3 * (factors.tempo - 0.5) +
    0.2 * (factors.timbre - 0.5) +
    0.1 * color;
  const valence =
    light * (0.8 + 2 * motion) + 0.35 * color + 0.6 * (factors.consonance - 0.5) + 0.2 * (factors.mode - 0.5);
  return { valence: 3 + SCALE * valence, arousal: 3 + SCALE * arousal };
}
