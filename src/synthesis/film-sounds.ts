import type { Affect } from '../affect/index.ts';
import type { FilmParts } from '../media/index.ts';
import { Random } from '../support/random.ts';
import { sampleRate } from '../support/sound.ts';
import { derivedSeed, meanAffect, planFilm } from './film.ts';
import { renderSound } from './sound.ts';

/** Of a film whose sound alone is rendered; seconds of each stretch. */
const stretches = 6;
const seconds = 10;

/** Bits a second of the sound: from telephony to what nobody tells from the original. */
const [lowestRate, highestRate] = [24_000, 128_000];
const black = { width: 16, height: 16 };

/**
 * A film of the set with this seed of which only the sound is to be had, beside black; and what each of its six stretches of
 * 10 s says of affect (1 … 5), beside pictures that are middling in everything; undefined for a film without sound. What a
 * sound says is learned from many films sooner than pictures and sound together, and from many bit rates what coding leaves.
 */
export function soundsOfFilm(
  setSeed: number,
  index: number,
): { film: FilmParts; seconds: number; sounds: Affect[] } | undefined {
  const planned = planFilm(setSeed, index, stretches * seconds);
  if (planned.passages.length === 0) return undefined;
  const random = Random.seeded(derivedSeed(planned.seed, 9));
  const frame = new Uint8Array(3 * black.width * black.height);
  return {
    film: {
      ...black,
      frameRate: 1,
      frames: Array.from({ length: planned.length }, () => frame),
      waveform: [renderSound(planned, 0, planned.length)],
      sampleRate,
      bitRate: Math.round(lowestRate * (highestRate / lowestRate) ** random.uniform()),
    },
    seconds,
    sounds: Array.from({ length: stretches }, (_, i) =>
      meanAffect(planned, i * seconds, (i + 1) * seconds, planned.affectOfSoundAt),
    ),
  };
}
