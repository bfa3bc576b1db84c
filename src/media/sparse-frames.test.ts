import { expect, test } from 'vitest';
import { SparseFrames } from './sparse-frames.ts';

const chosen = (times: number[], period = 0.25) => {
  const frames = new SparseFrames(period);
  return times.filter((time) => frames.wants(time));
};
const at = (rate: number, count: number, start = 0) =>
  Array.from({ length: count }, (_, index) => start + index / rate);

test('frames are chosen at least so far apart, whatever the rate and however times were rounded', () => {
  expect(chosen(at(24, 25)).map((time) => Math.round(24 * time))).toEqual([0, 6, 12, 18, 24]);
  expect(chosen(at(25, 26)).map((time) => Math.round(25 * time))).toEqual([0, 7, 14, 21]);
  expect(chosen(at(24, 25, 1e5 / 3))).toHaveLength(5);
  expect(chosen([0, 1, 2.5, 7])).toEqual([0, 1, 2.5, 7]);
});

test('all are chosen without a period, and those without a time; a clock that jumps back begins anew', () => {
  expect(chosen(at(25, 26), 0)).toHaveLength(26);
  expect(chosen([0, Number.NaN, Number.NaN, 0.1])).toEqual([0, Number.NaN, Number.NaN]);
  expect(chosen([10, 10.1, 0, 0.1, 0.3])).toEqual([10, 0, 0.3]);
});
