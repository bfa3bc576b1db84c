import { expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { BarSearch, noBars } from './index.ts';

/** Frames of a lit, moving picture; `shown` says what is picture and not bar. */
function barsOf(
  [width, height]: readonly [number, number],
  levelAt: (x: number, y: number, frame: number) => number,
  frames = 30,
) {
  const search = new BarSearch(width, height);
  const random = Random.seeded(1);
  for (let frame = 0; frame < frames; frame++)
    search.push(
      Uint8Array.from({ length: width * height }, (_, i) =>
        Math.min(255, levelAt(i % width, Math.floor(i / width), frame) + Math.abs(2 * random.normal())),
      ),
    );
  return search.bars();
}
const size = [160, 90] as const;
const scenery = (x: number, y: number, frame: number) =>
  90 + 60 * Math.sin(x / 9 + frame) + 40 * Math.cos(y / 5 - frame / 3);

test.each([
  ['letterbox', { top: 12, bottom: 12, left: 0, right: 0 }],
  ['pillarbox', { top: 0, bottom: 0, left: 20, right: 20 }],
  ['both', { top: 10, bottom: 10, left: 16, right: 16 }],
  ['one side only', { top: 0, bottom: 9, left: 0, right: 0 }],
  ['none', { top: 0, bottom: 0, left: 0, right: 0 }],
])('finds bars: %s', (_, lines) => {
  const [width, height] = size;
  const found = barsOf(size, (x, y, frame) =>
    x >= lines.left && x < width - lines.right && y >= lines.top && y < height - lines.bottom
      ? scenery(x, y, frame)
      : 16,
  );
  const share = (count: number, side: number) => (count === 0 ? 0 : (count + 1) / side);
  expect(found).toEqual({
    top: share(lines.top, height),
    bottom: share(lines.bottom, height),
    left: share(lines.left, width),
    right: share(lines.right, width),
  });
});

test.each<[string, (x: number, y: number, frame: number) => number]>([
  [
    'a night sky above a lit street',
    (x, y, frame) => (y > 45 + 8 * Math.sin(x / 11) ? scenery(x, y, frame) : 17),
  ],
  ['a film that is black throughout', () => 16],
  [
    'a dark film with bright rows in a few scenes',
    (x, y, frame) => (y < 20 && frame % 10 !== 0 ? 17 : scenery(x, y, frame)),
  ],
  ['one lit face in the dark', (x, y) => (Math.hypot(x - 80, y - 45) < 22 ? 180 : 18)],
])('is not mistaken: %s', (_, levelAt) => {
  expect(barsOf(size, levelAt)).toEqual({ top: 0, bottom: 0, left: 0, right: 0 });
});

test('bars are found in a film that is mostly dark, and that fades in', () => {
  const found = barsOf(size, (x, y, frame) => (y >= 12 && y < 78 && frame > 20 ? scenery(x, y, frame) : 16));
  expect(found.top).toBeCloseTo(13 / 90);
  expect(found.bottom).toBeCloseTo(13 / 90);
});

/** A night scene, crushed to black but for a face and what little light falls on the right. */
const night = (x: number, y: number, frame: number) => {
  const face = Math.hypot(x - 60 - frame, y - 45) < 16 ? 150 : 0;
  const glow = Math.max(0, 9 + 8 * Math.sin(x / 13 + y / 21 + frame / 5));
  return Math.max(face, glow);
};
const letterboxed =
  (level: typeof night, inBars: typeof night = () => 0): typeof night =>
  (x, y, frame) =>
    y >= 12 && y < 78 ? level(x, y, frame) : inBars(x, y, frame);

/** Frames without noise but what is written here. */
function barsOfClean(levelAt: (x: number, y: number, frame: number) => number, frames = 30) {
  const [width, height] = size;
  const search = new BarSearch(width, height);
  for (let frame = 0; frame < frames; frame++)
    search.push(
      Uint8Array.from({ length: width * height }, (_, i) =>
        Math.round(levelAt(i % width, Math.floor(i / width), frame)),
      ),
    );
  return search.bars();
}
const letterbox = { top: 13 / 90, bottom: 13 / 90, left: 0, right: 0 };

test('bars around a night scene are found, though hardly any pixel beside them is bright', () => {
  expect(barsOfClean(letterboxed(night))).toEqual(letterbox);
  const all = (x: number, y: number, frame: number) =>
    x >= 20 && x < 140 && y >= 12 && y < 78 ? night(x, y, frame) : 0;
  expect(barsOfClean(all)).toEqual({ top: 13 / 90, bottom: 13 / 90, left: 21 / 160, right: 21 / 160 });
});

test('the same night scene without bars has none', () => {
  expect(barsOfClean(night)).toEqual(noBars);
});

test('a face that moves before black is no picture between bars', () => {
  const face = (x: number, y: number, frame: number) =>
    Math.hypot(x - 80 - 12 * Math.sin(frame), y - 45 - 4 * Math.cos(frame / 2)) < 22 ? 180 : 1;
  expect(barsOfClean(face)).toEqual(noBars);
});

test('scenes that are black above another height each have no bars', () => {
  const random = Random.seeded(3);
  const heights = Array.from({ length: 200 }, () => 5 + Math.floor(40 * random.uniform()));
  expect(barsOfClean((x, y, frame) => (y < heights[frame]! ? 0 : scenery(x, y, frame)), 200)).toEqual(noBars);
});

test('the noise of coarse coding in bars, strongest at the picture, does not hide them', () => {
  const random = Random.seeded(2);
  const noisy = (_: number, y: number) => (random.uniform() < 0.1 ? (y > 8 && y < 82 ? 14 : 7) : 0);
  expect(barsOfClean(letterboxed(scenery, noisy))).toEqual(letterbox);
});

test('subtitles in the lower bar do not hide it, whether they are there now and then or all the time', () => {
  for (const shown of [(frame: number) => frame % 5 < 2, () => true]) {
    const subtitles = (x: number, y: number, frame: number) =>
      shown(frame) && y >= 81 && y < 87 && x > 40 && x < 120 && (x + y + 3 * Math.floor(frame / 5)) % 3 === 0
        ? 235
        : 0;
    expect(barsOfClean(letterboxed(scenery, subtitles))).toEqual(letterbox);
    expect(barsOfClean(letterboxed(night, subtitles))).toEqual(letterbox);
  }
});

test('what is written on a dark lower edge is picture where nothing is black above', () => {
  const titled = (x: number, y: number, frame: number) =>
    y < 78 ? scenery(x, y, frame) : y >= 81 && y < 87 && x % 3 === 0 ? 235 : 0;
  expect(barsOfClean(titled).top).toBe(0);
});
