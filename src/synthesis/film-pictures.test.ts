import { expect, test } from 'vitest';
import { planFilm } from './film.ts';
import { picturesOfFilm } from './film-pictures.ts';
import { height, renderFrames, width } from './pictures.ts';

const films = Array.from({ length: 30 }, (_, index) => index);
const barred = films.find((index) => planFilm(7, index, 120).style.bars.across > 0)!;
const plain = films.find((index) => {
  const { across, along } = planFilm(7, index, 120).style.bars;
  return across === 0 && along === 0;
})!;

test('the first picture of each shot, of 24 at most, as the film shows it', () => {
  const film = planFilm(7, plain, 120);
  const pictures = picturesOfFilm(7, plain);
  expect(pictures.length).toBe(Math.min(24, film.shots.length));
  const [first] = renderFrames(film, 0, 1);
  expect(pictures[0]!.rgb).toEqual(first);
  expect(pictures[0]).toMatchObject({ width, height });
});

test('without the bars that the film has: what prepares films has cut them off', () => {
  const { rgb } = picturesOfFilm(7, barred)[0]!;
  expect(Math.max(...rgb.subarray(0, 3 * width))).toBeGreaterThan(0);
  const [shown] = renderFrames(planFilm(7, barred, 120), 0, 1);
  expect(Math.max(...shown!.subarray(0, 3 * width))).toBe(0);
});

test('what a picture says is what its light and color say', () => {
  const film = planFilm(7, plain, 120);
  const pictures = picturesOfFilm(7, plain);
  for (const [i, { valence, arousal }] of pictures.entries()) {
    const { light, color } = film.factorsAt(film.shots[i]!.start);
    const intensified = (valence - 3) / (0.8 * (color - 0.5) + 0.5 * (light - 0.5));
    expect(intensified).toBeGreaterThan(0.8);
    expect(intensified).toBeLessThan(1.2);
    expect(arousal - (0.6 * (color - 0.5) - 0.3 * (light - 0.5))).toBeCloseTo(
      pictures[0]!.arousal - (0.6 * (film.factorsAt(0).color - 0.5) - 0.3 * (film.factorsAt(0).light - 0.5)),
      6,
    );
  }
});
