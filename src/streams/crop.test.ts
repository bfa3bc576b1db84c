import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { type Crop, centerCrop, cropPicture, momentCrop, randomCrop } from './crop.ts';
import { cropField } from './crop-field.ts';
import { writeField } from './flow.ts';

const width = 40;
const height = 30;
/** Every pixel names its place. */
const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
  const pixel = Math.floor(i / 3);
  return [pixel % width, Math.floor(pixel / width), 7][i % 3]!;
});
/** The same, as motion. */
const ramp = {
  width,
  height,
  u: Float32Array.from({ length: width * height }, (_, i) => 0.4 * (i % width) - 12),
  v: Float32Array.from({ length: width * height }, (_, i) => 15 - 0.6 * Math.floor(i / width)),
};

function writeCrop(field: typeof ramp, crop: Crop, input: Float32Array): void {
  writeField(cropField(field, { width, height }, crop), input);
}

/** Pixel by pixel: cut out, mirrored, then normalized. */
function expectedFlow(crop: Crop): Float32Array {
  const { u, v } = ramp;
  const { side, left, top, mirrored } = crop;
  const place = (i: number) => {
    const column = i % side;
    return (top + Math.floor(i / side)) * width + left + (mirrored ? side - 1 - column : column);
  };
  const cut = {
    width: side,
    height: side,
    u: Float32Array.from({ length: side * side }, (_, i) => (mirrored ? -1 : 1) * u[place(i)]!),
    v: Float32Array.from({ length: side * side }, (_, i) => v[place(i)]!),
  };
  const input = new Float32Array(3 * side * side);
  writeField(cut, input);
  return input;
}

function difference(a: Float32Array, b: Float32Array): number {
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), a.length - b.length);
}

test('moments are seen in the middle, one after the other the other way round', () => {
  const center = centerCrop(width, height, 20);
  expect([0, 1, 2, 3].map((moment) => momentCrop(width, height, 20, moment))).toEqual([
    center,
    { ...center, mirrored: true },
    center,
    { ...center, mirrored: true },
  ]);
});

test('a random crop lies inside, and picture and flow show the same places', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 30 }), (seed, side) => {
      const crop = randomCrop(width, height, side, Random.seeded(seed));
      const { rgb: picture } = cropPicture({ width, height, rgb }, crop);
      for (let i = 0; i < side * side; i++) {
        const column = crop.mirrored ? side - 1 - (i % side) : i % side;
        expect(picture[3 * i]).toBe(crop.left + column);
        expect(picture[3 * i + 1]).toBe(crop.top + Math.floor(i / side));
      }
      const flow = new Float32Array(3 * side * side);
      writeCrop(ramp, crop, flow);
      expect(difference(flow, expectedFlow(crop))).toBeLessThan(1e-5);
    }),
  );
});

test('half of the crops are mirrored, and every place is reached', () => {
  const random = Random.seeded(1);
  const crops = Array.from({ length: 2000 }, () => randomCrop(width, height, 28, random));
  expect(Math.abs(crops.filter((crop) => crop.mirrored).length - 1000)).toBeLessThan(150);
  expect(new Set(crops.map((crop) => `${crop.left},${crop.top}`)).size).toBe(13 * 3);
});

test('the center crop is in the middle', () => {
  expect(centerCrop(455, 256, 224)).toEqual({ left: 115, top: 16, side: 224, mirrored: false });
  expect(() => centerCrop(100, 256, 224)).toThrow('a square of 224 does not fit 100×256');
});

test('flow stored at half the resolution keeps its places and its pixels', () => {
  const half = {
    width: 20,
    height: 15,
    u: Float32Array.from({ length: 300 }, (_, i) => 0.8 * (i % 20) + 0.2 - 12),
    v: Float32Array.from({ length: 300 }, (_, i) => 15 - 1.2 * Math.floor(i / 20) - 0.3),
  };
  for (const mirrored of [false, true]) {
    const crop = { left: 5, top: 4, side: 20, mirrored };
    const flow = new Float32Array(3 * 20 * 20);
    writeCrop(half, crop, flow);
    expect(difference(flow, expectedFlow(crop))).toBeLessThan(1e-5);
  }
});
