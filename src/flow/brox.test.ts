import fc from 'fast-check';
import { expect, test } from 'vitest';
import { broxFlow } from './brox.ts';
import { endpointError } from './errors.ts';
import { constantFlow, interior, largest, mirrored, texture } from './testing.ts';

test('a translation is recovered', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 48, max: 90 }),
      fc.integer({ min: 48, max: 90 }),
      fc.double({ min: -4, max: 4, noNaN: true }),
      fc.double({ min: -4, max: 4, noNaN: true }),
      fc.double({ min: 0.5, max: 6, noNaN: true }),
      fc.constantFrom('fast', 'standard', 'accurate'),
      (width, height, u, v, seed, preset) => {
        const flow = broxFlow(texture(width, height, seed), texture(width, height, seed, -u, -v), {
          preset,
        });
        expect(endpointError(interior(flow, 8), constantFlow(width - 16, height - 16, u, v))).toBeLessThan(
          0.1,
        );
      },
    ),
    { numRuns: 15 },
  );
});

test('mirrored frames give the mirrored flow', () => {
  const [first, second] = [texture(61, 47, 1.3), texture(61, 47, 1.3, 1.5, -0.8)];
  const flow = broxFlow(first, second);
  const flipped = broxFlow(mirrored(first), mirrored(second));
  const back = {
    ...flipped,
    u: mirrored({ ...flipped, data: flipped.u }).data.map((u) => -u) as Float32Array,
    v: mirrored({ ...flipped, data: flipped.v }).data as Float32Array,
  };
  expect(endpointError(back, flow)).toBeLessThan(0.01);
});

test('swapped frames give the negated flow in the interior', () => {
  const [first, second] = [texture(64, 48, 2.1), texture(64, 48, 2.1, -1.2, 0.7)];
  const flow = broxFlow(first, second);
  const swapped = broxFlow(second, first);
  const negated = { ...swapped, u: swapped.u.map((u) => -u), v: swapped.v.map((v) => -v) };
  expect(endpointError(interior(negated, 8), interior(flow, 8))).toBeLessThan(0.1);
});

test('constant and black frames give zero flow', () => {
  for (const [a, b] of [
    [0, 0],
    [255, 255],
    [0, 90],
  ] as const) {
    const frame = (value: number) => ({ width: 40, height: 30, data: new Uint8Array(1200).fill(value) });
    const { u, v } = broxFlow(frame(a), frame(b));
    expect(largest(u)).toBe(0);
    expect(largest(v)).toBe(0);
  }
});

test('any size from 2×2 gives finite flow, of the same size', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 70 }),
      fc.integer({ min: 2, max: 70 }),
      fc.integer({ min: 0, max: 255 }),
      (width, height, seed) => {
        const noise = (offset: number) =>
          Uint8Array.from({ length: width * height }, (_, i) => (i * 7919 + (seed + offset) * 104729) % 251);
        const flow = broxFlow({ width, height, data: noise(0) }, { width, height, data: noise(1) });
        expect([flow.width, flow.height]).toEqual([width, height]);
        expect(flow.u.length).toBe(width * height);
        expect([...flow.u, ...flow.v].every(Number.isFinite)).toBe(true);
      },
    ),
    { numRuns: 25 },
  );
});

test('what does not fit together is named', () => {
  const frame = (width: number, height: number, values = width * height) => ({
    width,
    height,
    data: new Uint8Array(values),
  });
  expect(() => broxFlow(frame(20, 20), frame(20, 21))).toThrow(
    new TypeError('the frames differ in size: 20×20 and 20×21'),
  );
  expect(() => broxFlow(frame(20, 20), frame(20, 20, 399))).toThrow(
    'the second frame has 399 values; 20×20 needs 400',
  );
  expect(() => broxFlow(frame(1, 20), frame(1, 20))).toThrow(
    'the first frame is 1×20; sizes are whole numbers from 2',
  );
});
