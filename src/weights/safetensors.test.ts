import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { InputError } from '../support/errors.ts';
import type { Tensor } from '../support/tensor.ts';
import {
  parseSafetensors,
  readSafetensors,
  readSafetensorsMetadata,
  writeSafetensors,
} from './safetensors.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-safetensors-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file put together by hand: any JSON (or text) as header, any bytes as data. */
function file(header: unknown, dataLength: number, declared?: bigint): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(declared ?? BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(dataLength)]);
}

const tensors = (entries: Record<string, [number[], number[]]>): Map<string, Tensor> =>
  new Map(Object.entries(entries).map(([k, [shape, data]]) => [k, { shape, data: new Float32Array(data) }]));

test('what is written is read back: names, shapes, numbers, metadata', async () => {
  const path = join(folder, 'written.safetensors');
  const written = tensors({
    'features.0.weight': [
      [2, 3],
      [1, -2.5, 3e-40, Number.POSITIVE_INFINITY, -0, 1 / 3],
    ],
    scalar: [[], [7]],
    empty: [[0, 4], []],
    'name with "quotes" and \u00e9': [[1], [5]],
    __proto__x: [[1], [6]],
  });
  await writeSafetensors(path, written, { metadata: { model: 'compact', note: 'ü' } });
  expect(await readSafetensors(path)).toEqual(written);
  expect(await readSafetensorsMetadata(path)).toEqual(
    new Map([
      ['model', 'compact'],
      ['note', 'ü'],
    ]),
  );
  const bytes = readFileSync(path);
  expect(parseSafetensors(bytes).tensors).toEqual(written);
  expect(Number(bytes.readBigUInt64LE()) % 8).toBe(0);
  expect(readdirSync(folder)).toEqual(['written.safetensors']);
});

test('float16: every one of the 65,536 is read by its definition and written back bit for bit', async () => {
  const path = join(folder, 'half.safetensors');
  const bytes = file({ x: { dtype: 'F16', shape: [65536], data_offsets: [0, 131072] } }, 131072);
  const halves = new Uint16Array(65536).map((_, i) => i);
  bytes.set(new Uint8Array(halves.buffer), bytes.length - 131072);
  const { data } = parseSafetensors(bytes).tensors.get('x')!;
  expect([data[0], data[1], data[0x3c00], data[0xc000], data[0x7bff], data[0x7c00], data[0x03ff]]).toEqual([
    0,
    2 ** -24,
    1,
    -2,
    65504,
    Number.POSITIVE_INFINITY,
    1023 * 2 ** -24,
  ]);
  expect(Number.isNaN(data[0x7c01])).toBe(true);
  const finite = data.filter((value) => Number.isFinite(value));
  await writeSafetensors(path, new Map([['x', { shape: [finite.length], data: finite }]]), {
    precision: 'float16',
  });
  const expected = halves.filter((half) => (half & 0x7c00) !== 0x7c00);
  expect(readFileSync(path).subarray(-expected.length * 2)).toEqual(Buffer.from(expected.buffer));
});

test('float16: any number goes to the nearest, ties to even', async () => {
  const path = join(folder, 'rounded.safetensors');
  const number = fc.oneof(
    fc.float({ noNaN: true, min: -65504, max: 65504 }),
    fc.float({ noNaN: true, min: Math.fround(-2e-4), max: Math.fround(2e-4) }),
    fc.integer({ min: -4096, max: 4096 }).map((n) => n / 2),
    fc.integer({ min: -4096, max: 4096 }).map((n) => n * 2 ** -26),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(number, { minLength: 1, maxLength: 200 }), async (numbers) => {
      const data = new Float32Array(numbers);
      await writeSafetensors(path, new Map([['x', { shape: [data.length], data }]]), {
        precision: 'float16',
      });
      const rounded = (await readSafetensors(path)).get('x')!.data;
      for (const [i, value] of data.entries()) {
        const step = 2 ** Math.max(Math.floor(Math.log2(Math.abs(value))) - 10, -24);
        const steps = value / step;
        const floor = Math.floor(steps);
        const even = floor % 2 === 0 ? floor : floor + 1;
        const nearest = steps - floor === 0.5 ? even : Math.round(steps);
        expect(rounded[i], `${value}`).toBe(
          nearest === 0 && Object.is(Math.sign(value), -1) ? -0 : nearest * step,
        );
      }
    }),
    { numRuns: 100 },
  );
});

