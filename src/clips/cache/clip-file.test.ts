import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Field } from '../../streams/index.ts';
import { InputError } from '../../support/errors.ts';
import { ClipFile, encodePicture, type PreparedClip, writeClipFile } from './clip-file.ts';
import { clipSource } from './clip-source.ts';
import { decodeFlow, encodeFlow } from './flow-image.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'affectline-clips-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A camera that turns and zooms: smooth flow, different in every field. */
function turning(width: number, height: number, strength: number): Field {
  const field = (value: (x: number, y: number) => number) =>
    Float32Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width)));
  return {
    width,
    height,
    u: field((x, y) => strength * (0.05 * (x - width / 2) - 0.03 * (y - height / 2))),
    v: field((x, y) => strength * (0.05 * (y - height / 2) + 0.03 * (x - width / 2))),
  };
}

async function segment(i: number) {
  const flow = i === 2 ? [] : [turning(48, 36, i + 1), turning(48, 36, -i)];
  const rgb = Uint8Array.from({ length: 48 * 36 * 3 }, (_, k) => (k + 40 * i) % 200);
  return {
    time: 0.4 * i,
    picture: await encodePicture({ rgb, width: 48, height: 36 }),
    flow: flow.length > 0 ? await encodeFlow(flow) : new Uint8Array(0),
    flowCount: flow.length,
    shot: 0.5 + i,
  };
}

const clip: PreparedClip = {
  duration: 2.5,
  width: 48,
  height: 36,
  handcrafted: [1, -2.5, 0],
  loudness: -17.5,
  waveform: Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i / 10)),
  segments: await Promise.all([0, 1, 2].map(segment)),
};

test('flow comes back within the quantization', async () => {
  const fields = [turning(61, 45, 1), turning(61, 45, -2)];
  const found = await decodeFlow(await encodeFlow(fields), 2);
  found.forEach((field, index) => {
    expect([field.width, field.height]).toEqual([61, 45]);
    const original = fields[index]!;
    const center = Math.floor(45 / 2) * 61 + Math.floor(61 / 2);
    expect(Math.abs(field.u[center]! - original.u[center]!)).toBeLessThan(0.35);
    let error = 0;
    field.v.forEach((v, i) => {
      error += Math.abs(v - original.v[i]!);
    });
    expect(error / field.v.length).toBeLessThan(0.15);
  });
});

test('a clip of an earlier version, which does not say how long its shots last, is read', async () => {
  const path = join(folder, 'before.clip');
  const segments = clip.segments.map(({ shot, ...before }) => before as (typeof clip.segments)[number]);
  await writeClipFile(path, { ...clip, segments });
  const [first] = await (await ClipFile.open(path)).segments([0]);
  expect(first!.picture.shot).toBeUndefined();
  await rm(path);
});

test('small displacements, as of calm films, come back within a quarter', async () => {
  const [calm] = await decodeFlow(await encodeFlow([turning(61, 45, 0.01)]), 1);
  const truth = turning(61, 45, 0.01);
  const sum = (values: Float32Array) => values.reduce((total, value) => total + Math.abs(value), 0);
  const off = sum(calm!.u.map((u, i) => u - truth.u[i]!));
  expect(off).toBeLessThan(0.25 * sum(truth.u));
});

test('rest is exactly rest, and what is faster than 20 px is 20 px', async () => {
  const still = { width: 16, height: 16, u: new Float32Array(256), v: new Float32Array(256).fill(99) };
  const [field] = await decodeFlow(await encodeFlow([still]), 1);
  expect(field!.u.every((u) => u === 0)).toBe(true);
  expect(field!.v.every((v) => Math.abs(v - 20) < 0.01)).toBe(true);
});

test('a clip is read back: times, pictures, flow, waveform', async () => {
  const path = join(folder, 'whole.clip');
  await writeClipFile(path, clip);
  const file = await ClipFile.open(path);
  expect([file.duration, file.segmentCount, file.handcrafted]).toEqual([2.5, 3, [1, -2.5, 0]]);
  const [third, first] = await file.segments([2, 0]);
  expect([third!.time, first!.time]).toEqual([0.8, 0]);
  expect([third!.fields.length, first!.fields.length]).toEqual([0, 2]);
  expect([third!.picture.shot, first!.picture.shot]).toEqual([2.5, 0.5]);
  const { width, height, rgb } = first!.picture;
  expect([width, height, rgb.length]).toEqual([48, 36, 48 * 36 * 3]);
  const waveform = await file.waveform();
  expect(Math.max(...waveform.map((sample, i) => Math.abs(sample - clip.waveform[i]!)))).toBeLessThan(1e-4);
  expect(await readdir(folder)).toEqual(['whole.clip']);
});

test('a clip without pictures and sound is a clip', async () => {
  const path = join(folder, 'empty.clip');
  await writeClipFile(path, {
    duration: 1,
    width: 1,
    height: 1,
    segments: [],
    waveform: new Float32Array(0),
    handcrafted: [],
    loudness: null,
  });
  const file = await ClipFile.open(path);
  expect(file.segmentCount).toBe(0);
  expect((await file.waveform()).length).toBe(0);
});

test('a file with one changed byte, wherever it is, or cut short, is refused by name', async () => {
  const path = join(folder, 'damaged.clip');
  await writeClipFile(path, clip);
  const whole = await readFile(path);
  const readAll = async () => {
    const file = await ClipFile.open(path);
    await file.segments(Array.from({ length: file.segmentCount }, (_, i) => i));
    await file.waveform();
  };
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: whole.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      async (at, change) => {
        const bytes = Buffer.from(whole);
        bytes[at]! ^= change;
        await writeFile(path, bytes);
        await expect(readAll()).rejects.toBeInstanceOf(InputError);
      },
    ),
    { numRuns: 200 },
  );
  for (const length of [0, 5, 30, whole.length >> 1]) {
    await writeFile(path, whole);
    await truncate(path, length);
    await expect(readAll()).rejects.toThrow(/damaged\.clip is not a prepared clip/);
  }
});

test('as a film it gives every moment, or every second one with the motion around it', async () => {
  const path = join(folder, 'source.clip');
  await writeClipFile(path, clip);
  const opened = await ClipFile.open(path);
  const read = async (step?: number) => {
    const film = clipSource(opened, step);
    const moments: [number, number][] = [];
    const motions: [number, number][] = [];
    for await (const { number, time } of film.moments) moments.push([number, time]);
    for await (const { moment, field } of film.fields) motions.push([moment, field.width]);
    return { moments, motions };
  };
  expect(await read()).toEqual({
    moments: [0, 1, 2].map((i) => [i, 0.4 * i]),
    motions: [...[0, 0, 1, 1].map((i) => [i, 48]), [2, 1]],
  });
  expect(await read(2)).toEqual({
    moments: [
      [0, 0],
      [1, 0.8],
    ],
    motions: [
      [0, 48],
      [0, 48],
      [1, 1],
    ],
  });
});
