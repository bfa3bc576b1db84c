import { sampleRate } from '../support/sound.ts';
import { addChord } from './chord.ts';
import { decibelsOf, derivedSeed, type SyntheticFilm } from './film.ts';
import { addNoise } from './noise.ts';
import { addSpeech } from './speech.ts';
import { type Beat, release } from './tone.ts';

/** Decibels of full scale that the loudest sound has, as the root of its mean square. */
const loudest = -10;

const voices = { music: addChord, speech: addSpeech, noise: addNoise };

/** The film's beats: 55 to 170 a minute, as the tempo is at each. */
export function beatsOf(film: SyntheticFilm): Beat[] {
  const beats: Beat[] = [];
  let start = 0;
  while (start < film.length) {
    const factors = film.factorsAt(start);
    const end = start + 60 / (55 * 3.1 ** factors.tempo);
    const decibels = loudest + decibelsOf(factors.loudness) + film.style.mastering;
    beats.push({
      start,
      end,
      seed: derivedSeed(film.seed, 5, beats.length),
      factors,
      register: film.style.register,
      gain: 10 ** (decibels / 20),
    });
    start = end;
  }
  return beats;
}

/** The film's sound from `start` to `end` (seconds): mono, −1 … 1, `sampleRate` samples a second. */
export function renderSound(film: SyntheticFilm, start: number, end: number): Float32Array {
  const samples = new Float32Array(Math.round((end - start) * sampleRate));
  for (const beat of beatsOf(film)) {
    if (beat.end + release <= start || beat.start >= end) continue;
    const heard = film.heardAt(beat.start);
    if (heard && heard !== 'silence')
      voices[heard](samples, beat, Math.round((beat.start - start) * sampleRate));
  }
  return samples.map(Math.tanh); // rounds off the few peaks above full scale
}