test('a number beyond float16 is refused by the parameter it is in, and nothing is left behind', async () => {
  const path = join(folder, 'beyond.safetensors');
  await expect(
    writeSafetensors(path, tensors({ weight: [[1], [65520]] }), { precision: 'float16' }),
  ).rejects.toThrow("parameter 'weight' holds 65520, too large for float16");
  expect(readdirSync(folder).filter((name) => name.includes('beyond'))).toEqual([]);
  await writeSafetensors(path, tensors({ weight: [[2], [65519, Number.NEGATIVE_INFINITY]] }), {
    precision: 'float16',
  });
  expect([...(await readSafetensors(path)).get('weight')!.data]).toEqual([65504, Number.NEGATIVE_INFINITY]);
});

test('every number type, built by the published format', () => {
  const parts: [string, ArrayBufferView][] = [
    ['F64', new Float64Array([1.5, -2])],
    ['F32', new Float32Array([0.25, 3])],
    ['BF16', new Uint16Array([0x3fc0, 0xc000])],
    ['I64', new BigInt64Array([-5n, 123456789n])],
    ['U64', new BigUint64Array([5n, 2n ** 63n])],
    ['I32', new Int32Array([-7, 8])],
    ['U32', new Uint32Array([7, 2 ** 31])],
    ['I16', new Int16Array([-300, 300])],
    ['U16', new Uint16Array([300, 65535])],
    ['I8', new Int8Array([-1, 127])],
    ['U8', new Uint8Array([1, 255])],
    ['BOOL', new Uint8Array([0, 1])],
  ];
  const header: Record<string, unknown> = {};
  let offset = 0;
  for (const [dtype, { byteLength }] of parts) {
    header[dtype] = { dtype, shape: [2], data_offsets: [offset, offset + byteLength] };
    offset += byteLength;
  }
  const bytes = file(header, offset);
  let position = bytes.length - offset;
  for (const [, { buffer, byteLength }] of parts) {
    bytes.set(new Uint8Array(buffer as ArrayBuffer), position);
    position += byteLength;
  }
  const values = [...parseSafetensors(bytes).tensors].map(([name, { data }]) => [name, ...data]);
  expect(values).toEqual([
    ['F64', 1.5, -2],
    ['F32', 0.25, 3],
    ['BF16', 1.5, -2],
    ['I64', -5, 123456792], // 123456789 in float32
    ['U64', 5, 2 ** 63],
    ['I32', -7, 8],
    ['U32', 7, 2 ** 31],
    ['I16', -300, 300],
    ['U16', 300, 65535],
    ['I8', -1, 127],
    ['U8', 1, 255],
    ['BOOL', 0, 1],
  ]);
});

const f32 = (shape: unknown, begin: unknown, end: unknown) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

test('the bytes that the safetensors program is documented to write (its test_simple.py) are read', () => {
  const entry = '"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}}';
  const written = [
    `<\0\0\0\0\0\0\0{"test":{${entry}`, // before version 0.3, without padding
    `@\0\0\0\0\0\0\0{"test":{${entry}    `,
    `f\0\0\0\0\0\0\0{"__metadata__":{"framework":"pt"},"test1":{${entry}       `,
  ];
  for (const text of written) {
    const { tensors } = parseSafetensors(Buffer.from(text + '\0'.repeat(16), 'latin1'));
    expect([...tensors.values()]).toEqual([{ shape: [2, 2], data: new Float32Array(4) }]);
  }
});

