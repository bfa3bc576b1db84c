import fc from 'fast-check';
import { expect, test } from 'vitest';
import { broxFlow } from './brox.ts';
import { detailOf, grayParts, outside, patchDistance, pixelParts } from './patches.ts';
import { newPlane, type Plane } from './plane.ts';
import { searched } from './search.ts';

/** Gray values without a pattern, the same for the same place and seed. */
function speckle(x: number, y: number, seed: number): number {
  const hash = Math.imul(Math.imul(x, 0x9e3779b1) ^ Math.imul(y, 0x85ebca6b) ^ seed, 0xc2b2ae35);
  return 40 + ((hash >>> 16) % 176);
}

/** The same between places that are seven pixels apart, bilinear. */
function smoothSpeckle(x: number, y: number, seed: number): number {
  const [column, row] = [Math.floor(x / 7), Math.floor(y / 7)];
  const [across, down] = [x / 7 - column, y / 7 - row];
  const along = (j: number) =>
    speckle(column, j, seed) * (1 - across) + speckle(column + 1, j, seed) * across;
  return along(row) * (1 - down) + along(row + 1) * down;
}

const block = { left: 40, top: 30, width: 36, height: 36 };

/** A block of its own texture before a ground that stands still, the block shifted, and all in other light. */
function picture(shiftX: number, shiftY: number, brighter = 0): Plane {
  const plane = newPlane(120, 90);
  for (let y = 0; y < plane.height; y++) {
    for (let x = 0; x < plane.width; x++) {
      const [ownX, ownY] = [x - block.left - shiftX, y - block.top - shiftY];
      const inside = ownX >= 0 && ownX < block.width && ownY >= 0 && ownY < block.height;
      const gray = inside ? smoothSpeckle(ownX, ownY, 1) : smoothSpeckle(x, y, 2);
      plane.data[y * plane.width + x] = gray + brighter;
    }
  }
  return plane;
}

const none = (): [Plane, Plane] => [newPlane(120, 90), newPlane(120, 90)];

/** Mean end-point error inside the block, but for a margin. */
function errorInBlock([u, v]: readonly [Plane, Plane], shiftX: number, shiftY: number): number {
  let [sum, count] = [0, 0];
  for (let y = block.top + 4; y < block.top + block.height - 4; y++) {
    for (let x = block.left + 4; x < block.left + block.width - 4; x++) {
      sum += Math.hypot(u.data[y * 120 + x]! - shiftX, v.data[y * 120 + x]! - shiftY);
      count++;
    }
  }
  return sum / count;
}

test('a block that moves nearly as far as it is wide is found, in other light, and the ground stays where it is', () => {
  const [u, v] = searched(picture(0, 0), picture(33, -9, 12), none());
  expect(errorInBlock([u, v], 33, -9)).toBeLessThan(1);
  for (let y = 78; y < 90; y++) for (let x = 0; x < 120; x++) expect(u.data[y * 120 + x]).toBe(0);
});

test('what the search finds, the whole method keeps, and the pyramid alone does not find', () => {
  const [first, second] = [picture(0, 0), picture(33, -9)];
  const planes = (preset: 'fast' | 'standard' | 'accurate'): [Plane, Plane] => {
    const { width, height, u, v } = broxFlow(first, second, { preset });
    return [
      { width, height, data: u },
      { width, height, data: v },
    ];
  };
  expect(errorInBlock(planes('accurate'), 33, -9)).toBeLessThan(1);
  expect(errorInBlock(planes('fast'), 33, -9)).toBeGreaterThan(10);
});

test('a flow that is right is not changed', () => {
  const flow = none();
  const [u, v] = searched(picture(0, 0), picture(0, 0, 20), flow);
  expect(u.data).toEqual(flow[0].data);
  expect(v.data).toEqual(flow[1].data);
});

test('the same pictures give the same flow each time', () => {
  const run = () => searched(picture(0, 0), picture(13, 5), none());
  expect(run()).toEqual(run());
});

test('pictures of any size, flat or noisy, give a finite flow that ends inside', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 40 }),
      fc.integer({ min: 2, max: 40 }),
      fc.integer({ min: 0, max: 255 }),
      (width, height, seed) => {
        const noise = (other: number): Plane => ({
          width,
          height,
          data: Float32Array.from({ length: width * height }, (_, p) =>
            seed % 5 === 0 ? seed : speckle(p % width, Math.floor(p / width), seed + other),
          ),
        });
        const [u, v] = searched(noise(0), noise(1), [newPlane(width, height), newPlane(width, height)]);
        u.data.forEach((across, p) => {
          const [x, y] = [(p % width) + across, Math.floor(p / width) + v.data[p]!];
          expect(x >= 0 && x <= width - 1 && y >= 0 && y <= height - 1).toBe(true);
        });
      },
    ),
    { numRuns: 30 },
  );
});

test('the distance of patches is what its definition says, to the last part, between pixels and at the border too', () => {
  const [first, second] = [picture(0, 0), picture(3, 2)];
  const at = ({ width, height, data }: Plane, x: number, y: number) =>
    data[Math.min(Math.max(y, 0), height - 1) * width + Math.min(Math.max(x, 0), width - 1)]!;
  const square = (radius: number) => {
    const line = Array.from({ length: 2 * radius + 1 }, (_, n) => n - radius);
    return line.flatMap((j) => line.map((i) => [i, j] as const));
  };
  const sum = (values: number[]) => values.reduce((total, value) => total + value);
  const detail = (plane: Plane): Plane => ({
    ...plane,
    data: plane.data.map((value, p) => {
      const [x, y] = [p % plane.width, Math.floor(p / plane.width)];
      const mean = sum(square(4).map(([i, j]) => at(plane, x + i, y + j))) / 81;
      return Math.round(grayParts * (value - mean));
    }),
  });
  const mix = (a: number, b: number, t: number) => a + Math.round(t * (b - a));
  const between = (plane: Plane, x: number, y: number) => {
    const [left, top] = [Math.floor(x), Math.floor(y)];
    return mix(
      mix(at(plane, left, top), at(plane, left + 1, top), x - left),
      mix(at(plane, left, top + 1), at(plane, left + 1, top + 1), x - left),
      y - top,
    );
  };
  const [here, there] = [detail(first), detail(second)];
  const patches = patchDistance(detailOf(first, 3), detailOf(second, 3), 2);
  const distance = (x: number, y: number, u: number, v: number, limit?: number) =>
    patches(x, y, pixelParts * u, pixelParts * v, limit);
  for (const [x, y, u, v] of [
    [50, 40, 1.25, -2.5],
    [0, 0, 0.5, 0.5],
    [119, 89, -3, -0.75],
    [60, 20, 4, 7],
  ] as const) {
    const expected = sum(
      square(2).map(([i, j]) => Math.abs(between(there, x + u + i, y + v + j) - at(here, x + i, y + j))),
    );
    expect(distance(x, y, u, v)).toBe(expected);
    expect(distance(x, y, u, v, expected + 1)).toBe(expected);
    expect(distance(x, y, u, v, expected)).toBe(outside);
  }
  expect(distance(1, 1, -2, 0)).toBe(outside);
});
