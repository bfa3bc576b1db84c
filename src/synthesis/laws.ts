// How pictures and sound move the viewer of a synthetic film. The directions are those of published experiments, the
// sizes follow what is known of films (docs/synthetic-films.md).

import type { Affect } from '../affect/index.ts';

/** What changes in the course of a film; each from 0 to 1, spread evenly over all films. */
export interface Factors {
  /** Speed of the camera and of what it shows: 0.005 to 10 pixels of 128 lines in 1/25 s, evenly by its logarithm. */
  readonly motion: number;
  /** How often the picture is cut: 0.03 to 1 a second. */
  readonly cuts: number;
  /** Mean luma of the picture. */
  readonly light: number;
  /** Saturation of the picture. */
  readonly color: number;
  /** Level of the sound, over 30 dB. */
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

/** What is heard: composed music, something that speaks, something that roars, or nothing. */
export type Heard = 'music' | 'speech' | 'noise' | 'silence';

/** A moment of a film, as far as the laws go. */
export interface LawfulMoment extends Factors {
  /** Nothing moves, whatever `motion` says. */
  readonly still: boolean;
  /** Undefined in a film that has no sound at all. */
  readonly heard: Heard | undefined;
  /** Amplitude of the sound over that of the whole film; 1 as loud as the film is. */
  readonly amplitude: number;
  /** Undefined where nobody is seen, of which nothing follows. */
  readonly face?: LawfulFace | undefined;
}

/** A face, as far as the laws go. */
export interface LawfulFace {
  /** −1: the corners of the mouth far down; 1: far up. */
  readonly smile: number;
  /** 0: a figure in the scene; 1: a close-up. */
  readonly size: number;
}

const slowest = 0.005;
const fastest = 10;

/** Pixels of 128 lines in 1/25 s. */
export function speedOf({ motion, still }: Pick<LawfulMoment, 'motion' | 'still'>): number {
  return still ? 0 : slowest * (fastest / slowest) ** motion;
}

/** Pixels of 128 lines at which a photograph that moves changes half as much as it can. */
const halfChanged = 3.5;

/**
 * How strongly a speed is felt, 0 … 1: as the root of the change from frame to frame, which is what was measured on a film
 * (docs/real-films.md). Of photographs that are moved, the change grows with the distance and is as good as all of it
 * once they have moved by more than what is in them.
 */
function felt(speed: number): number {
  return Math.sqrt(speed / (speed + halfChanged));
}
/** The mean of that over all films. */
const usuallyFelt = 0.33;
const usualAmplitude = 0.8;
/** Peaks count; beyond this amplitude there is little more to startle. */
const largestAmplitude = 2.5;

/**
 * Arousal rises with motion (Detenber, Simons & Bennett 1998), with loudness relative to the film's own, as an
 * amplitude rather than in decibels, and with cuts (Lang, Zhou, Schwartz, Bolls & Potter 2000); with tempo (Schubert
 * 2004; Ilie & Thompson 2006), brightness of timbre (Eerola, Ferrer & Alluri 2012) and saturation, and falls with light
 * (Valdez & Mehrabian 1994: arousal = −.31 brightness + .60 saturation).
 *
 * Valence rises with consonance (Costa, Ricci Bitti & Bonfiglioli 2000), in major (Hevner 1935; Gagnon & Peretz 2003),
 * with saturation and a little with light (Valdez & Mehrabian 1994: pleasure = .69 brightness + .22 saturation, for
 * color chips; in films light hardly carries it). Motion intensifies whichever it is (Detenber et al. 1998).
 *
 * Where a face is seen, valence rises with its smile, more so the larger it is: people mirror the faces they see (Dimberg,
 * Thunberg & Elmehed 2000); and arousal a little with its size (Detenber & Reeves 1996, of pictures). The sizes are
 * assumptions.
 *
 * What music says is said by music alone: speech and noise are as loud as they are, and no more. A film without sound
 * is one of which nothing is known of the sound.
 */
export function affectOf(moment: LawfulMoment): Affect {
  const { heard, face } = moment;
  const centered = (name: keyof Factors) => moment[name] - 0.5;
  const music = (name: keyof Factors) => (heard === 'music' ? centered(name) : 0);
  const motion = felt(speedOf(moment)) - usuallyFelt;
  const amplitude = Math.min(largestAmplitude, heard === 'silence' ? 0 : moment.amplitude);
  const arousal =
    2.2 * motion +
    0.5 * centered('cuts') +
    (heard === undefined ? 0 : 0.85 * (amplitude - usualAmplitude)) +
    0.45 * music('tempo') +
    0.3 * music('timbre') +
    0.6 * centered('color') -
    0.3 * centered('light') +
    (face ? 0.25 * face.size : 0);
  const valence =
    1.5 * music('consonance') +
    1.0 * music('mode') +
    0.8 * centered('color') +
    0.5 * centered('light') +
    (face ? 0.8 * face.smile * (0.5 + face.size) : 0);
  return { valence: 3 + (1 + motion) * valence, arousal: 3 + arousal };
}
