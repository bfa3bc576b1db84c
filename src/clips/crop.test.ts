import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { centreCrop, cropFlow, cropPicture, randomCrop } from './crop.ts';

const width = 40;
const height = 30;
/** Every pixel names its place. */
const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
  const pixel = Math.floor(i / 3);
  return [pixel % width, Math.floor(pixel / width), 7][i % 3]!;
});
const ramp = {
  width,
  height,
  u: Float32Array.from({ length: width * height }, (_, i) => i % width),
  v: Float32Array.from({ length: width * height }, (_, i) => Math.floor(i / width)),
};

test('a random crop lies inside, and picture and flow show the same places', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 30 }), (seed, side) => {
      const crop = randomCrop(width, height, side, Random.seeded(seed));
      const picture = cropPicture(rgb, width, crop);
      const flow = cropFlow(ramp, width, height, crop);
      for (let i = 0; i < side * side; i++) {
        expect(picture[3 * i]).toBe(crop.mirrored ? -flow.u[i]! : flow.u[i]);
        expect(picture[3 * i + 1]).toBe(flow.v[i]);
      }
    }),
  );
});

test('half of the crops are mirrored, and every place is reached', () => {
  const random = Random.seeded(1);
  const crops = Array.from({ length: 2000 }, () => randomCrop(width, height, 28, random));
  expect(Math.abs(crops.filter((crop) => crop.mirrored).length - 1000)).toBeLessThan(150);
  expect(new Set(crops.map((crop) => `${crop.left},${crop.top}`)).size).toBe(13 * 3);
});

test('the centre crop is in the middle', () => {
  expect(centreCrop(455, 256, 224)).toEqual({ left: 115, top: 16, side: 224, mirrored: false });
  expect(() => centreCrop(100, 256, 224)).toThrow('a square of 224 does not fit 100×256');
});

test('flow stored at half the resolution keeps its places and its pixels', () => {
  const half = {
    width: 20,
    height: 15,
    u: Float32Array.from({ length: 300 }, (_, i) => 2 * (i % 20) + 0.5),
    v: Float32Array.from({ length: 300 }, (_, i) => 2 * Math.floor(i / 20) + 0.5),
  };
  const crop = { left: 5, top: 4, side: 20, mirrored: false };
  const flow = cropFlow(half, width, height, crop);
  const exact = cropFlow(ramp, width, height, crop);
  flow.u.forEach((u, i) => {
    expect(u).toBeCloseTo(exact.u[i]!, 4);
  });
  flow.v.forEach((v, i) => {
    expect(v).toBeCloseTo(exact.v[i]!, 4);
  });
});
