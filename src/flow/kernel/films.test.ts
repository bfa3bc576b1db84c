import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { requirement } from '../../support/testing.ts';
import { broxFlow } from '../brox.ts';
import { endpointError } from '../errors.ts';
import { readGrayImage } from '../node/gray-image.ts';
import { kernelModule } from '../node/module.ts';
import type { GrayImage } from '../schedule.ts';
import { FlowKernel } from './kernel.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const middlebury = process.env.AFFECTLINE_MIDDLEBURY ?? `${root}/../shared/data/middlebury`;
const pairs = [
  ['Dimetrodon', 'standard'],
  ['Grove2', 'standard'],
  ['RubberWhale', 'standard'],
  ['Venus', 'standard'],
  ['Venus', 'fast'],
  ['Venus', 'accurate'],
] as const;

test.skipIf(!existsSync(middlebury)).each(pairs)(
  'kernel and oracle agree on %s, %s (needs the Middlebury pairs, AFFECTLINE_MIDDLEBURY)',
  async (name, preset) => {
    const first = await readGrayImage(`${middlebury}/${name}/frame10.png`);
    const second = await readGrayImage(`${middlebury}/${name}/frame11.png`);
    const kernel = new FlowKernel(kernelModule()!, first, { preset });
    kernel.next(first);
    expect(endpointError(kernel.next(second)!, broxFlow(first, second, { preset }))).toBeLessThanOrEqual(
      0.01,
    );
  },
  120_000,
);

const films = [
  ['Megamind.avi', 'opencv-doc', '/usr/share/doc/opencv-doc/examples/data/Megamind.avi'],
  ['vtest.avi', 'opencv-doc', '/usr/share/doc/opencv-doc/examples/data/vtest.avi'],
  [
    'a telephone film',
    'forensics-samples-files',
    '/usr/share/forensics-samples/original-files/movie1/VID_20191220_170832.mp4',
  ],
] as const;

/** Up to 300 frames of a film as gray images of 320×240. */
function framesOf(path: string): GrayImage[] {
  const [width, height] = [320, 240];
  const bytes = execFileSync(
    'ffmpeg',
    [
      '-v',
      'error',
      '-i',
      path,
      '-vf',
      `scale=${width}:${height}`,
      '-frames:v',
      '300',
      '-f',
      'rawvideo',
      '-pix_fmt',
      'gray',
      '-',
    ],
    { maxBuffer: 300 * width * height },
  );
  return Array.from({ length: bytes.length / (width * height) }, (_, n) => ({
    width,
    height,
    data: bytes.subarray(n * width * height, (n + 1) * width * height),
  }));
}

/** In gray levels. Across a cut, where it is large, no point of one frame is in the other, and any flow is as good. */
function meanDifference(a: GrayImage, b: GrayImage): number {
  let sum = 0;
  for (let p = 0; p < a.data.length; p++) sum += Math.abs(a.data[p]! - b.data[p]!);
  return sum / a.data.length;
}

for (const [film, debianPackage, path] of films) {
  const available = requirement(`ffmpeg, and ${film} (${debianPackage})`, () => {
    execFileSync('ffmpeg', ['-version']);
    return existsSync(path);
  });
  test.skipIf(!available)(
    `no displacement of ${film} is beyond 30 px, cuts apart (needs ffmpeg, ${debianPackage})`,
    () => {
      const frames = framesOf(path);
      expect(frames.length).toBeGreaterThan(40);
      const kernel = new FlowKernel(kernelModule()!, frames[0]!);
      let longest = 0;
      let before = frames[0]!;
      for (const frame of frames) {
        const field = kernel.next(frame);
        const cut = meanDifference(before, frame) > 25;
        before = frame;
        if (!field || cut) continue;
        for (let p = 0; p < field.u.length; p++)
          longest = Math.max(longest, Math.hypot(field.u[p]!, field.v[p]!));
      }
      expect(longest).toBeLessThan(30);
    },
    120_000,
  );
}
