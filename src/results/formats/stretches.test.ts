import { expect, test } from 'vitest';
import { elicited, type FilmAffect } from '../../affect/index.ts';
import { feltStretches } from './stretches.ts';

/** A film of one value a second, with or without a scale. */
function filmOf(arousal: readonly number[], scale?: [number, number]): FilmAffect {
  return {
    schemaVersion: 1,
    affect: elicited,
    file: 'film.mp4',
    duration: arousal.length,
    window: { length: 10, step: 1 },
    model: { name: 'm', scale },
    clip: { valence: 3, arousal: arousal.reduce((sum, value) => sum + value, 0) / arousal.length },
    curve: arousal.map((value, time) => ({ time, valence: 3, arousal: value })),
  } as unknown as FilmAffect;
}
const times = (count: number, value: number) => Array.from({ length: count }, () => value);

test('a run too short for itself becomes part of the longer of its neighbors', () => {
  const film = filmOf([...times(40, 4), ...times(5, 2), ...times(25, 3), ...times(30, 2)], [1, 5]);
  expect(feltStretches(film).map(({ from, to, feeling }) => [from, to, feeling])).toEqual([
    [0, 45, 'excited'],
    [45, 70, 'neutral'],
    [70, 100, 'calm'],
  ]);
});

test('what is left of a run and the next of the same feeling are one', () => {
  const film = filmOf([...times(30, 4), ...times(5, 2), ...times(30, 4)], [1, 5]);
  expect(feltStretches(film)).toMatchObject([{ from: 0, to: 65, feeling: 'excited' }]);
});

test('a film shorter than the shortest stretch is one', () => {
  expect(feltStretches(filmOf([4, 2, 4, 3], [1, 5]))).toHaveLength(1);
});

test('two days of a curve without a scale, changing every second', () => {
  const curve = Array.from({ length: 172_800 }, (_, second) => (second % 2 === 0 ? 1 : -1));
  const stretches = feltStretches(filmOf(curve));
  expect(stretches[0]!.from).toBe(0);
  expect(stretches.at(-1)!.to).toBe(172_800);
  stretches.slice(1).forEach(({ from }, index) => {
    expect(from).toBe(stretches[index]!.to);
  });
});
