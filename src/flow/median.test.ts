import { expect, test } from 'vitest';
import { median } from './median.ts';

const at = (width: number, height: number, value: (x: number, y: number) => number) => ({
  width,
  height,
  data: Float32Array.from({ length: width * height }, (_, p) => value(p % width, Math.floor(p / width))),
});

test('it takes outliers away, also at the border, and leaves a straight edge where it is', () => {
  const edge = at(12, 9, (x) => (x < 5 ? -3 : 4));
  const outliers = ['0,0', '8,4', '2,6', '11,8'];
  const spoilt = at(12, 9, (x, y) => (outliers.includes(`${x},${y}`) ? 1000 : x < 5 ? -3 : 4));
  expect(median(edge)).toEqual(edge);
  expect(median(spoilt)).toEqual(edge);
});

test('it is the middle of the nine values, beyond the border those of its pixels', () => {
  const values = at(3, 3, (x, y) => (x * 11 + y * 3 + x * x * y) % 23);
  const middle = [...values.data].sort((a, b) => a - b)[4];
  expect(median(values).data[4]).toBe(middle);
  // In the corner the first row and column count twice.
  const corner = [0, 0, 1].flatMap((y) => [0, 0, 1].map((x) => values.data[3 * y + x]!));
  expect(median(values).data[0]).toBe(corner.sort((a, b) => a - b)[4]);
});
