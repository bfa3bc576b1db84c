import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { f1, height, joinedFilm, materialsOfDebian, score, width } from '../bench/joined-film.ts';
import { ShotDetector } from '../src/shots/index.ts';
import { requirement } from '../src/support/testing.ts';

const rate = 25;
const material = requirement(
  "Debian's opencv-doc and forensics-samples-files",
  () =>
    existsSync('/usr/share/doc/opencv-doc/examples/data/Megamind.avi') &&
    existsSync('/usr/share/forensics-samples/original-files/movie2/movie-hello.mp4'),
);

test.skipIf(!material)(
  'cuts and fades between real films and photographs are found, in color and in gray',
  async () => {
    const materials = await materialsOfDebian();
    const films = [101, 102].map((seed) => joinedFilm(materials, seed, 24));
    for (const pixelsOf of [(rgb: Uint8Array) => rgb, grayOf]) {
      const found = films.map(({ frames }) => {
        const detector = new ShotDetector();
        for (const [index, frame] of frames.entries())
          detector.push({ time: index / rate, width, height, pixels: pixelsOf(frame) });
        const shots = detector.end(frames.length / rate);
        return shots.slice(1).map(({ from, begins }) => ({ kind: begins, at: Math.round(from * rate) }));
      });
      const f1Of = (kind: 'cut' | 'fade', slack: number) =>
        f1(films.map(({ joins }, index) => score(joins, found[index]!, kind, slack)));
      expect(f1Of('cut', 2)).toBeGreaterThanOrEqual(0.95);
      expect(f1Of('fade', 7)).toBeGreaterThanOrEqual(0.8);
    }
  },
);

function grayOf(rgb: Uint8Array): Uint8Array {
  return Uint8Array.from(
    { length: rgb.length / 3 },
    (_, i) => 0.299 * rgb[3 * i]! + 0.587 * rgb[3 * i + 1]! + 0.114 * rgb[3 * i + 2]!,
  );
}
