import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openMedia, type VideoFrame } from '../media/index.ts';
import { preprocessingFor } from '../streams/index.ts';
import { requirement } from '../support/testing.ts';
import { ClipCache } from './cache/cache.ts';
import { openFilm, surveyFor, WrongGuess } from './film.ts';
import { barLooks } from './survey.ts';

const hasFfmpeg = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);
const preprocessing = { ...preprocessingFor('compact'), shortSide: 64 };
const wanted = { preprocessing, wants: ['frame', 'pair', 'waveform'] as const, threads: 1 };

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Of all bytes of something, which are too many to be compared one by one. */
const digest = (value: unknown) => createHash('sha256').update(serialize(value)).digest('hex');

describe.skipIf(!hasFfmpeg)('that a film has no bars is guessed (needs ffmpeg)', () => {
  let folder: string;
  /** Without bars; and with bars on all frames but the first, which is the only key frame. */
  let plain: string;
  let barred: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'affectline-guess-'));
    const make = (name: string, filter: string) => {
      const path = join(folder, name);
      execFileSync('ffmpeg', [
        ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=8:duration=14'],
        ...['-f', 'lavfi', '-i', 'sine=duration=14', '-vf', filter, '-pix_fmt', 'yuv420p'],
        ...['-c:v', 'libx264', '-x264-params', 'keyint=1000:scenecut=0', path],
      ]);
      return path;
    };
    plain = make('plain.mp4', 'null');
    const bar = (y: number) => `drawbox=enable=gt(n\\,0):x=0:y=${y}:w=160:h=20:color=black:t=fill`;
    barred = make('barred.mp4', `${bar(0)},${bar(100)}`);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('of a film without any everything is as without a guess', async () => {
    expect((await surveyFor(plain, { ...wanted, mayGuess: true })).isGuess).toBe(true);
    const read = async (mayGuess: boolean) => {
      const film = await openFilm(plain, { ...wanted, mayGuess });
      const read = await Promise.all([all(film.moments), all(film.fields), all(film.sound)]);
      return { counts: read.map(({ length }) => length), bytes: digest(read), summary: film.summary() };
    };
    expect(await read(true)).toEqual(await read(false));
  });

  test('where a film has some, what is read by the guess fails, and a clip is prepared without it', async () => {
    const film = await openFilm(barred, { ...wanted, mayGuess: true });
    const readings = [all(film.moments), all(film.fields), all(film.sound)];
    for (const reading of await Promise.allSettled(readings))
      expect(reading).toMatchObject({ status: 'rejected', reason: expect.any(WrongGuess) });
    const cache = new ClipCache(join(folder, 'clips'), preprocessing);
    await cache.prepare([{ path: barred }]);
    const { width, height } = await cache.open({ path: barred });
    const known = await openFilm(barred, { ...wanted, survey: await surveyFor(barred, wanted) });
    for await (const { picture } of known.moments) {
      expect([width, height]).toEqual([picture.width, picture.height]);
      break;
    }
    await known.close();
    expect(width / height).toBeGreaterThan(1.4 * (160 / 120)); // a third of it is bars
  });

  test('the frames that are looked at on the way are those of a look by itself', async () => {
    const alone: VideoFrame[] = [];
    for await (const item of await openMedia(plain, { ...barLooks, rgbEvery: 0, sound: false }))
      if (item.kind === 'frame') alone.push(item.frame);
    const beside: VideoFrame[] = [];
    const looks = { ...barLooks, onLook: (frame: VideoFrame) => void beside.push(frame) };
    for await (const _ of await openMedia(plain, {
      looks,
      shortSide: 64,
      margins: { top: 0.1, bottom: 0, left: 0, right: 0 },
    }));
    expect(alone.length).toBeGreaterThan(50);
    expect(beside.map(({ time }) => time)).toEqual(alone.map(({ time }) => time));
    expect(digest(beside)).toBe(digest(alone));
  });
});
