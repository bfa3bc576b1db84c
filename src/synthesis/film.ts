import { Random } from '../support/random.ts';
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

/** A stretch of film between two cuts; seconds. */
export interface Shot {
  readonly start: number;
  readonly end: number;
  readonly seed: number;
}

/** A film as it is planned: everything that rendering needs, and what it will make people feel. */
export interface SyntheticFilm {
  readonly name: string;
  readonly seed: number;
  /** Seconds. */
  readonly length: number;
  readonly style: FilmStyle;
  /** One after the other, over the whole length. */
  readonly shots: readonly Shot[];
  shotAt(time: number): Shot;
  /** What the film is like at a moment; light and color change only where it is cut. */
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
  const curves = {} as Record<keyof Factors, (time: number) => number>;
  for (const name of factorNames) curves[name] = factorCurve(random, length);
  const shots = planShots(seed, length, curves.cuts);
  const shotAt = (time: number) => shots[lastIndex(shots, (shot) => shot.start <= time + 1e-9)]!;
  const factorsAt = (time: number) => {
    const shot = shotAt(time);
    const middle = (shot.start + shot.end) / 2;
    const factors = {} as Record<keyof Factors, number>;
    for (const name of factorNames)
      factors[name] = curves[name](name === 'light' || name === 'color' ? middle : time);
    return factors;
  };
  return {
    name: `Synthetic_film_${String(index).padStart(3, '0')}`,
    seed,
    length,
    style,
    shots,
    shotAt,
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

/** Shortest shot, in seconds. */
const SHORTEST = 0.48;

/** At each moment, a cut is as likely as the film's factor says: 0.03 to 1 a second. */
function planShots(seed: number, length: number, cuts: (time: number) => number): Shot[] {
  const random = Random.seeded(derivedSeed(seed, 1));
  const shots: Shot[] = [];
  let start = 0;
  for (let frame = 1; frame < length * FRAME_RATE; frame++) {
    const time = frame / FRAME_RATE;
    const rate = 0.03 + 0.97 * cuts(time) ** 1.5;
    if (time - start < SHORTEST || random.uniform() > rate / FRAME_RATE) continue;
    shots.push({ start, end: time, seed: derivedSeed(seed, 2, shots.length) });
    start = time;
  }
  shots.push({ start, end: length, seed: derivedSeed(seed, 2, shots.length) });
  return shots;
}

/** Where the items that hold end, in a list where they come first. */
function lastIndex<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  let [low, high] = [0, items.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (holds(items[middle]!)) low = middle;
    else high = middle - 1;
  }
  return low;
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
