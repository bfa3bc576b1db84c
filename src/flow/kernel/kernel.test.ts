import fc from 'fast-check';
import { expect, test } from 'vitest';
import { broxFlow } from '../brox.ts';
import { endpointError } from '../errors.ts';
import { kernelModule } from '../node/module.ts';
import type { BroxOptions, FlowField, GrayImage } from '../schedule.ts';
import { constantFlow, interior, largest, mirrored, texture } from '../testing.ts';
import { FlowKernel } from './kernel.ts';

function kernelFlow(first: GrayImage, second: GrayImage, options: BroxOptions = {}): FlowField {
  const kernel = new FlowKernel(kernelModule()!, first, options);
  kernel.next(first);
  return kernel.next(second)!;
}

/** A texture and the same seen through a rotation and zoom about its middle. */
function warpedPair(width: number, height: number, seed: number, angle: number): [GrayImage, GrayImage] {
  const first = texture(2 * width, 2 * height, seed);
  const view = (turn: number) => {
    const data = new Uint8Array(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [dx, dy] = [x - width / 2, y - height / 2];
        const fromX = Math.round(width + (1 + turn) * dx - turn * dy);
        const fromY = Math.round(height + turn * dx + (1 + turn) * dy);
        data[y * width + x] = first.data[fromY * 2 * width + fromX]!;
      }
    }
    return { width, height, data };
  };
  return [view(0), view(angle)];
}

test('the kernel agrees with the oracle on synthetic warps, in all presets', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 20, max: 110 }),
      fc.integer({ min: 20, max: 110 }),
      fc.double({ min: 0.5, max: 6, noNaN: true }),
      fc.double({ min: -0.06, max: 0.06, noNaN: true }),
      fc.constantFrom('fast', 'standard', 'accurate'),
      (width, height, seed, angle, preset) => {
        const [first, second] = warpedPair(width, height, seed, angle);
        const options = { preset };
        expect(
          endpointError(kernelFlow(first, second, options), broxFlow(first, second, options)),
        ).toBeLessThanOrEqual(0.01);
      },
    ),
    { numRuns: 30 },
  );
});

test('a frame shared by two pairs is prepared once, and gives what each pair alone gives', () => {
  const frames = [0, 1, 2, 3].map((n) => texture(75, 58, 2.9, 0.8 * n, -0.5 * n));
  const kernel = new FlowKernel(kernelModule()!, frames[0]!);
  frames.forEach((frame, n) => {
    const field = kernel.next(frame);
    if (n > 0) expect(field).toEqual(kernelFlow(frames[n - 1]!, frame));
  });
});

test('a translation is recovered', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 48, max: 200 }),
      fc.integer({ min: 48, max: 200 }),
      fc.double({ min: -4, max: 4, noNaN: true }),
      fc.double({ min: -4, max: 4, noNaN: true }),
      fc.double({ min: 0.5, max: 6, noNaN: true }),
      (width, height, u, v, seed) => {
        const flow = kernelFlow(texture(width, height, seed), texture(width, height, seed, -u, -v));
        const truth = constantFlow(width - 16, height - 16, u, v);
        expect(endpointError(interior(flow, 8), truth)).toBeLessThan(0.1);
      },
    ),
    { numRuns: 30 },
  );
});

test('mirrored frames give the mirrored flow', () => {
  const [first, second] = [texture(161, 97, 1.3), texture(161, 97, 1.3, 1.5, -0.8)];
  const flipped = kernelFlow(mirrored(first), mirrored(second));
  const back = {
    ...flipped,
    u: mirrored({ ...flipped, data: flipped.u }).data.map((u) => -u) as Float32Array,
    v: mirrored({ ...flipped, data: flipped.v }).data as Float32Array,
  };
  expect(endpointError(back, kernelFlow(first, second))).toBeLessThan(0.01);
});

test('swapped frames give the negated flow in the interior', () => {
  const [first, second] = [texture(164, 98, 2.1), texture(164, 98, 2.1, -1.2, 0.7)];
  const swapped = kernelFlow(second, first);
  const negated = { ...swapped, u: swapped.u.map((u) => -u), v: swapped.v.map((v) => -v) };
  expect(endpointError(interior(negated, 8), interior(kernelFlow(first, second), 8))).toBeLessThan(0.1);
});

test('constant and black frames give zero flow', () => {
  for (const [a, b] of [
    [0, 0],
    [255, 255],
    [0, 90],
  ] as const) {
    const frame = (value: number) => ({ width: 43, height: 31, data: new Uint8Array(43 * 31).fill(value) });
    const { u, v } = kernelFlow(frame(a), frame(b));
    expect(largest(u)).toBeLessThan(1e-6);
    expect(largest(v)).toBeLessThan(1e-6);
  }
});

function noise(width: number, height: number, seed: number): GrayImage {
  const data = Uint8Array.from({ length: width * height }, (_, i) => (i * 7919 + seed * 104729) % 251);
  return { width, height, data };
}

test('any size from 2×2 gives finite flow, of the same size', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 90 }),
      fc.integer({ min: 2, max: 90 }),
      fc.integer({ min: 0, max: 255 }),
      (width, height, seed) => {
        const { u, v } = kernelFlow(noise(width, height, seed), noise(width, height, seed + 1));
        expect([u.length, v.length]).toEqual([width * height, width * height]);
        expect(Number.isFinite(largest(u)) && Number.isFinite(largest(v))).toBe(true);
      },
    ),
    { numRuns: 100 },
  );
});

test.each([
  [48, 16],
  [641, 359],
  [1280, 720],
  [1920, 1080],
])('a translation of %i×%i frames is recovered', (width, height) => {
  const flow = kernelFlow(texture(width, height, 3.3), texture(width, height, 3.3, -1.25, 0.5));
  const border = Math.min(8, height / 4);
  const truth = constantFlow(width - 2 * border, height - 2 * border, 1.25, -0.5);
  expect(endpointError(interior(flow, border), truth)).toBeLessThan(0.2);
});

test('a frame of another size than the kernel is for, or a frame too large, is refused', () => {
  const kernel = new FlowKernel(kernelModule()!, { width: 20, height: 20 });
  expect(() => kernel.next(texture(21, 20, 1))).toThrow(
    'a frame of 21×20 with 420 values; this kernel takes 20×20',
  );
  expect(() => new FlowKernel(kernelModule()!, { width: 5000, height: 5000 })).toThrow('too large');
});
