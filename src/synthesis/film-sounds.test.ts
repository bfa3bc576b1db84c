import { expect, test } from 'vitest';
import { sampleRate } from '../support/sound.ts';
import { Loudness } from '../survey/index.ts';
import { planFilm } from './film.ts';
import { soundsOfFilm } from './film-sounds.ts';
import { renderSound } from './sound.ts';

const films = Array.from({ length: 12 }, (_, index) => ({ index, sounds: soundsOfFilm(7, index) }));

test('six stretches of ten seconds of a film that has sound, none of one that has none', () => {
  for (const { index, sounds } of films) {
    const { passages } = planFilm(7, index, 60);
    expect(sounds.map(({ seconds }) => seconds)).toEqual(passages.length > 0 ? [10, 10, 10, 10, 10, 10] : []);
    for (const { waveform } of sounds) expect(waveform.length).toBe(10 * sampleRate);
  }
  expect(films.some(({ sounds }) => sounds.length === 0)).toBe(true);
});

test('together they are the film as it sounds, at -23 LUFS', () => {
  const { index, sounds } = films.find(({ sounds }) => sounds.length > 0)!;
  const loudness = new Loudness(sampleRate);
  for (const { waveform } of sounds) loudness.push(waveform);
  expect(loudness.integrated()).toBeCloseTo(-23, 1);
  const rendered = renderSound(planFilm(7, index, 60), 20, 30);
  const { waveform } = sounds[2]!;
  const product = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const alike =
    product(rendered, waveform) / Math.sqrt(product(rendered, rendered) * product(waveform, waveform));
  expect(alike).toBeGreaterThan(0.99);
});

test('what a sound says does not depend on the pictures: it is that of the film, less what these say', () => {
  const film = planFilm(7, films.find(({ sounds }) => sounds.length > 0)!.index, 60);
  const at = Array.from({ length: 60 }, (_, second) => second + 0.5);
  const heard = at.map((time) => film.affectOfSoundAt(time));
  // where no music says anything of valence, nothing but music does
  at.forEach((time, i) => {
    if (film.heardAt(time) !== 'music') expect(heard[i]!.valence).toBe(3);
  });
  const arousals = heard.map(({ arousal }) => arousal);
  expect(Math.max(...arousals) - Math.min(...arousals)).toBeGreaterThan(0.3);
  const loudest = at.reduce((best, time) =>
    film.factorsAt(time).loudness > film.factorsAt(best).loudness ? time : best,
  );
  expect(film.affectOfSoundAt(loudest).arousal).toBeGreaterThan(
    arousals.reduce((sum, value) => sum + value) / arousals.length,
  );
});

test('the same each time', () => {
  const { index, sounds } = films.find(({ sounds }) => sounds.length > 0)!;
  expect(soundsOfFilm(7, index)).toEqual(sounds);
});
