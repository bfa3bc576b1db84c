import { expect, test } from 'vitest';
import { type FaceWatcher, faceNumbers } from '../faces/index.ts';
import { faceFiles, openFaceReader } from '../faces/node/index.ts';
import { planFilm } from './film.ts';
import { affectOf, type LawfulMoment } from './laws.ts';
import { renderFrames, width } from './pictures.ts';
import { planAnnotations } from './plan.ts';

const films = Array.from({ length: 60 }, (_, i) => planFilm(21, i, 60, true));
const withFaces = films.filter(({ faceAt, shots }) => shots.some(({ start }) => faceAt(start)));

function firstFrame(film: (typeof films)[0], time: number): Uint8Array {
  const frame = Math.round(time * film.style.frameRate);
  return renderFrames(film, frame, frame + 1).next().value!;
}

test('a film without faces is the one that it is in a set without any', () => {
  expect(withFaces.length).toBeGreaterThan(60 * 0.55);
  expect(withFaces.length).toBeLessThan(60 * 0.85);
  for (const [i, film] of films.entries()) {
    const plain = planFilm(21, i, 60);
    expect(plain.faceAt(10)).toBeUndefined();
    if (!withFaces.includes(film)) expect(film.affectAt(10)).toEqual(plain.affectAt(10));
    if (i >= 6) continue;
    const shot = film.shots.find(({ start }) => !film.faceAt(start))!;
    expect(firstFrame(film, shot.start)).toEqual(firstFrame(plain, shot.start));
    const faced = film.shots.find(({ start }) => film.faceAt(start));
    if (faced) expect(firstFrame(film, faced.start)).not.toEqual(firstFrame(plain, faced.start));
  }
});

test('labels follow faces only where a set has them', () => {
  const set = { films: 6, clips: 30, seed: 3 };
  expect(planAnnotations({ ...set, faces: false })).toEqual(
    expect.objectContaining({ clips: planAnnotations(set).clips }),
  );
  expect(planAnnotations({ ...set, faces: true }).clips).not.toEqual(planAnnotations(set).clips);
});

test('valence rises with a smile, the more the larger the face; of nobody nothing follows', () => {
  const usual: LawfulMoment = {
    ...{ motion: 0.5, cuts: 0.5, light: 0.5, color: 0.5, loudness: 0.5, tempo: 0.5, timbre: 0.5 },
    ...{ consonance: 0.5, mode: 0.5, still: true, heard: undefined, amplitude: 1 },
  };
  const valence = (smile: number, size: number) => affectOf({ ...usual, face: { smile, size } }).valence;
  const nobody = affectOf(usual);
  expect(valence(0, 1)).toBe(nobody.valence);
  expect(valence(1, 0)).toBeGreaterThan(nobody.valence);
  expect(valence(-1, 0)).toBeLessThan(nobody.valence);
  expect(valence(1, 1) - nobody.valence).toBeCloseTo(3 * (valence(1, 0) - nobody.valence), 6);
  expect(affectOf({ ...usual, face: { smile: 0, size: 1 } }).arousal).toBeGreaterThan(nobody.arousal);
});

const files = (() => {
  try {
    return faceFiles();
  } catch {
    return undefined;
  }
})();

test.skipIf(!files)(
  'drawn faces are found, and their smiles are read (needs @vladmandic/human)',
  async () => {
    const reader = await openFaceReader(files!);
    const isThere = faceNumbers.indexOf('is there a face');
    const happy = faceNumbers.indexOf('happy');
    const counts = { found: 0, missed: 0, invented: 0, empty: 0 };
    const smiling: number[] = [];
    const frowning: number[] = [];
    for (const film of films.slice(0, 20))
      for (const time of [10, 30, 50]) {
        const picture = { width, height: 108, rgb: firstFrame(film, time) };
        const watcher: FaceWatcher = reader.watcher();
        const numbers = await watcher.watch(picture, time);
        const seen = film.faceAt(Math.round(time * film.style.frameRate) / film.style.frameRate);
        if (seen) counts[numbers[isThere] ? 'found' : 'missed']++;
        else counts[numbers[isThere] ? 'invented' : 'empty']++;
        if (seen && seen.smile > 0.5) smiling.push(numbers[happy]!);
        if (seen && seen.smile < 0) frowning.push(numbers[happy]!);
      }
    await reader.close();
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(counts.missed).toBeLessThanOrEqual(0.05 * counts.found);
    expect(counts.invented).toBeLessThanOrEqual(0.1 * counts.empty);
    expect(mean(smiling)).toBeGreaterThan(0.6);
    expect(mean(frowning)).toBeLessThan(0.3);
  },
);
