import type { Affect } from '../affect/index.ts';
import { Random } from '../support/random.ts';
import { affectOf, type Factors, factorNames, type Heard, type LawfulMoment } from './laws.ts';
import { planPassages, type SoundPassage } from './passages.ts';
import { faceOfShot, type ShownFace, showsFaces, sizeOf } from './shown-faces.ts';

/** Seconds between the points that a factor's curve goes through. */
const step = 4;
/** Seconds after which a factor has forgotten most of what it was. */
const memory = 20;
/** Share of a factor's variance that is the film's own character; the rest changes in the course of the film. */
const character = 0.35;

/** What is the film's own and says nothing of affect, except `offset`. */
export interface FilmStyle {
  /** Frames per second. */
  readonly frameRate: number;
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
  /** Black bars: share of the height above and below, of the width left and right. */
  readonly bars: { readonly across: number; readonly along: number };
  /** Of the coding of the picture: x264's constant rate factor. */
  readonly compression: number;
  /** Lowest note, as MIDI number. */
  readonly register: number;
  /** Decibels that the whole film is quieter than it could be. */
  readonly mastering: number;
  /** Affect that nothing in pictures and sound explains: the story. */
  readonly offset: Affect;
}

/** A stretch of film between two cuts; seconds. */
export interface PlannedShot {
  readonly start: number;
  readonly end: number;
  readonly seed: number;
  /** Nothing moves in it. */
  readonly still: boolean;
}

/** A film as it is planned: everything that rendering needs, and what it will make people feel. */
export interface SyntheticFilm {
  readonly name: string;
  readonly seed: number;
  /** Seconds. */
  readonly length: number;
  readonly style: FilmStyle;
  /** One after the other, over the whole length. */
  readonly shots: readonly PlannedShot[];
  shotAt(time: number): PlannedShot;
  /** What is heard one after the other; empty in a film without sound. */
  readonly passages: readonly SoundPassage[];
  heardAt(time: number): Heard | undefined;
  /** The face that is seen, and how it smiles, −1 … 1; undefined where none is. */
  faceAt(time: number): { readonly face: ShownFace; readonly smile: number } | undefined;
  /** What the film is like at a moment; light and color change only where it is cut. */
  factorsAt(time: number): Factors;
  /** The true affect at a moment; 1 … 5. */
  affectAt(time: number): Affect;
  /** What its sound alone says of it, beside pictures that are middling in everything. */
  affectOfSoundAt(time: number): Affect;
  /** What its picture alone says of it, in middling motion and without sound. */
  affectOfPictureAt(time: number): Affect;
  /** What its motion alone says of it, of a middling picture and without sound. */
  affectOfMotionAt(time: number): Affect;
}

const middlingMotion = { motion: 0.5, cuts: 0.5, still: false };
const middlingPicture = { light: 0.5, color: 0.5, face: undefined };

/**
 * A film of the set with this seed. The same arguments give the same film.
 *
 * @param faces whether faces may be seen in it; it is else the same.
 */
export function planFilm(setSeed: number, index: number, length: number, faces = false): SyntheticFilm {
  const seed = derivedSeed(setSeed, index);
  const random = Random.seeded(seed);
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  const style: FilmStyle = {
    frameRate: frameRateOf(setSeed, index),
    hues: [random.uniform(), random.uniform(), random.uniform()],
    pattern: (['clouds', 'cells', 'ridges', 'bands'] as const)[random.integer(4)]!,
    detail: between(4, 12),
    contrast: between(0.15, 0.5),
    grain: 6 * random.uniform() ** 2,
    exposure: 0.03 * random.normal(),
    bars: {
      across: random.uniform() < 0.2 ? between(0.05, 0.14) : 0,
      along: random.uniform() < 0.08 ? between(0.05, 0.14) : 0,
    },
    compression: Math.round(between(16, 34)),
    register: between(43, 57),
    mastering: between(-24, 0),
    offset: { valence: 0.08 * random.normal(), arousal: 0.08 * random.normal() },
  };
  const curves = {} as Record<keyof Factors, (time: number) => number>;
  for (const name of factorNames) curves[name] = factorCurve(random, length);
  const shots = planShots(seed, length, style.frameRate, curves.cuts);
  const passages = planPassages(derivedSeed(seed, 6), length);
  const shotAt = (time: number) => shots[lastIndex(shots, (shot) => shot.start <= time + 1e-9)]!;
  const factorsAt = (time: number) => {
    const shot = shotAt(time);
    const middle = (shot.start + shot.end) / 2;
    const factors = {} as Record<keyof Factors, number>;
    for (const name of factorNames)
      factors[name] = curves[name](name === 'light' || name === 'color' ? middle : time);
    return factors;
  };
  const heardAt = (time: number) => passages[lastIndex(passages, ({ start }) => start <= time + 1e-9)]?.heard;
  const smile = factorCurve(Random.seeded(derivedSeed(seed, 8)), length);
  const hasFaces = faces && showsFaces(seed);
  const faceAt = (time: number) => {
    const face = hasFaces ? faceOfShot(shotAt(time).seed) : undefined;
    return face && { face, smile: 2 * smile(time) - 1 };
  };
  const amplitudeAt = (time: number) => 10 ** (decibelsOf(curves.loudness(time)) / 20);
  const level = levelOf(passages, amplitudeAt);
  const momentAt = (time: number): LawfulMoment => {
    const seen = faceAt(time);
    return {
      ...factorsAt(time),
      still: shotAt(time).still,
      heard: heardAt(time),
      amplitude: amplitudeAt(time) / level,
      face: seen && { smile: seen.smile, size: sizeOf(seen.face) },
    };
  };
  return {
    name: `Synthetic_film_${String(index).padStart(3, '0')}`,
    seed,
    length,
    style,
    shots,
    shotAt,
    passages,
    heardAt,
    faceAt,
    factorsAt,
    affectAt: (time) => {
      const { valence, arousal } = affectOf(momentAt(time));
      const { offset } = style;
      return { valence: scored(valence + offset.valence), arousal: scored(arousal + offset.arousal) };
    },
    affectOfSoundAt: (time) => affectOf({ ...momentAt(time), ...middlingPicture, ...middlingMotion }),
    affectOfPictureAt: (time) => affectOf({ ...momentAt(time), ...middlingMotion, heard: undefined }),
    affectOfMotionAt: (time) =>
      affectOf({ ...momentAt(time), ...middlingPicture, cuts: 0.5, heard: undefined }),
  };
}

