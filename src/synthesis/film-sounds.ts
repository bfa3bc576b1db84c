import type { Affect } from '../affect/index.ts';
import { sampleRate } from '../support/sound.ts';
import { gainFor, Loudness, LowCut } from '../survey/index.ts';
import { meanAffect, planFilm } from './film.ts';
import { renderSound } from './sound.ts';

/** A stretch of a film's sound and what it says of affect (1 … 5), beside pictures that are middling in everything. */
export interface FilmSound extends Affect {
  /** Mono, 22,050 samples a second, at the common level of films (−23 LUFS), without what lies below hearing. */
  readonly waveform: Float32Array;
  /** Its length. */
  readonly seconds: number;
}

/** Of a film whose sound alone is rendered. */
const stretches = 6;
const seconds = 10;

/**
 * The sound of a film of the set with this seed, as a network takes it in, in six stretches of 10 s; none of a film without
 * sound. What a sound says is learned from many films sooner than pictures and sound together.
 */
export function soundsOfFilm(setSeed: number, index: number): FilmSound[] {
  const film = planFilm(setSeed, index, stretches * seconds);
  if (film.passages.length === 0) return [];
  const rendered = renderSound(film, 0, film.length);
  const loudness = new Loudness(sampleRate);
  const audible = new LowCut(sampleRate).apply(rendered);
  loudness.push(audible);
  const gain = gainFor(loudness.integrated());
  const leveled = audible.map((sample) => gain * sample);
  return Array.from({ length: stretches }, (_, i) => {
    const [start, end] = [i * seconds, (i + 1) * seconds];
    return {
      ...meanAffect(film, start, end, film.affectOfSoundAt),
      seconds,
      waveform: leveled.subarray(start * sampleRate, end * sampleRate),
    };
  });
}
