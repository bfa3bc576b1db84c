import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { flowColors } from '../color-wheel.ts';
import { readFlo, writeFlo, writeFlowImage } from './flow-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-flo-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file of the header fields and float32 values, written here byte by byte. */
function flo(name: string, tag: number, width: number, height: number, values: readonly number[]): string {
  const bytes = Buffer.alloc(12 + 4 * values.length);
  bytes.writeFloatLE(tag, 0);
  bytes.writeInt32LE(width, 4);
  bytes.writeInt32LE(height, 8);
  for (const [n, value] of values.entries()) bytes.writeFloatLE(value, 12 + 4 * n);
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

test('u and v alternate in the file, row by row', async () => {
  const path = flo('known.flo', 202021.25, 2, 2, [1, -1, 2, -2, 3, -3, 1e10, 1e10]);
  const { width, height, u, v } = await readFlo(path);
  expect([width, height]).toEqual([2, 2]);
  expect([...u]).toEqual([1, 2, 3, 1e10]);
  expect([...v]).toEqual([-1, -2, -3, 1e10]);
});

test('what is written is read back, bit by bit, and begins with PIEH', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      async (width, height) => {
        const component = (factor: number) =>
          Float32Array.from({ length: width * height }, (_, n) => factor / (n + 1));
        const field = { width, height, u: component(Math.PI), v: component(-7e9) };
        const path = join(folder, 'round.flo');
        await writeFlo(path, field);
        expect(await readFlo(path)).toEqual(field);
      },
    ),
    { numRuns: 20 },
  );
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('anything else is refused by name, without allocating what it claims', async () => {
  const cases: [string, string][] = [
    [join(folder, 'nowhere.flo'), 'no such file'],
    [flo('tag.flo', 1, 2, 2, Array(8).fill(0)), 'not a .flo file'],
    [flo('huge.flo', 202021.25, 2 ** 30, 2 ** 30, []), 'each side has to be 1 to 16384'],
    [flo('negative.flo', 202021.25, -1, 4, []), 'its size is -1×4'],
    [flo('short.flo', 202021.25, 16384, 16384, [0]), '16 bytes long; a flow of 16384×16384 has 2147483660'],
    [flo('long.flo', 202021.25, 1, 1, [0, 0, 0]), '24 bytes long; a flow of 1×1 has 20'],
  ];
  for (const [path, message] of cases) await expect(readFlo(path)).rejects.toThrow(message);
  await expect(readFlo(folder)).rejects.toThrow(`${folder}: not a file`);
});

test('damaged headers never crash the reader', async () => {
  const path = join(folder, 'fuzzed.flo');
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async (bytes) => {
      writeFileSync(path, bytes);
      await expect(readFlo(path)).rejects.toThrow('fuzzed.flo');
    }),
    { numRuns: 50 },
  );
});

test('the PNG holds the colors', async () => {
  const image = flowColors({
    width: 3,
    height: 1,
    u: Float32Array.of(3, 0, -1),
    v: Float32Array.of(0, -3, 1),
  });
  const path = join(folder, 'flow.png');
  await writeFlowImage(path, image);
  expect([...(await sharp(path).raw().toBuffer())]).toEqual([...image.data]);
});
