import { Random } from '../support/random.ts';
import { derivedSeed, type SyntheticFilm } from './film.ts';

export const SAMPLE_RATE = 22_050;

/** Seconds that a note sounds on after the next has begun. */
const RELEASE = 0.06;
const ATTACK = 0.008;
const PARTIALS = 14;
/** Beats of this frequency sound roughest (Plomp & Levelt 1965), in Hz. */
const ROUGHEST = 33;
/** Above the highest frequency that stays clear of what the codec cuts off. */
const HIGHEST = 8000;
/** Steps of the roots of successive chords, in semitones. */
const PROGRESSION = [0, 5, 7, 2, 9];

interface Beat {
  readonly start: number;
  readonly end: number;
  readonly seed: number;
}

/** The film's beats: 55 to 170 a minute, as the tempo is at each. */
export function beatsOf(film: SyntheticFilm): Beat[] {
  const beats: Beat[] = [];
  let start = 0;
  while (start < film.length) {
    const end = start + 60 / (55 * 3.1 ** film.factorsAt(start).tempo);
    beats.push({ start, end, seed: derivedSeed(film.seed, 5, beats.length) });
    start = end;
  }
  return beats;
}

/** The film's sound from `start` to `end` (seconds): mono, −1 … 1, `SAMPLE_RATE` samples a second. */
export function renderSound(film: SyntheticFilm, start: number, end: number): Float32Array {
  const samples = new Float32Array(Math.round((end - start) * SAMPLE_RATE));
  for (const beat of beatsOf(film))
    if (beat.end + RELEASE > start && beat.start < end) addBeat(samples, film, beat, beat.start - start);
  return samples.map(Math.tanh); // rounds off the few peaks above full scale
}

/** Adds the chord and the stroke of one beat, which begins `offset` seconds into the samples. */
function addBeat(samples: Float32Array, film: SyntheticFilm, beat: Beat, offset: number): void {
  const random = Random.seeded(beat.seed);
  const { consonance, loudness, mode, timbre } = film.factorsAt(beat.start);
  const root = film.style.register + PROGRESSION[random.integer(PROGRESSION.length)]!;
  const third = random.uniform() < mode ? 4 : 3;
  const clash = 1 - consonance;
  const notes = [
    { pitch: root, level: 1 },
    { pitch: root + third, level: 0.8 },
    { pitch: root + 7, level: 0.8 },
    { pitch: root + 1, level: 0.9 * clash },
    { pitch: root + 6, level: 0.7 * clash },
    { pitch: root + third + 7 + 1, level: 0.7 * clash },
  ];
  const fall = 2.8 - 2 * timbre;
  const partials = notes.flatMap(({ pitch, level }) => {
    const frequency = 440 * 2 ** ((pitch - 69) / 12);
    return Array.from({ length: PARTIALS }, (_, k) => ({
      frequency: frequency * (k + 1),
      level: level * (k + 1) ** -fall,
      phase: 2 * Math.PI * random.uniform(),
    })).filter((partial) => partial.frequency < HIGHEST && partial.level > 0.003);
  });
  const power = partials.reduce((sum, { level }) => sum + level ** 2 / 2, 0);
  const gain = 10 ** ((-36 + 25 * loudness + film.style.mastering) / 20);

  const first = Math.round(offset * SAMPLE_RATE);
  const length = Math.round((beat.end - beat.start + RELEASE) * SAMPLE_RATE);
  const sum = new Float64Array(length);
  for (const { frequency, level, phase } of partials)
    addSine(sum, frequency, level / Math.sqrt(power), phase);
  const depth = 0.8 * clash;
  const evened = 1 / Math.sqrt(1 + depth ** 2 / 2);
  const hold = length - RELEASE * SAMPLE_RATE;
  let smooth = 0;
  for (let i = 0; i < length; i++) {
    const time = i / SAMPLE_RATE;
    const rise = Math.min(1, time / ATTACK);
    const release = i < hold ? 1 : (length - i) / (length - hold);
    const decay = 0.45 + 0.75 * Math.exp(-time / 0.18);
    let stroke = 0;
    if (time < 0.1) {
      smooth += (0.1 + 0.6 * timbre) * (2 * random.uniform() - 1 - smooth);
      stroke = (1.5 * smooth * Math.exp(-time / 0.02)) / (0.3 + 0.5 * timbre);
    }
    const beating = evened * (1 + depth * Math.cos(2 * Math.PI * ROUGHEST * time));
    const place = first + i;
    if (place >= 0 && place < samples.length)
      samples[place]! += gain * rise * release * (decay * beating * sum[i]! + stroke);
  }
}

/** Adds level · sin(2π · frequency · time + phase), each sample from the two before. */
function addSine(sum: Float64Array, frequency: number, level: number, phase: number): void {
  const step = (2 * Math.PI * frequency) / SAMPLE_RATE;
  const twice = 2 * Math.cos(step);
  let before = level * Math.sin(phase - 2 * step);
  let last = level * Math.sin(phase - step);
  for (let i = 0; i < sum.length; i++) {
    const next = twice * last - before;
    sum[i]! += next;
    before = last;
    last = next;
  }
}