/** Frames per second of a film, as films have them. */
export function frameRateOf(setSeed: number, index: number): number {
  const rates = [24, 24, 24, 25, 25, 25, 30, 30, 10, 12.5, 50, 60];
  return rates[Random.seeded(derivedSeed(setSeed, index, 7)).integer(rates.length)]!;
}

/** Decibels below the loudest there is, of a loudness from 0 to 1. */
export function decibelsOf(loudness: number): number {
  return 30 * (loudness - 1);
}

/** The amplitude of the film as a whole: of what is heard, without what is 10 dB quieter (as EBU R 128 measures it). */
function levelOf(passages: readonly SoundPassage[], amplitudeAt: (time: number) => number): number {
  const powers = passages
    .filter(({ heard }) => heard !== 'silence')
    .flatMap(({ start, end }) =>
      Array.from({ length: Math.ceil(end - start) }, (_, second) => amplitudeAt(start + second) ** 2),
    );
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const all = mean(powers);
  return powers.length > 0 ? Math.sqrt(mean(powers.filter((power) => power > all / 10))) : 1;
}

/** The mean of a film's affect, or of another of its curves, over a stretch of it. */
export function meanAffect(
  film: SyntheticFilm,
  start: number,
  end: number,
  affectAt: (time: number) => Affect = film.affectAt,
): Affect {
  const moments = Math.max(1, Math.round((end - start) * 4));
  const sum = { valence: 0, arousal: 0 };
  for (let i = 0; i < moments; i++) {
    const { valence, arousal } = affectAt(start + ((i + 0.5) / moments) * (end - start));
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
const shortest = 0.48;

/** Of the shots. */
const shareStill = 0.06;

/** At each moment, a cut is as likely as the film's factor says: 0.03 to 1 a second. */
function planShots(
  seed: number,
  length: number,
  frameRate: number,
  cuts: (time: number) => number,
): PlannedShot[] {
  const random = Random.seeded(derivedSeed(seed, 1));
  const shots: PlannedShot[] = [];
  let start = 0;
  const add = (end: number) => {
    const own = derivedSeed(seed, 2, shots.length);
    shots.push({ start, end, seed: own, still: Random.seeded(own).uniform() < shareStill });
    start = end;
  };
  for (let frame = 1; frame < length * frameRate; frame++) {
    const time = frame / frameRate;
    const rate = 0.03 + 0.97 * cuts(time) ** 1.5;
    if (time - start < shortest || random.uniform() > rate / frameRate) continue;
    add(time);
  }
  add(length);
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
  const level = Math.sqrt(character) * random.normal();
  const keep = Math.exp(-step / memory);
  const points: number[] = [];
  let walk = random.normal();
  for (let time = 0; time <= length + step; time += step) {
    points.push(spread(level + Math.sqrt(1 - character) * walk));
    walk = keep * walk + Math.sqrt(1 - keep * keep) * random.normal();
  }
  return (time) => {
    const place = Math.min(Math.max(0, time / step), points.length - 1.001);
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
