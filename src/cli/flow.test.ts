import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FlowField } from '../flow/index.ts';
import { readFlo, writeFlo } from '../flow/node/index.ts';
import { openMedia, writeFilm } from '../media/index.ts';
import { compiledEntry } from '../support/entry.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-flow-'));
const at = (name: string) => join(folder, name);
const [width, height] = [80, 64];

/** A colorful texture that has moved by (u, v). */
function picture(u: number, v: number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y] = [(Math.floor(i / 3) % width) - u, Math.floor(i / 3 / width) - v];
    return 128 + 50 * Math.sin(x / 3 + (i % 3)) + 50 * Math.cos(y / 4 + x / 9);
  });
}

beforeAll(async () => {
  const raw = { width, height, channels: 3 } as const;
  await sharp(picture(0, 0), { raw }).png().toFile(at('A.png'));
  await sharp(picture(1.5, -1), { raw }).png().toFile(at('B.png'));
  writeFileSync(at('drawn.svg'), '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="64"/>');
  const plain = (side: number) =>
    sharp({ create: { width: side, height: side, channels: 3, background: 'red' } });
  await plain(8192).png({ palette: true, compressionLevel: 1 }).toFile(at('huge.png'));
  await plain(1).toFile(at('dot.png'));
  await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } }).toFile(at('small.png'));
  const truth: FlowField = {
    width,
    height,
    u: new Float32Array(width * height).fill(1.5),
    v: new Float32Array(width * height).fill(-1),
  };
  truth.u[0] = 1e10;
  await writeFlo(at('truth.flo'), truth);
  const frames = Array.from({ length: 7 }, (_, n) => picture(1.5 * n, -n));
  await writeFilm(at('film.mp4'), { width, height, frameRate: 10, frames });
});
afterAll(() => rmSync(folder, { recursive: true }));

function affectline(...given: string[]) {
  const entry = compiledEntry(new URL('main.ts', import.meta.url).href, 'main');
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, 'flow', ...given], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test('two images give a .flo file, and the errors beside the true flow', async () => {
  const { status, stdout, stderr } = affectline('A.png', 'B.png', '-o', 'out.flo', '--truth', 'truth.flo');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^AEPE 0\.\d{4} px {2}AAE \d\.\d{3}° {2}\(5119 pixels\)\nout\.flo\n$/);
  const flow = await readFlo(at('out.flo'));
  expect([flow.width, flow.height]).toEqual([width, height]);
  expect(flow.u[32 * width + 40]).toBeCloseTo(1.5, 1);
  expect(flow.v[32 * width + 40]).toBeCloseTo(-1, 1);
});

test('--json prints the result as one line', () => {
  const { status, stdout } = affectline(
    ...'A.png B.png --truth truth.flo --preset accurate --json'.split(' '),
  );
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    first: 'A.png',
    second: 'B.png',
    width,
    height,
    preset: 'accurate',
    endpointError: expect.closeTo(0.05, 1),
    angularError: expect.closeTo(0.35, 1),
    knownPixels: width * height - 1,
  });
});

test('a .png shows the colors of the wheel, and is not written over without -y', async () => {
  writeFileSync(at('colors.png'), 'mine');
  const refused = affectline('A.png', 'B.png', '-o', 'colors.png');
  expect(refused).toEqual({
    status: 1,
    stdout: '',
    stderr: 'affectline: colors.png is there already; -y overwrites it, --out writes elsewhere\n',
  });
  expect(readFileSync(at('colors.png'), 'utf8')).toBe('mine');
  expect(affectline('A.png', 'B.png', '-o', 'colors.png', '-y').status).toBe(0);
  const { width: columns, height: rows } = await sharp(at('colors.png')).metadata();
  expect([columns, rows]).toEqual([width, height]);
});

test('a film gives a video of colors', async () => {
  const { status, stdout, stderr } = affectline('film.mp4', '--out', 'videos', '--short-side', '64');
  expect({ status, stderr, stdout }).toEqual({ status: 0, stderr: '', stdout: 'videos/film.flow.mp4\n' });
  const media = await openMedia(at('videos/film.flow.mp4'), { shortSide: 64 });
  for await (const _ of media);
  expect(media.summary()).toMatchObject({ width, height, frameRate: 10, frames: 6 });
});

test('a film gives a .flo file for each frame but the last', async () => {
  const result = affectline(...'film.mp4 --out fields --short-side 64 --format flo --json'.split(' '));
  expect(result.status).toBe(0);
  expect(JSON.parse(result.stdout)).toMatchObject({
    fields: 6,
    out: join('fields', 'film.flow'),
    coverage: 1,
  });
  expect(readdirSync(at('fields/film.flow'))).toEqual([0, 1, 2, 3, 4, 5].map((n) => `00000${n}.flo`));
  const { u } = await readFlo(at('fields/film.flow/000003.flo'));
  expect(u[32 * width + 40]).toBeCloseTo(1.5, 0);
});

test('what is wrong is said in one line, with the exit code for it', () => {
  const cases: [number, string, string[]][] = [
    [2, 'two images or one film are expected', ['A.png', 'B.png', 'A.png']],
    [2, 'give a file to write (-o) or the true flow (--truth)', ['A.png', 'B.png']],
    [2, "'out.txt' ends in neither .flo nor .png", ['A.png', 'B.png', '-o', 'out.txt']],
    [2, 'give a folder to write to (--out)', ['film.mp4']],
    [1, 'the images differ in size: A.png is 80×64, small.png 9×9', ['A.png', 'small.png', '-o', 'x.flo']],
    [1, 'nothere.png: cannot be read as an image', ['A.png', 'nothere.png', '-o', 'x.flo']],
    [1, 'it has to be a PNG or JPEG file', ['drawn.svg', 'A.png', '-o', 'x.flo']],
    [1, 'huge.png: 8192×8192 is too large for the flow', ['huge.png', 'huge.png', '-o', 'x.flo']],
    [1, 'a frame of 1×1 is too small for the flow', ['dot.png', 'dot.png', '-o', 'x.flo']],
    [1, 'A.png: not a .flo file', ['A.png', 'B.png', '--truth', 'A.png']],
    [1, 'truth.flo', ['truth.flo', '--out', 'videos']],
  ];
  for (const [code, message, given] of cases) {
    const { status, stdout, stderr } = affectline(...given);
    expect({ given, status, stdout }).toEqual({ given, status: code, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n').length).toBe(1);
  }
});
