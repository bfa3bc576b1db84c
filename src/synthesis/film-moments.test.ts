import { expect, test } from 'vitest';
import { planFilm } from './film.ts';
import { momentsOfFilm } from './film-moments.ts';
import { affectOf } from './laws.ts';
import { height, renderFrames, width } from './pictures.ts';

const films = Array.from({ length: 30 }, (_, index) => index);
const barred = films.find((index) => planFilm(7, index, 120).style.bars.across > 0)!;
const plain = films.find((index) => {
  const { style, shots } = planFilm(7, index, 120);
  return style.bars.across === 0 && style.bars.along === 0 && shots.length > 30;
})!;

/** The frames of a film of moments, each with the number of the moment that it is nearest to; a frame halfway is of the later. */
function framesOf(index: number) {
  const { film } = momentsOfFilm(7, index);
  return [...(film.frames as Iterable<Uint8Array>)].map((rgb, frame) => ({
    rgb: Buffer.from(rgb),
    moment: Math.floor(frame / film.frameRate / 0.4 + 0.5 + 1e-9),
  }));
}

test('after a moment of black each is of another shot, as the film shows it from there on', () => {
  const film = planFilm(7, plain, 120);
  const { moments } = momentsOfFilm(7, plain);
  expect(moments.length).toBe(24);
  const frames = framesOf(plain);
  expect(new Set(frames.map(({ moment }) => moment))).toEqual(new Set([...moments.keys(), moments.length]));
  const black = frames.filter(({ moment }) => moment === 0);
  expect(black.length).toBe(Math.ceil(0.2 * film.style.frameRate));
  expect(black.every(({ rgb }) => rgb.every((value) => value === 0))).toBe(true);
  const shown = Array.from({ length: 24 }, (_, i) => frames.filter(({ moment }) => moment === i + 1));
  const found = film.shots.slice(0, 24).map(({ start }) => {
    const first = Math.ceil(start * film.style.frameRate - 1e-6);
    const expected = [...renderFrames(film, first, first + 6)].map((rgb) => Buffer.from(rgb));
    return shown.findIndex((own) => expected.every((rgb, i) => own[i]!.rgb.equals(rgb)));
  });
  expect([...found].sort((a, b) => a - b)).toEqual([...Array(24).keys()]);
});

test('the slowest first, and each says what its picture and its motion say', () => {
  const { moments } = momentsOfFilm(7, plain);
  const speeds = moments.map(({ motion }) => motion.arousal);
  expect(speeds).toEqual(speeds.toSorted((a, b) => a - b));
  expect(speeds.at(-1)! - speeds[0]!).toBeGreaterThan(0.5);
  for (const { motion } of moments) expect(motion.valence).toBe(3);
  const middling = { motion: 0.5, cuts: 0.5, still: false, heard: undefined, amplitude: 1 };
  const music = { loudness: 0.5, tempo: 0.5, timbre: 0.5, consonance: 0.5, mode: 0.5 };
  const film = planFilm(7, plain, 120);
  const expected = film.shots.slice(0, 24).map(({ start }) => {
    const { light, color } = film.factorsAt(start);
    return affectOf({ ...middling, ...music, light, color });
  });
  const byValence = (a: { valence: number }, b: { valence: number }) => a.valence - b.valence;
  const said = moments.map(({ picture }) => picture).sort(byValence);
  expected.sort(byValence).forEach(({ valence, arousal }, i) => {
    expect(said[i]!.valence).toBeCloseTo(valence, 9);
    expect(said[i]!.arousal).toBeCloseTo(arousal, 9);
  });
});

test('without the bars that the film has: what prepares films has cut them off', () => {
  const { rgb } = framesOf(barred).find(({ moment }) => moment === 1)!;
  expect(Math.max(...rgb.subarray(0, 3 * width))).toBeGreaterThan(0);
  const [shown] = renderFrames(planFilm(7, barred, 120), 0, 1);
  expect(Math.max(...shown!.subarray(0, 3 * width))).toBe(0);
  expect(shown!.length).toBe(3 * width * height);
});
