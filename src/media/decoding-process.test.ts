import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isRunning, requirement } from '../support/testing.ts';
import { DecodingProcess, type MediaOptions, openMedia } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-decoding-'));
afterAll(() => rmSync(folder, { recursive: true }));
const ffmpegFound = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);
const film = join(folder, 'film.mp4');

beforeAll(() => {
  if (!ffmpegFound) return;
  const sources = ['-f', 'lavfi', '-i', 'testsrc2=s=160x120:r=25:d=6', '-f', 'lavfi', '-i', 'sine=d=6'];
  execFileSync('ffmpeg', ['-v', 'error', ...sources, '-preset', 'veryfast', '-pix_fmt', 'yuv420p', film]);
});

/** All that a reading gives, and in which process. */
async function read(options: MediaOptions): Promise<{ pid: number; hash: string; frames: number }> {
  const media = await openMedia(film, { decoder: 'node-av', ...options });
  const hash = createHash('sha256');
  for await (const item of media) {
    if (item.kind === 'audio') {
      const { buffer, byteOffset, byteLength } = item.chunk.samples;
      hash.update(new Uint8Array(buffer, byteOffset, byteLength));
    } else
      hash
        .update(`${item.frame.time}`)
        .update(item.frame.gray)
        .update(item.frame.rgb ?? '');
  }
  return { pid: media.pid, hash: hash.digest('hex'), frames: media.summary().frames };
}

describe.skipIf(!ffmpegFound)('a decoding process (needs ffmpeg)', () => {
  test('reads a film again and again, as a process of its own would each time', async () => {
    const decoder = new DecodingProcess(film);
    decoder.start();
    const { pid } = decoder;
    const ways: MediaOptions[] = [
      { keyFramesOnly: true, shortSide: 90, rgbEvery: 0 },
      { framePeriod: 0.5, sound: false },
      {},
    ];
    for (const way of ways) {
      const alone = await read(way);
      expect(await read({ ...way, process: decoder })).toEqual({ ...alone, pid });
      expect(alone.pid).not.toBe(pid);
    }
    expect((await read({ framePeriod: 0.5, sound: false, process: decoder })).frames).toBe(12);
    expect(isRunning(pid)).toBe(true);
    await decoder.close();
    expect(isRunning(pid)).toBe(false);
  });

  test('a reading that breaks off ends it, and the next one has another', async () => {
    const decoder = new DecodingProcess(film);
    const left = await openMedia(film, { process: decoder });
    for await (const _item of left) break;
    expect(isRunning(left.pid)).toBe(false);

    const crashed = await openMedia(film, { process: decoder });
    process.kill(crashed.pid, 'SIGKILL');
    for await (const _item of crashed);
    expect(crashed.summary().problems).toContainEqual(expect.stringContaining('crashed'));

    const controller = new AbortController();
    const aborted = await openMedia(film, { process: decoder, signal: controller.signal });
    const reading = (async () => {
      for await (const _item of aborted) controller.abort(new Error('enough'));
    })();
    await expect(reading).rejects.toThrow('enough');
    expect(isRunning(aborted.pid)).toBe(false);

    const whole = await read({ process: decoder });
    expect(whole.hash).toBe((await read({})).hash);
    expect(new Set([left.pid, crashed.pid, aborted.pid, whole.pid]).size).toBe(4);
    await decoder.close();
    expect(isRunning(whole.pid)).toBe(false);
  });

  test('of a file that is not there nothing is started, and whoever opens it is told', async () => {
    const gone = join(folder, 'gone.mp4');
    const decoder = new DecodingProcess(gone);
    decoder.start();
    expect(decoder.pid).toBe(0);
    await expect(openMedia(gone, { process: decoder })).rejects.toThrow('no such file');
    await decoder.close();
  });
});
