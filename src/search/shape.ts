import type { Dimension } from '../affect/index.ts';
import { InputError } from '../support/errors.ts';

/** Pieces that a shape is looked for in: its mean over each is what counts (piecewise aggregate approximation, Keogh 2001). */
export const pieces = 8;

/** What a curve is to look like, in standard deviations of each film about its mean: 0 is usual for it, 2 is rare. */
export interface Shape {
  dimension: Dimension;
  /** Seconds that it takes. */
  length: number;
  /** `pieces` numbers. */
  values: readonly number[];
}

/** The levels of words, in standard deviations. */
const levels: Record<string, number> = {
  calm: -1.2,
  low: -1.2,
  quiet: -1.2,
  sad: -1.2,
  even: 0,
  neutral: 0,
  tense: 1.2,
  high: 1.2,
  excited: 1.2,
  happy: 1.2,
};
/** Words for what happens within a part, as a share of the way from its beginning to its end → its level. */
const courses: Record<string, (share: number) => number> = {
  peak: (share) => 2.2 * Math.sin(Math.PI * share) - 0.2,
  dip: (share) => 0.2 - 2.2 * Math.sin(Math.PI * share),
  rise: (share) => -1.2 + 2.4 * share,
  fall: (share) => 1.2 - 2.4 * share,
};
const ofValence = new Set(['sad', 'happy']);

/**
 * A shape in words: parts with "then" or a comma between them, each as long as the others: "calm, then a peak",
 * "a rise then tense". Words of mood (sad, happy) are about valence, the others about arousal.
 *
 * @param length seconds of the whole.
 * @throws InputError naming the word that is not known, and those that are.
 */
export function shapeFromWords(text: string, length: number): Shape {
  const parts = text
    .toLowerCase()
    .split(/,|\bthen\b/)
    .map((part) => part.replace(/\b(a|an|the|and)\b/g, ' ').trim())
    .filter((part) => part !== '');
  const known = [...Object.keys(levels), ...Object.keys(courses)];
  const unknown = parts.find((part) => !known.includes(part));
  if (parts.length === 0 || unknown !== undefined)
    throw new InputError(
      `shape '${text}': ${unknown === undefined ? 'it says nothing' : `'${unknown}' is not known`}; words are ${known.join(', ')}, with "then" between them`,
    );
  if (parts.length > pieces) throw new InputError(`shape '${text}': at most ${pieces} parts`);
  const fine = 10 * pieces;
  const points = Array.from({ length: fine }, (_, index) => {
    const place = ((index + 0.5) / fine) * parts.length;
    const part = parts[Math.floor(place)]!;
    return courses[part]?.(place % 1) ?? levels[part]!;
  });
  const dimension = parts.some((part) => ofValence.has(part)) ? 'valence' : 'arousal';
  return { dimension, length, values: means(points) };
}

/**
 * A shape that was drawn.
 *
 * @param points at even distances from its beginning to its end, −1 (low) … 1 (high); 2 to 10,000.
 * @throws InputError when they are too few, too many, or no numbers.
 */
export function shapeFromPoints(points: readonly number[], length: number, dimension: Dimension): Shape {
  if (points.length < 2 || points.length > 10_000 || !points.every(Number.isFinite))
    throw new InputError('a drawn shape has 2 to 10,000 points, each a number from -1 to 1');
  // the upper end of what can be drawn is rare in a film
  const fine = Array.from({ length: 10 * pieces }, (_, index) => {
    const place = (index / (10 * pieces - 1)) * (points.length - 1);
    const before = Math.min(Math.floor(place), points.length - 2);
    return 2 * (points[before]! + (place - before) * (points[before + 1]! - points[before]!));
  });
  return { dimension, length, values: means(fine) };
}

function means(points: readonly number[]): number[] {
  const each = points.length / pieces;
  return Array.from(
    { length: pieces },
    (_, piece) =>
      points.slice(piece * each, (piece + 1) * each).reduce((sum, value) => sum + value, 0) / each,
  );
}
