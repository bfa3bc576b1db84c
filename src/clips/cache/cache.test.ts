import { execFileSync } from 'node:child_process';
import { copyFile, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { broxFlow, type FlowField, flowErrors } from '../../flow/index.ts';
import { openMedia, type VideoFrame } from '../../media/index.ts';
import { type Preprocessing, preprocessingFor } from '../../streams/index.ts';
import { requirement } from '../../support/testing.ts';
import { ClipCache, type PrepareProgress } from './cache.ts';

const hasFfmpeg = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);
const standard = preprocessingFor('compact');
const preprocessing: Preprocessing = {
  ...standard,
  shortSide: 96,
  flow: { ...standard.flow, preset: 'fast', unit: 96, scale: 'linear' },
};
const sources = (...paths: string[]) => paths.map((path) => ({ path }));

describe.skipIf(!hasFfmpeg)('the cache of prepared clips (needs ffmpeg)', () => {
  let folder: string;
  let film: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'affectline-cache-'));
    film = join(folder, 'film.mp4');
    const input = ['-f', 'lavfi', '-i', 'testsrc2=size=192x128:rate=25:duration=1.4'];
    const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=1.4'];
    execFileSync('ffmpeg', ['-v', 'error', ...input, ...sound, '-pix_fmt', 'yuv420p', film]);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('a prepared clip holds the sampled frames, the flow around them, and the waveform', async () => {
    const cache = new ClipCache(join(folder, 'whole'), preprocessing);
    await cache.prepare(sources(film));
    const clip = await cache.open({ path: film });
    // 35 frames: samples 0, 10, 20, 30 with the flow fields 0–4, 5–14, 15–24, 25–33
    expect(clip.segmentCount).toBe(4);
    expect([0, 1, 2, 3].map((segment) => clip.flowCount(segment))).toEqual([5, 10, 10, 9]);
    expect([clip.width, clip.height]).toEqual([144, 96]);
    expect(Math.abs(clip.duration - 1.4)).toBeLessThan(0.05);
    expect(Math.abs(clip.sampleCount / 22_050 - 1.4)).toBeLessThan(0.1);

    const frames: VideoFrame[] = [];
    for await (const item of await openMedia(film, { shortSide: 96 }))
      if (item.kind === 'frame') frames.push(item.frame);
    const [segment] = await clip.segments([1]);
    expect(segment!.time).toBeCloseTo(0.4, 3);
    const { rgb } = frames[10]!;
    const difference =
      segment!.picture.rgb.reduce((sum, level, i) => sum + Math.abs(level - rgb![i]!), 0) / rgb!.length;
    expect(difference).toBeLessThan(8); // the JPEG of a test picture full of sharp colored edges
    const image = ({ width, height, gray }: VideoFrame) => ({ width, height, data: gray });
    const exact = broxFlow(image(frames[5]!), image(frames[6]!), { preset: 'fast' });
    const still: FlowField = {
      ...exact,
      u: new Float32Array(exact.u.length),
      v: new Float32Array(exact.v.length),
    };
    const error = flowErrors(segment!.fields[0]!, exact).endpoint;
    expect(error).toBeLessThan(0.15 * flowErrors(still, exact).endpoint + 0.1);
  });

  test('what is prepared is not prepared again; a copy under another name is the same clip; a changed film is not', async () => {
    const cache = new ClipCache(join(folder, 'again'), preprocessing);
    const prepared = async (paths: string[]) => {
      const steps: PrepareProgress[] = [];
      await cache.prepare(sources(...paths), (step) => steps.push(step));
      return steps.length;
    };
    expect(await prepared([film])).toBe(1);
    expect(await prepared([film])).toBe(0);
    const copy = join(folder, 'copy.mp4');
    await copyFile(film, copy);
    expect(await prepared([film, copy])).toBe(0);
    const other = join(folder, 'other.mp4');
    execFileSync('ffmpeg', [
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      'testsrc=size=128x96:rate=25:duration=0.5',
      other,
    ]);
    await copyFile(other, copy);
    await utimes(copy, 1, 1);
    expect(await prepared([film, copy])).toBe(1);
    // a new cache in the same folder knows all of it
    await new ClipCache(cache.folder, preprocessing).prepare(sources(film, copy), () => expect.unreachable());
    // other sizes are other clips
    expect(
      await new ClipCache(cache.folder, { ...preprocessing, shortSide: 64 }).pathOf({ path: film }),
    ).not.toBe(await cache.pathOf({ path: film }));
  });

  test('clips that cannot be decoded are named once the others are prepared; nothing half-made stays', async () => {
    const broken = join(folder, 'broken.mp4');
    await writeFile(broken, 'not a film');
    const cache = new ClipCache(join(folder, 'broken'), preprocessing);
    await expect(cache.prepare(sources(broken, film))).rejects.toThrow(
      /^1 of 2 clips cannot be prepared:\n {2}.*broken\.mp4/,
    );
    expect((await cache.open({ path: film })).segmentCount).toBe(4);
    expect((await readdir(cache.folder)).filter((name) => !/\.clip$|^sources\.tsv$/.test(name))).toEqual([]);
    await expect(cache.open({ path: join(folder, 'missing.mp4') })).rejects.toThrow(
      /missing\.mp4: no such file/,
    );
  });

  test('time and disk are estimated from the first clips', async () => {
    const cache = new ClipCache(join(folder, 'estimate'), preprocessing);
    const steps: PrepareProgress[] = [];
    await cache.prepare(sources(film), (step) => steps.push(step));
    expect(steps).toHaveLength(1);
    expect(steps[0]!.estimate).toMatchObject({
      prepared: 0,
      missing: 1,
      bytes: (await stat(await cache.pathOf({ path: film }))).size,
    });
  });

  test('of a picture that stands still for minutes no more is kept than an image holds', async () => {
    const still = join(folder, 'still.mkv');
    const late = ['-vf', "setpts='if(lt(N,2),PTS,PTS+900/TB)'", '-fps_mode', 'passthrough', '-c:v', 'mjpeg'];
    execFileSync('ffmpeg', [
      ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=192x128:rate=5:duration=0.8'],
      ...[...late, still],
    ]);
    const cache = new ClipCache(join(folder, 'still'), preprocessing);
    await cache.prepare(sources(still));
    const clip = await cache.open({ path: still });
    for (let i = 0; i < clip.segmentCount; i++) expect(clip.flowCount(i)).toBeLessThanOrEqual(100);
    expect(clip.duration).toBeGreaterThan(900);
  });

  test('a stopped preparation leaves whole clips only, and goes on', async () => {
    const cache = new ClipCache(join(folder, 'stopped'), preprocessing);
    const stop = new AbortController();
    const running = cache.prepare(sources(film), undefined, stop.signal);
    running.catch(() => {});
    // in the middle: when it has begun to write
    while (!(await readdir(cache.folder)).some((name) => name.endsWith('.tmp'))) await sleep(1);
    stop.abort();
    await expect(running).rejects.toThrow();
    expect((await readdir(cache.folder)).filter((name) => name.endsWith('.clip'))).toEqual([]);
    await cache.prepare(sources(film));
    expect((await cache.open({ path: film })).segmentCount).toBe(4);
  });
});
