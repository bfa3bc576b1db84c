import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { momentPeriod, PairClock, pairPeriod, pairSampling } from './sampling.ts';

/** A picture that moves: at each time another one, at the same time the same. */
function grayAt(time: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, i) => 128 + 100 * Math.sin(i / 5 + 12 * time));
}

interface Shown {
  readonly time: number;
  readonly gray: Uint8Array;
}

/** A film of so many frames a second, each shown `copies` times at a clock as much faster. */
function film(frameRate: number, seconds: number, copies = 1): Shown[] {
  return Array.from({ length: Math.floor(frameRate * seconds * copies) }, (_, i) => {
    const frame = Math.floor(i / copies);
    return { time: i / (frameRate * copies), gray: grayAt(frame / frameRate) };
  });
}

/** The film shown at another rate as players do it: the latest frame that is due. */
function shownAt(frames: readonly Shown[], frameRate: number): Shown[] {
  const end = frames.at(-1)!.time;
  return Array.from({ length: Math.floor(end * frameRate) }, (_, i) => {
    const time = i / frameRate;
    return { time, gray: frames.findLast((frame) => frame.time <= time + 1e-9)!.gray };
  });
}

/** Pairs of a film: rate, place, and how many frames at rest came before. */
function pairsOf(frames: readonly Shown[]) {
  const clock = new PairClock();
  return frames.flatMap((frame) => {
    const chosen = clock.next(frame);
    return chosen?.pair ? [{ ...chosen.pair, rests: chosen.rests.length, time: frame.time }] : [];
  });
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test.each([
  [10, 1],
  [12.5, 1],
  [24, 1],
  [25, 1],
  [30, 1],
  [36, 1],
  [48, 2],
  [50, 2],
  [60, 2],
  [100, 4],
  [120, 5],
])('of %s frames a second every frame, or every %sth, starts a pair; rates follow', (frameRate, stride) => {
  const pairs = pairsOf(film(frameRate, 4));
  expect(pairs.length).toBe(Math.floor((4 * frameRate - 1) / stride));
  for (const { rate, place, time } of pairs) {
    expect(rate).toBeCloseTo((pairPeriod * frameRate) / stride, 6);
    expect(place).toBeCloseTo(time - stride / frameRate / 2, 6);
  }
});

test.each([
  ['25 stored at 50', film(25, 4, 2), 25],
  ['12.5 stored at 25', film(12.5, 4, 2), 12.5],
  ['12.5 stored at 50', film(12.5, 4, 4), 12.5],
  ['24 shown at 60, two and three times each', shownAt(film(24, 4), 60), 24],
  ['24 shown at 30, one in four twice', shownAt(film(24, 4), 30), 24],
  ['25 shown at 30, one in five twice', shownAt(film(25, 4), 30), 25],
])('copies do not halve motion: %s', (_, frames, frameRate) => {
  const pairs = pairsOf(frames).filter(({ time }) => time > 1);
  // as many pairs as the film has frames of its own, each at about the film's own rate
  expect(pairs.length / (frames.at(-1)!.time - 1)).toBeGreaterThan(0.93 * frameRate);
  expect(pairs.length / (frames.at(-1)!.time - 1)).toBeLessThan(1.07 * frameRate);
  expect(mean(pairs.map(({ rate }) => rate)) / (pairPeriod * frameRate)).toBeCloseTo(1, 1);
  for (const { rate } of pairs) expect(rate / (pairPeriod * frameRate)).toBeGreaterThan(0.85);
  for (const { rate } of pairs) expect(rate / (pairPeriod * frameRate)).toBeLessThan(1.15);
});

test('a still has one pair for each moment, whatever the frame rate', () => {
  for (const frameRate of [10, 24, 25, 30, 50, 60]) {
    const still = film(frameRate, 8).map(({ time }) => ({ time, gray: grayAt(0) }));
    const { length } = pairsOf(still);
    expect(Math.abs(length - 8 / momentPeriod)).toBeLessThanOrEqual(2);
  }
});

test('a frame that is held for seconds is at rest until it moves', () => {
  const times = [0, 0.04, 0.08, 3.08, 3.12];
  const pairs = pairsOf(times.map((time) => ({ time, gray: grayAt(time) })));
  expect(pairs.map(({ rests }) => rests)).toEqual([0, 0, 7, 0]);
  expect(pairs[2]!.rate).toBeCloseTo(pairPeriod / (3 - 7 * momentPeriod), 6);
});

test('where frames come at any times, speeds come out as they are', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = Random.seeded(seed);
      const frames: Shown[] = [];
      for (let time = 0; time < 3; time += 0.015 + 0.06 * random.uniform())
        frames.push({ time, gray: grayAt(time) });
      const clock = new PairClock();
      let before = 0;
      for (const frame of frames) {
        const chosen = clock.next(frame);
        if (!chosen) continue;
        if (chosen.pair) expect(chosen.pair.rate * (frame.time - before)).toBeCloseTo(pairPeriod, 6);
        before = frame.time;
      }
    }),
    { numRuns: 30 },
  );
});

test("the paper's words: every frame, and by their number", () => {
  const sampling = pairSampling('frames');
  const gray = new Uint8Array(4);
  expect(sampling.next({ index: 0, time: 0, gray })).toEqual({ rests: [] });
  expect(sampling.next({ index: 1, time: 7, gray })).toEqual({ rests: [], pair: { rate: 1, place: 0.5 } });
  expect(sampling.place({ index: 10, time: 99 })).toBe(10);
});
