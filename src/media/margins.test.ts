import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { requirement } from '../support/testing.ts';
import { type DecoderName, type MediaOptions, openMedia, type VideoFrame } from './index.ts';

const hasFfmpeg = requirement('ffmpeg', () => spawnSync('ffmpeg', ['-version']).status === 0);
const folder = mkdtempSync(join(tmpdir(), 'affectline-margins-'));
afterAll(() => rmSync(folder, { recursive: true }));

function film(name: string, ...options: string[]): string {
  const path = join(folder, name);
  execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...options, path]);
  return path;
}

async function framesOf(path: string, options: MediaOptions): Promise<VideoFrame[]> {
  const frames: VideoFrame[] = [];
  for await (const item of await openMedia(path, { sound: false, rgbEvery: 1, ...options }))
    if (item.kind === 'frame') frames.push(item.frame);
  return frames;
}

const difference = (a: Uint8Array, b: Uint8Array) =>
  a.reduce((sum, level, i) => sum + Math.abs(level - b[i]!), 0) / a.length;

const source = ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=5:d=2'];
const coding = ['-c:v', 'libx264', '-crf', '4', '-pix_fmt', 'yuv444p'];

describe.each(['node-av', 'ffmpeg'] as DecoderName[])('%s (needs ffmpeg)', (decoder) => {
  test.skipIf(!hasFfmpeg)('what lies between margins looks like the film without them', async () => {
    const bare = film('bare.mkv', ...source, ...coding);
    const framed = film('framed.mkv', ...source, '-vf', 'pad=400:240:30:40', ...coding);
    const margins = { top: 40 / 240, bottom: 20 / 240, left: 30 / 400, right: 50 / 400 };
    const [expected, found] = [
      await framesOf(bare, { shortSide: 90, decoder }),
      await framesOf(framed, { shortSide: 90, decoder, margins }),
    ];
    expect(found).toHaveLength(10);
    for (const [i, { width, height, gray, rgb }] of found.entries()) {
      expect([width, height]).toEqual([160, 90]);
      expect(difference(gray, expected[i]!.gray)).toBeLessThan(1.5);
      expect(difference(rgb!, expected[i]!.rgb!)).toBeLessThan(1.5);
    }
  });

  test.skipIf(!hasFfmpeg)('bars do not make a small untagged picture one of high definition', async () => {
    const red = ['-f', 'lavfi', '-i', 'color=c=0xb03010:s=720x528:r=5:d=1'];
    const untagged = ['-c:v', 'ffv1', '-pix_fmt', 'yuv420p'];
    const bare = film('small.mkv', ...red, ...untagged);
    const framed = film('boxed.mkv', ...red, '-vf', 'pad=720:688:0:80', ...untagged);
    const margins = { top: 80 / 688, bottom: 80 / 688, left: 0, right: 0 };
    const [expected] = await framesOf(bare, { shortSide: 90, decoder });
    const [found] = await framesOf(framed, { shortSide: 90, decoder, margins });
    expect([found!.width, found!.height]).toEqual([expected!.width, expected!.height]);
    const middle = ({ width, height, rgb }: VideoFrame) =>
      [...rgb!.subarray(3 * (width * (height >> 1) + (width >> 1)))].slice(0, 3);
    expect(middle(found!)).toEqual(middle(expected!));
    // what is as large as that, bars and all, is taken for high definition: another red
    const [whole] = await framesOf(framed, { shortSide: 90, decoder });
    expect(Math.abs(middle(whole!)[0]! - middle(found!)[0]!)).toBeGreaterThan(2);
  });

  test.skipIf(!hasFfmpeg)('margins are those of the upright picture', async () => {
    const bare = film('bare.mkv', ...source, ...coding);
    const flat = film('flat.mkv', ...source, '-vf', 'pad=320:240:0:40,transpose=cclock', ...coding);
    const turned = film('turned.mov', '-i', flat, '-c', 'copy', '-metadata:s:v', 'rotate=270');
    const margins = { top: 40 / 240, bottom: 20 / 240, left: 0, right: 0 };
    const [expected] = await framesOf(bare, { shortSide: 90, decoder });
    const [upright] = await framesOf(turned, { shortSide: 90, decoder, margins });
    expect([upright!.width, upright!.height]).toEqual([160, 90]);
    expect(difference(upright!.gray, expected!.gray)).toBeLessThan(2);
  });

  test.skipIf(!hasFfmpeg)('key frames alone are the frames at which decoding can begin', async () => {
    const path = film(
      'keys.mkv',
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=64x36:r=25:d=4',
      '-g',
      '20',
      '-c:v',
      'libx264',
      '-sc_threshold',
      '0',
    );
    const frames = await framesOf(path, { keyFramesOnly: true, shortSide: 36, decoder });
    expect(frames.map(({ time }) => time.toFixed(1))).toEqual(['0.0', '0.8', '1.6', '2.4', '3.2']);
  });
});

test('a margin of half a picture or more is refused', async () => {
  const margins = { top: 0.5, bottom: 0, left: 0, right: 0 };
  await expect(openMedia('film.mp4', { margins })).rejects.toThrow(
    'the margin top is 0.5; a share from 0 up to 0.5 is expected',
  );
});
