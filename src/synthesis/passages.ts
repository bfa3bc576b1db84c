import { Random } from '../support/random.ts';
import type { Heard } from './laws.ts';

/** A stretch of the sound track of one kind; seconds. */
export interface SoundPassage {
  readonly start: number;
  readonly end: number;
  readonly heard: Heard;
}

/** Of the films. */
const shareWithoutSound = 0.1;
/** Of the passages, up to each kind. */
const kinds: readonly (readonly [Heard, number])[] = [
  ['music', 0.66],
  ['speech', 0.8],
  ['noise', 0.92],
  ['silence', 1],
];

/** What a film sounds like: passages of 6 to 25 s; none in a film without sound. */
export function planPassages(seed: number, length: number): SoundPassage[] {
  const random = Random.seeded(seed);
  if (random.uniform() < shareWithoutSound) return [];
  const passages: SoundPassage[] = [];
  for (let start = 0; start < length; ) {
    const end = Math.min(length, start + 6 + 19 * random.uniform());
    const draw = random.uniform();
    passages.push({ start, end, heard: kinds.find(([, below]) => draw < below)![0] });
    start = end;
  }
  return passages;
}
