import { expect, test } from 'vitest';
import { flowColors } from './color-wheel.ts';
import type { FlowField } from './schedule.ts';

function field(...vectors: [number, number][]): FlowField {
  return {
    width: vectors.length,
    height: 1,
    u: Float32Array.from(vectors, ([u]) => u),
    v: Float32Array.from(vectors, ([, v]) => v),
  };
}

const color = (u: number, v: number, fullLength?: number) => [...flowColors(field([u, v]), fullLength).data];

/** Hue in degrees, as in HSV. */
function hue([red, green, blue]: number[]): number {
  const [r, g, b] = [red! / 255, green! / 255, blue! / 255];
  return ((Math.atan2(Math.sqrt(3) * (g - b), 2 * r - g - b) * 180) / Math.PI + 360) % 360;
}

test('directions have the colors of the Middlebury wheel', () => {
  expect(color(1, 0)).toEqual([255, 0, 0]);
  // A quarter turn is position 13.5 of the 55 hues' 54 steps: halfway between (255, 221, 0) and (255, 238, 0).
  expect(color(0, 1)).toEqual([255, 229, 0]);
  // Half a turn is position 27, (0, 209, 255); three quarters 40.5, between (78, 0, 255) and (98, 0, 255).
  expect(color(-1, 0)).toEqual([0, 209, 255]);
  expect(color(0, -1)).toEqual([88, 0, 255]);
});

test('a full turn passes every hue once', () => {
  const hues = Array.from({ length: 120 }, (_, n) => {
    const angle = (2 * Math.PI * (n + 0.5)) / 121;
    return hue(color(Math.cos(angle), Math.sin(angle)));
  });
  for (let n = 1; n < hues.length; n++) expect(hues[n]!).toBeGreaterThanOrEqual(hues[n - 1]!);
  expect(hues.at(-1)! - hues[0]!).toBeGreaterThan(340);
});

test('length is saturation; longer than full is darker, none is white, unknown is black', () => {
  expect(color(0, 0)).toEqual([255, 255, 255]);
  expect(color(5, 0, 10)).toEqual([255, 127, 127]);
  expect(color(20, 0, 10)).toEqual([191, 0, 0]);
  expect(color(1e10, 1e10, 10)).toEqual([0, 0, 0]);
  expect(color(Number.NaN, 0, 10)).toEqual([0, 0, 0]);
});

test('without a given length the longest known displacement has the full color', () => {
  expect([...flowColors(field([2, 0], [4, 0], [1e10, 0])).data]).toEqual([255, 127, 127, 255, 0, 0, 0, 0, 0]);
});
