import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sampleRate } from '../support/sound.ts';
import { Coverage } from './coverage.ts';
import { Discontinuities } from './discontinuities.ts';
import { FrameClock, SoundTrack } from './timeline.ts';

test('frame times increase strictly and stay near the film, whatever the file says', () => {
  fc.assert(
    fc.property(fc.array(fc.double()), (times) => {
      const clock = new FrameClock(60, 25);
      let last = -1;
      for (const [i, time] of times.entries()) {
        const next = clock.next(time, times[i + 1] ?? Number.NaN);
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
  expect(times.map((time, i) => clock.next(time, times[i + 1] ?? Number.NaN))).toEqual(times);
});

/** All frames of times through a clock. */
function timesOf(clock: FrameClock, times: readonly number[]): number[] {
  return times.map((time, i) => clock.next(time, times[i + 1] ?? Number.NaN));
}

test('where no duration is declared, a pause is kept, and a frame that alone is far ahead is not', () => {
  expect(timesOf(new FrameClock(0, 25), [0, 0.04, 40.08, 40.12])).toEqual([0, 0.04, 40.08, 40.12]);
  expect(timesOf(new FrameClock(0, 25), [0, 15, 30, 45])).toEqual([0, 15, 30, 45]);
  expect(timesOf(new FrameClock(0, 25), [0, 0.04, 90, 0.12])).toEqual([0, 0.04, 0.08, 0.12]);
  expect(timesOf(new FrameClock(0, 25), [0, 1e5, 1e5 + 1])).toEqual([0, 0.04, expect.closeTo(1.04, 9)]);
});

test('a clock that starts anew is continued', () => {
  const times = timesOf(new FrameClock(20, 25), [4, 8, 12, 0, 4, 8]);
  expect(times).toEqual([4, 8, 12, 12.04, 16.04, 20.04].map((time) => expect.closeTo(time, 9)));
});

test('the waveform has no gap and no end beyond the film, whatever the file says', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.double(), fc.integer({ min: 0, max: 3000 }))), (chunks) => {
      const track = new SoundTrack(20);
      let length = 0;
      const lay = (stretches: Iterable<Float32Array>) => {
        for (const placed of stretches) {
          expect(placed.length).toBeGreaterThan(0);
          expect(placed.length).toBeLessThanOrEqual(sampleRate);
          length += placed.length;
        }
      };
      for (const [time, samples] of chunks) lay(track.place(time, new Float32Array(samples)));
      lay(track.end());
      expect(track.length).toBe(length);
      expect(length).toBeLessThanOrEqual(
        30 * sampleRate + chunks.reduce((sum, [, samples]) => sum + samples, 0),
      );
    }),
  );
});

/** Lays out chunks of ones; returns the runs of zeros and ones, in seconds. */
function laidOut(chunks: readonly (readonly [time: number, seconds: number])[], duration = 100): number[] {
  const track = new SoundTrack(duration);
  const laid: number[] = [];
  const lay = (stretches: Iterable<Float32Array>) => {
    for (const placed of stretches) for (const sample of placed) laid.push(sample);
  };
  for (const [time, seconds] of chunks)
    lay(track.place(time, new Float32Array(Math.round(seconds * sampleRate)).fill(1)));
  lay(track.end());
  const runs: number[] = [];
  for (const [i, sample] of laid.entries()) {
    if (i === 0 || sample !== laid[i - 1]) runs.push(0);
    runs[runs.length - 1]! += 1 / sampleRate;
  }
  return runs;
}

/** Chunks of a tenth of a second from a time on. */
const sound = (from: number, seconds: number) =>
  Array.from({ length: Math.round(seconds * 10) }, (_, i) => [from + i / 10, 0.1] as const);
const near = (...seconds: number[]) => seconds.map((time) => expect.closeTo(time, 3));

test('late sound begins with silence, a real gap is filled, a real overlap dropped', () => {
  expect(laidOut(sound(1.2, 2))).toEqual(near(1.2, 2));
  expect(laidOut([...sound(0, 2), ...sound(5, 2)])).toEqual(near(2, 3, 2));
  expect(laidOut([...sound(0, 2), ...sound(5, 0.3)])).toEqual(near(2, 3, 0.3));
  expect(laidOut([...sound(0, 2), ...sound(1.5, 2)])).toEqual(near(3.5));
  expect(laidOut([...sound(0, 2), ...sound(2.05, 2)])).toEqual(near(4));
  expect(laidOut([...sound(0, 2), ...sound(42, 2)], 0)).toEqual(near(2, 40, 2));
});

test('up to a twentieth of a second beyond the declared end is padding of the codec', () => {
  const lengthOf = (seconds: number) => {
    const track = new SoundTrack(2, 0, 2);
    for (const [time, length] of sound(0, seconds))
      [...track.place(time, new Float32Array(length * sampleRate))];
    [...track.place(seconds, new Float32Array(0.03 * sampleRate))];
    [...track.end()];
    return track.length / sampleRate;
  };
  expect(lengthOf(1.9)).toBeCloseTo(1.93, 3);
  expect(lengthOf(2)).toBeCloseTo(2, 3);
  expect(lengthOf(3)).toBeCloseTo(3.03, 3);
});

test('times that contradict each other move no sound', () => {
  const jumps = [3, -4, 0.5, 7, -2, 1, 0.1, 5, -1, 2];
  expect(laidOut(sound(0, 8).map(([time], i) => [time + jumps[i % 10]!, 0.1]))).toEqual(near(8));
  expect(laidOut(sound(0, 8).map(([time]) => [time / 100, 0.1]))).toEqual(near(8));
  expect(laidOut(sound(0, 8).map(([time]) => [time * 5, 0.1]))).toEqual(near(8));
  expect(laidOut(sound(0, 8).map(([time], i) => [i === 40 ? time + 3 : time, 0.1]))).toEqual(near(8));
});

test('sound whose clock starts anew goes on, and so does sound whose clock leaves the film', () => {
  expect(laidOut([...sound(0, 3), ...sound(0, 3)])).toEqual(near(6));
  expect(laidOut([...sound(0, 3), ...sound(1e5, 3)])).toEqual(near(6));
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

test('coverage counts pauses, damaged frames and what is declared only where something speaks of damage', () => {
  const coverage = new Coverage(25);
  for (const time of [0, 0.04, 0.08, 8, 8.04]) coverage.add(time, time === 8);
  expect(coverage.end).toBeCloseTo(8.08, 9);
  expect(coverage.share(16.16, false)).toBe(1);
  expect(coverage.share(0, true)).toBeCloseTo(0.16 / 8.08, 9);
  expect(coverage.share(16.16, true)).toBeCloseTo(0.16 / 16.16, 9);
});
