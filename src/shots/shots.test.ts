import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { ShotDetector, type ShotSpan } from './index.ts';

const rate = 25;
const [width, height] = [96, 72];

/** A still of random colors, in blocks of 8 pixels. */
function still(seed: number): Uint8Array {
  const random = Random.seeded(seed);
  const blocks = Array.from({ length: (width / 8) * (height / 8) * 3 }, () => random.integer(256));
  return Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const [channel, pixel] = [at % 3, Math.floor(at / 3)];
    const block = Math.floor(Math.floor(pixel / width) / 8) * (width / 8) + Math.floor((pixel % width) / 8);
    return blocks[block * 3 + channel]!;
  });
}

const stills = Array.from({ length: 6 }, (_, seed) => still(seed));
const black = new Uint8Array(width * height * 3);
const times = (count: number, picture: Uint8Array) => Array.from({ length: count }, () => picture);
const dimmed = (picture: Uint8Array, by: number) => picture.map((value) => value * by);

function shotsOf(frames: readonly Uint8Array[]): ShotSpan[] {
  const detector = new ShotDetector();
  for (const [index, pixels] of frames.entries())
    detector.push({ time: index / rate, width, height, pixels });
  return detector.end(frames.length / rate);
}

function grayOf(rgb: Uint8Array): Uint8Array {
  return Uint8Array.from(
    { length: rgb.length / 3 },
    (_, i) => (rgb[3 * i]! + rgb[3 * i + 1]! + rgb[3 * i + 2]!) / 3,
  );
}

const finds = (shots: readonly ShotSpan[]) =>
  shots.slice(1).map(({ from, begins }) => ({ kind: begins, at: Math.round(from * rate) }));

test('shots follow each other without gap over the whole film, each begun by the cut that was made', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 8, max: 40 }), { minLength: 1, maxLength: 6 }), (lengths) => {
      const frames = lengths.flatMap((length, seed) => times(length, stills[seed]!));
      const shots = shotsOf(frames);
      const starts = lengths.map((_, index) => lengths.slice(0, index).reduce((a, b) => a + b, 0));
      expect(finds(shots)).toEqual(starts.slice(1).map((at) => ({ kind: 'cut', at })));
      expect(shots[0]!.from).toBe(0);
      expect(shots.at(-1)!.to).toBe(frames.length / rate);
      for (const [index, { from }] of shots.entries()) if (index > 0) expect(from).toBe(shots[index - 1]!.to);
    }),
    { numRuns: 10 },
  );
});

test('a flash of light is no cut', () => {
  const white = black.map(() => 255);
  expect(shotsOf([...times(30, still(1)), white, ...times(30, still(1))])).toHaveLength(1);
});

test('a fade through black is one boundary, in the middle of the black', () => {
  const out = Array.from({ length: 12 }, (_, index) => dimmed(still(1), 1 - index / 12));
  const into = Array.from({ length: 12 }, (_, index) => dimmed(still(2), index / 12));
  const frames = [...times(40, still(1)), ...out, ...times(11, black), ...into, ...times(40, still(2))];
  const [, second, ...more] = shotsOf(frames);
  expect(more).toEqual([]);
  expect(second).toMatchObject({ begins: 'fade' });
  expect(Math.abs(second!.from - 57 / rate)).toBeLessThan(3 / rate);
});

test('a jump into black and out of it is two cuts', () => {
  const frames = [...times(40, still(1)), ...times(20, black), ...times(40, still(2))];
  expect(finds(shotsOf(frames))).toEqual([
    { kind: 'cut', at: 40 },
    { kind: 'cut', at: 60 },
  ]);
});

test('a film that comes out of black and ends in it has no boundary there', () => {
  const into = Array.from({ length: 20 }, (_, index) => dimmed(still(1), index / 20));
  const frames = [
    ...times(20, black),
    ...into,
    ...times(40, still(1)),
    ...into.reverse(),
    ...times(20, black),
  ];
  expect(shotsOf(frames)).toEqual([{ from: 0, to: 120 / rate, begins: 'start' }]);
});

test('a dissolve is one boundary, where both pictures are equally strong', () => {
  const [one, other] = [still(1), still(2)];
  const blend = Array.from({ length: 12 }, (_, index) =>
    one.map((value, at) => value + ((index + 1) / 13) * (other[at]! - value)),
  );
  const [, second, ...more] = shotsOf([...times(40, one), ...blend, ...times(40, other)]);
  expect(more).toEqual([]);
  expect(second).toMatchObject({ begins: 'dissolve' });
  expect(Math.abs(second!.from - 46 / rate)).toBeLessThan(3 / rate);
});

test('while frames come, the length of the shot around one is told as soon as it is known, as far as 10 s around', () => {
  const lengths = [50, 20, 75, 600, 30, 12, 100];
  const frames = lengths.flatMap((length, seed) => times(length, stills[seed % stills.length]!));
  const detector = new ShotDetector();
  const waiting: number[] = [];
  const told = new Map<number, number>();
  const tell = () => {
    while (waiting.length > 0 && detector.knows(waiting[0]!)) {
      const time = waiting.shift()!;
      told.set(time, detector.lengthAt(time));
    }
  };
  for (const [index, pixels] of frames.entries()) {
    detector.push({ time: index / rate, width, height, pixels });
    if (index % 10 === 0) waiting.push(index / rate);
    tell();
    expect(waiting.length).toBeLessThanOrEqual(31);
  }
  detector.finish();
  tell();
  const last = (frames.length - 1) / rate;
  const shots = detector.end(last);
  expect(shots).toHaveLength(lengths.length);
  expect(told.size).toBe(Math.ceil(frames.length / 10));
  for (const [time, length] of told) {
    const { from, to } = shots.findLast((shot) => shot.from <= time)!;
    expect(length).toBeCloseTo(Math.min(to, time + 10) - Math.max(from, time - 10), 9);
  }
  expect(Math.max(...told.values())).toBe(20);
});

test('a film of no frames is one shot', () => {
  expect(new ShotDetector().end(3)).toEqual([{ from: 0, to: 3, begins: 'start' }]);
});

test('frames that go back in time, change their kind, or are no pictures are refused', () => {
  const detector = new ShotDetector();
  detector.push({ time: 1, width, height, pixels: still(1) });
  expect(() => detector.push({ time: 1, width, height, pixels: still(1) })).toThrow('times must rise');
  expect(() => detector.push({ time: 2, width, height, pixels: grayOf(still(1)) })).toThrow(
    'all gray or all RGB',
  );
  expect(() => detector.push({ time: 2, width: 8, height: 8, pixels: new Uint8Array(64) })).toThrow('16×12');
  expect(() => detector.push({ time: 2, width, height, pixels: new Uint8Array(9) })).toThrow('gray or RGB');
});
