import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InputError } from '../support/errors.ts';
import type { Tensor } from '../support/tensor.ts';
import { toModelNames } from './names.ts';
import { parseNumpy } from './numpy.ts';
import { parseSafetensors } from './safetensors.ts';
import { validFiles } from './samples.test.fixture.ts';
import { sampleNetwork, tfliteFile } from './tflite.test.fixture.ts';
import { parseTflite } from './tflite-expression.ts';
import { parseTorch } from './torch.ts';

// AFFECTLINE_FUZZ=long takes minutes: 10^5 mutations of every format.
const isLong = process.env.AFFECTLINE_FUZZ === 'long';
const runs = isLong ? 100_000 : 1_000;

const readers: Record<string, (bytes: Uint8Array) => Map<string, Tensor>> = {
  safetensors: (bytes) => parseSafetensors(bytes).tensors,
  'zip .pth': parseTorch,
  'legacy .pth': parseTorch,
  '.npy': (bytes) => parseNumpy(bytes, 'x'),
  'pickled .npy': (bytes) => parseNumpy(bytes, 'x'),
  '.npz': (bytes) => parseNumpy(bytes, 'x'),
  'float .tflite': parseTflite,
  'quantized .tflite': parseTflite,
};

/** One change to a file, at a place given as a share of its length. */
type Mutation = (bytes: Buffer) => Buffer;
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const extremes = [
  0n,
  1n,
  0x7fn,
  0xffn,
  0x7fffffffn,
  0xffffffffn,
  10n ** 10n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];

function overwrite(bytes: Buffer, share: number, value: Uint8Array): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(value.subarray(0, copy.length - Math.floor(share * copy.length)), Math.floor(share * copy.length));
  return copy;
}

function splice(bytes: Buffer, from: number, to: number, piece: Uint8Array): Buffer {
  return Buffer.concat([
    bytes.subarray(0, Math.floor(from * bytes.length)),
    piece,
    bytes.subarray(Math.floor(to * bytes.length)),
  ]);
}

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, fc.integer({ min: 0, max: 7 })).map(([at, bit]) => (bytes: Buffer) => {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) copy[Math.floor(at * copy.length)]! ^= 1 << bit;
    return copy;
  }),
  fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 8 })).map(
    ([at, value]) =>
      (bytes: Buffer) =>
        overwrite(bytes, at, value),
  ),
  fc
    .tuple(place, fc.constantFrom(...extremes), fc.constantFrom(1, 2, 4, 8))
    .map(([at, value, size]) => (bytes: Buffer) => {
      const number = Buffer.alloc(8);
      number.writeBigUInt64LE(value);
      return overwrite(bytes, at, number.subarray(0, size));
    }),
  fc.tuple(place, place).map(
    ([a, b]) =>
      (bytes: Buffer) =>
        splice(bytes, Math.min(a, b), Math.max(a, b), Buffer.alloc(0)),
  ),
  place.map((at) => (bytes: Buffer) => splice(bytes, at, 1, Buffer.alloc(0))),
  fc.tuple(place, fc.uint8Array({ maxLength: 20 })).map(
    ([at, piece]) =>
      (bytes: Buffer) =>
        splice(bytes, at, at, piece),
  ),
  fc.tuple(place, place, place).map(([a, b, at]) => (bytes: Buffer) => {
    const piece = bytes.subarray(
      Math.floor(Math.min(a, b) * bytes.length),
      Math.floor(Math.max(a, b) * bytes.length),
    );
    return splice(bytes, at, at, piece.subarray(0, 100_000));
  }),
  fc.tuple(place, fc.stringMatching(/^[0-9]{1,19}$/)).map(([at, digits]) => (bytes: Buffer) => {
    const start = bytes.subarray(Math.floor(at * bytes.length)).findIndex((byte) => byte >= 48 && byte <= 57);
    return start < 0 ? bytes : overwrite(bytes, at + start / bytes.length, Buffer.from(digits));
  }),
);

const files: Record<string, Buffer> = {
  ...validFiles(),
  'float .tflite': Buffer.from(tfliteFile(sampleNetwork(false))),
  'quantized .tflite': Buffer.from(tfliteFile(sampleNetwork(true))),
};

describe.each(Object.entries(files))('%s', (format, file) => {
  const read = readers[format]!;

  test('the file that is mutated is a good one', () => {
    expect(read(file).size).toBeGreaterThan(0);
  });

  test(`${runs} mutations: tensors that are consistent, or an InputError; memory stays bounded`, {
    timeout: 1_800_000,
  }, () => {
    let readable = 0;
    let mostMemory = 0;
    const before = process.memoryUsage().arrayBuffers;
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        const bytes = mutations.reduce((current, mutate) => mutate(current), file);
        try {
          const tensors = read(bytes);
          for (const [name, { shape, data }] of tensors) {
            expect(typeof name).toBe('string');
            expect(data.length).toBe(shape.reduce((count, size) => count * size, 1));
          }
          readable++;
          toModelNames(tensors);
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          expect(error.message.length).toBeLessThan(2000);
        }
        mostMemory = Math.max(mostMemory, process.memoryUsage().arrayBuffers - before);
      }),
      { numRuns: runs },
    );
    expect(mostMemory).toBeLessThan(512 * 2 ** 20);
    expect(readable).toBeGreaterThan(0);
  });
});
