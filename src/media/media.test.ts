import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { requirement } from '../support/testing.ts';
import { openMedia, SAMPLE_RATE } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-media-'));
afterAll(() => rmSync(folder, { recursive: true }));
const ffmpeg = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);

test.skipIf(!ffmpeg)('gives frames, every tenth in colour, and the waveform (needs ffmpeg)', async () => {
  const path = join(folder, 'film.mp4');
  const sources = ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25:d=2', '-f', 'lavfi', '-i', 'sine=d=2'];
  execFileSync('ffmpeg', ['-v', 'error', ...sources, '-pix_fmt', 'yuv420p', path]);
  const media = await openMedia(path, { shortSide: 90, crop: 64 });
  expect(media.info).toMatchObject({
    width: 64,
    height: 64,
    frameRate: 25,
    hasPicture: true,
    hasSound: true,
  });
  let samples = 0;
  for await (const item of media) {
    if (item.kind === 'sound') {
      expect(item.chunk.start).toBe(samples);
      samples += item.chunk.samples.length;
    } else {
      const { frame } = item;
      expect(frame.time).toBeCloseTo(frame.index / 25, 6);
      expect(frame.gray.length).toBe(64 * 64);
      expect(frame.rgb?.length).toBe(frame.index % 10 === 0 ? 64 * 64 * 3 : undefined);
    }
  }
  expect(media.summary()).toMatchObject({ frames: 50, coverage: 1, problems: [] });
  expect(Math.abs(samples - 2 * SAMPLE_RATE)).toBeLessThan(0.05 * SAMPLE_RATE);
});
