import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Coverage } from './coverage.ts';
import { Discontinuities } from './discontinuities.ts';
import { FrameClock, SoundTrack } from './timeline.ts';
import { SAMPLE_RATE } from './types.ts';

test('frame times increase strictly and stay near the film, whatever the file says', () => {
  fc.assert(
    fc.property(fc.array(fc.double()), (times) => {
      const clock = new FrameClock(60, 25);
      let last = -1;
      for (const [i, time] of times.entries()) {
        const next = clock.next(time);
        expect(next).toBeGreaterThan(last);
        expect(next).toBeLessThanOrEqual(70 + i);
        last = next;
      }
    }),
  );
});

test('good frame times are kept', () => {
  const clock = new FrameClock(100, 25);
  const times = [0, 0.04, 0.08, 5, 42.5];
  expect(times.map((time) => clock.next(time))).toEqual(times);
});

test('the waveform has no gap and no end beyond the film, whatever the file says', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.double(), fc.integer({ min: 0, max: 3000 }))), (chunks) => {
      const track = new SoundTrack(20);
      let length = 0;
      for (const [time, samples] of chunks) {
        for (const placed of track.place(time, new Float32Array(samples))) {
          expect(placed.length).toBeGreaterThan(0);
          expect(placed.length).toBeLessThanOrEqual(SAMPLE_RATE);
          length += placed.length;
        }
      }
      expect(track.length).toBe(length);
      expect(length).toBeLessThanOrEqual(
        30 * SAMPLE_RATE + chunks.reduce((sum, [, samples]) => sum + samples, 0),
      );
    }),
  );
});

test('late sound begins with silence, a hole is filled, an overlap dropped, a small step ignored', () => {
  const track = new SoundTrack(100);
  const place = (time: number, length: number) =>
    [...track.place(time, new Float32Array(length).fill(1))].flatMap((samples) => [...samples]);
  expect(place(0.001, 3)).toEqual([...Array(22).fill(0), 1, 1, 1]);
  expect(place(0.05, 2)).toEqual([1, 1]);
  const hole = place(1, 1);
  expect(hole.length).toBe(SAMPLE_RATE + 1 - 27);
  expect(hole.at(-1)).toBe(1);
  expect(place(0.5, SAMPLE_RATE).length).toBe(SAMPLE_RATE - (SAMPLE_RATE / 2 + 1));
});

test('joined recordings continue the clock in MPEG-TS, and only there', () => {
  const decodingTimes = [1.4, 1.5, 1.6, 1.4, 1.5, 100];
  const shifts = (format: string) => {
    const discontinuities = new Discontinuities(format);
    return decodingTimes.map((time) => discontinuities.shift(0, time, 0.1));
  };
  expect(shifts('mov,mp4')).toEqual([0, 0, 0, 0, 0, 0]);
  const [, , third, fourth, fifth, sixth] = shifts('mpegts');
  expect([third, fourth, fifth]).toEqual([0, expect.closeTo(0.3, 9), expect.closeTo(0.3, 9)]);
  expect(100 + sixth!).toBeCloseTo(1.9, 9);
});

test('coverage counts a long pause as lost only in a damaged film', () => {
  const coverage = new Coverage(25);
  for (const time of [0, 0.04, 0.08, 8, 8.04]) coverage.add(time);
  expect(coverage.seconds(false)).toBeCloseTo(8.08, 9);
  expect(coverage.seconds(true)).toBeCloseTo(0.2, 9);
});
