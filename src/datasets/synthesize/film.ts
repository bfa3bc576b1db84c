import { Random } from '../../support/random.ts';
import { type Affect, affectOf, type Factors, factorNames } from './laws.ts';

export const FRAME_RATE = 25;

/** Seconds between the points that a factor's curve goes through. */
const STEP = 4;
/** Seconds after which a factor has forgotten most of what it was. */
const MEMORY = 20;
/** Share of a factor's variance that is the film's own character; the rest changes in the course of the film. */
const CHARACTER = 0.35;

/** What is the film's own and says nothing of affect, except `offset`. */
export interface FilmStyle {
  /** Three hues, 0 … 1. */
  readonly hues: readonly number[];
  readonly pattern: 'clouds' | 'cells' | 'ridges' | 'bands';
  /** How fine the pattern is, in waves per texture. */
  readonly detail: number;
  readonly contrast: number;
  /** Standard deviation of the grain, in gray levels. */
  readonly grain: number;
  /** Added to the luma, 0 … 1. */
  readonly exposure: number;
  /** Lowest note, as MIDI number. */
  readonly register: number;
  /** Decibels that the whole film is louder than it should be. */
  readonly mastering: number;
  /** Affect that nothing in pictures and sound explains: the story. */
  readonly offset: Affect;
}

/** A film as it is planned: everything that rendering needs, and what it will make people feel. */
export interface SyntheticFilm {
  readonly name: string;
  readonly seed: number;
  /** Seconds. */
  readonly length: number;
  readonly style: FilmStyle;
  factorsAt(time: number): Factors;
  /** The true affect at a moment; 1 … 5. */
  affectAt(time: number): Affect;
}

/** A film of the set with this seed. The same arguments give the same film. */
export function planFilm(setSeed: number, index: number, length: number): SyntheticFilm {
  const seed = derivedSeed(setSeed, index);
  const random = Random.seeded(seed);
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  const style: FilmStyle = {
    hues: [random.uniform(), random.uniform(), random.uniform()],
    pattern: (['clouds', 'cells', 'ridges', 'bands'] as const)[random.integer(4)]!,
    detail: between(4, 12),
    contrast: between(0.15, 0.5),
    grain: between(0, 2.5),
    exposure: 0.03 * random.normal(),
    register: between(43, 57),
    mastering: 1.5 * random.normal(),
    offset: { valence: 0.08 * random.normal(), arousal: 0.08 * random.normal() },
  };
  const curves = factorNames.map(() => factorCurve(random, length));
  const factorsAt = (time: number) =>
    Object.fromEntries(factorNames.map((name, i) => [name, curves[i]!(time)])) as unknown as Factors;
  return {
    name: `Synthetic_film_${String(index).padStart(3, '0')}`,
    seed,
    length,
    style,
    factorsAt,
    affectAt: (time) => {
      const { valence, arousal } = affectOf(factorsAt(time));
      const { offset } = style;
      return { valence: scored(valence + offset.valence), arousal: scored(arousal + offset.arousal) };
    },
  };
}

/** The mean of a film's affect over a stretch of it. */
export function meanAffect(film: SyntheticFilm, start: number, end: number): Affect {
  const moments = Math.max(1, Math.round((end - start) * 4));
  const sum = { valence: 0, arousal: 0 };
  for (let i = 0; i < moments; i++) {
    const { valence, arousal } = film.affectAt(start + ((i + 0.5) / moments) * (end - start));
    sum.valence += valence;
    sum.arousal += arousal;
  }
  return { valence: sum.valence / moments, arousal: sum.arousal / moments };
}

/** A seed that depends on all numbers, for what must not change when something else is rendered first. */
export function derivedSeed(...numbers: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (const number of numbers) {
    hash = Math.imul(hash ^ (number | 0), 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    hash ^= hash >>> 13;
  }
  return hash | 0;
}

/** A factor in the course of a film: a level of the film and a slow random walk about it, evenly spread over 0 … 1. */
function factorCurve(random: Random, length: number): (time: number) => number {
  const level = Math.sqrt(CHARACTER) * random.normal();
  const keep = Math.exp(-STEP / MEMORY);
  const points: number[] = [];
  let walk = random.normal();
  for (let time = 0; time <= length + STEP; time += STEP) {
    points.push(spread(level + Math.sqrt(1 - CHARACTER) * walk));
    walk = keep * walk + Math.sqrt(1 - keep * keep) * random.normal();
  }
  return (time) => {
    const place = Math.min(Math.max(0, time / STEP), points.length - 1.001);
    const before = Math.floor(place);
    const share = place - before;
    return (1 - share) * points[before]! + share * points[before + 1]!;
  };
}

/** Standard normal to uniform, near enough: a logistic curve of the normal distribution function. */
function spread(x: number): number {
  return 1 / (1 + Math.exp(-1.702 * x));
}

function scored(value: number): number {
  return Math.min(5, Math.max(1, value));
}
