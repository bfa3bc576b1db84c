import { expect, test } from 'vitest';
import { sampleRate } from '../support/sound.ts';
import { planFilm } from './film.ts';
import { soundsOfFilm } from './film-sounds.ts';
import { renderSound } from './sound.ts';

const films = Array.from({ length: 12 }, (_, index) => ({ index, made: soundsOfFilm(7, index) }));
const [{ index, made }] = films.flatMap(({ index, made }) => (made ? [{ index, made }] : [])) as [
  { index: number; made: NonNullable<(typeof films)[number]['made']> },
];

/** The whole of it, in one piece as it is rendered. */
function soundOf(waveform: typeof made.film.waveform): Float32Array {
  const [sound, ...more] = waveform as Iterable<Float32Array>;
  expect(more).toEqual([]);
  return sound!;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

test('six stretches of ten seconds of a film that has sound, none of one that has none', () => {
  for (const { index, made } of films) {
    expect(made !== undefined).toBe(planFilm(7, index, 60).passages.length > 0);
    if (made) expect([made.seconds, made.sounds.length]).toEqual([10, 6]);
  }
  expect(films.some(({ made }) => made === undefined)).toBe(true);
});

test('the film sounds as it does, beside black of its length', () => {
  const { waveform, frames, frameRate } = made.film;
  const sound = soundOf(waveform);
  expect(bytesOf(sound).equals(bytesOf(renderSound(planFilm(7, index, 60), 0, 60)))).toBe(true);
  expect(sound.length).toBe(60 * sampleRate);
  const pictures = [...(frames as Iterable<Uint8Array>)];
  expect(pictures.length / frameRate).toBe(60);
  expect(pictures.every((picture) => picture.every((value) => value === 0))).toBe(true);
});

test('films are coded at many bit rates', () => {
  const rates = films.flatMap(({ made }) => (made ? [made.film.bitRate!] : []));
  expect(Math.min(...rates)).toBeGreaterThanOrEqual(24_000);
  expect(Math.max(...rates)).toBeLessThanOrEqual(128_000);
  expect(Math.max(...rates) / Math.min(...rates)).toBeGreaterThan(2);
});

test('what a sound says does not depend on the pictures: it is that of the film, less what these say', () => {
  const film = planFilm(7, index, 60);
  const at = Array.from({ length: 60 }, (_, second) => second + 0.5);
  const heard = at.map((time) => film.affectOfSoundAt(time));
  // where no music says anything of valence, nothing but music does
  at.forEach((time, i) => {
    if (film.heardAt(time) !== 'music') expect(heard[i]!.valence).toBe(3);
  });
  const arousals = heard.map(({ arousal }) => arousal);
  expect(Math.max(...arousals) - Math.min(...arousals)).toBeGreaterThan(0.3);
  const mean = arousals.reduce((sum, value) => sum + value) / arousals.length;
  const loudest = at.reduce((best, time) =>
    film.factorsAt(time).loudness > film.factorsAt(best).loudness ? time : best,
  );
  expect(film.affectOfSoundAt(loudest).arousal).toBeGreaterThan(mean);
  const told = made.sounds.reduce((sum, { arousal }) => sum + arousal, 0) / made.sounds.length;
  expect(told).toBeCloseTo(mean, 1);
});

test('the same each time', () => {
  const again = soundsOfFilm(7, index)!;
  expect(again.film.bitRate).toBe(made.film.bitRate);
  expect(bytesOf(soundOf(again.film.waveform)).equals(bytesOf(soundOf(made.film.waveform)))).toBe(true);
  expect(again.sounds).toEqual(made.sounds);
});