test.each<[string, Uint8Array, string]>([
  ['an empty file', new Uint8Array(0), '0 bytes are too few'],
  ['a header longer than the file', file({}, 0, 3n), 'a header of 3 bytes in a file of 10'],
  ['a header of 10 GB', file({}, 0, 10n ** 10n), 'a header of 10000000000 bytes'],
  ['a header of 2^64 − 1', file({}, 0, 2n ** 64n - 1n), 'at most 8388608 are read'],
  ['a header that is not JSON', file('{"a":', 0), 'its header is not JSON'],
  ['a header that is not UTF-8', file('{"\u0000"}', 0), 'its header is not JSON'],
  ['a header that is a list', file([], 0), 'the header is not a JSON object'],
  ['a space before the header', file(' {}', 0), 'the header is not a JSON object'],
  [
    'metadata that is not text',
    file({ __metadata__: { a: 1 } }, 0),
    "'__metadata__' is not an object of texts",
  ],
  ['an entry that is null', file({ a: null }, 0), "parameter 'a': its entry is not"],
  ['an unknown field', file({ a: { ...f32([1], 0, 4), more: 1 } }, 4), "parameter 'a': its entry is not"],
  [
    'an unknown dtype',
    file({ a: { ...f32([1], 0, 4), dtype: 'F9' } }, 4),
    'unknown dtype \'"F9"\'; one of: F64',
  ],
  ['the dtype toString', file({ a: { ...f32([1], 0, 4), dtype: 'toString' } }, 4), 'unknown dtype'],
  ['a negative size', file({ a: f32([-1, -1], 0, 4) }, 4), 'its shape is not a list of up to 32 sizes'],
  ['a fractional size', file({ a: f32([0.5, 2], 0, 4) }, 4), 'its shape is not a list'],
  ['33 dimensions', file({ a: f32(Array(33).fill(1), 0, 4) }, 4), 'its shape is not a list'],
  ['a shape of 10 GB', file({ a: f32([2500000000], 0, 4) }, 4), 'does not take the 4 bytes'],
  ['a shape that overflows', file({ a: f32([2 ** 52, 2 ** 52, 0.0], 0, 4) }, 4), 'does not take the 4 bytes'],
  ['an end before the begin', file({ a: f32([1], 4, 0) }, 4), 'are not within the 4 bytes of data'],
  ['an end after the file', file({ a: f32([2], 0, 8) }, 4), 'are not within the 4 bytes of data'],
  [
    'a hole',
    file({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12),
    "parameter 'b': its data at byte 8 leaves a hole",
  ],
  [
    'an overlap',
    file({ a: f32([2], 0, 8), b: f32([1], 4, 8) }, 8),
    "parameter 'b': its data at byte 4 overlaps",
  ],
  ['two at one place', file({ a: f32([1], 0, 4), b: f32([1], 0, 4) }, 4), 'overlaps the one before it'],
  ['bytes of nobody', file({ a: f32([1], 0, 4) }, 6), '2 bytes after the last parameter belong to none'],
  [
    'a name twice',
    file(`{"a":${JSON.stringify(f32([1], 0, 4))},"\\u0061":${JSON.stringify(f32([1], 0, 4))}}`, 4),
    "the header names 'a' twice",
  ],
  [
    'a field twice',
    file('{"a":{"dtype":"F32","shape":[1],"shape":[0],"data_offsets":[0,0]}}', 0),
    "names 'shape' twice",
  ],
])('%s is refused', (_, bytes, message) => {
  let error: unknown;
  try {
    parseSafetensors(bytes);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).toContain(message);
});

test('errors name the file; control characters from it stay out of the terminal', async () => {
  const path = join(folder, 'bad.safetensors');
  writeFileSync(path, file({ 'a\u001b[31m': f32([1], 0, 8) }, 8));
  await expect(readSafetensors(path)).rejects.toThrow(/^\S*bad\.safetensors: parameter 'a\ufffd\[31m': F32/);
  await expect(readSafetensors(join(folder, 'none'))).rejects.toThrow(InputError);
  await expect(readSafetensors(folder)).rejects.toThrow(InputError);
});
