import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { sampleRate } from '../support/sound.ts';
import { openMedia } from './open.ts';
import { writeFilm } from './writer.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'affectline-writer-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Every pixel of a frame has the same color, (60, 4n, 120). */
function* flatFrames(width: number, height: number, count: number): Generator<Uint8Array> {
  for (let n = 0; n < count; n++) {
    yield Uint8Array.from({ length: width * height * 3 }, (_, i) => [60, 4 * n, 120][i % 3]!);
  }
}

/** A tone, in stretches of 1000 samples. */
async function* tone(hertz: number, seconds: number): AsyncGenerator<Float32Array> {
  for (let start = 0; start < seconds * sampleRate; start += 1000) {
    yield Float32Array.from(
      { length: 1000 },
      (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * (start + i)) / sampleRate),
    );
  }
}

async function decode(path: string) {
  const colors: number[][] = [];
  const times: number[] = [];
  const samples: number[] = [];
  const media = await openMedia(path, { shortSide: 48, rgbEvery: 1 });
  for await (const item of media) {
    if (item.kind === 'frame') {
      times.push(item.frame.time);
      colors.push([...item.frame.rgb!.subarray(3 * 48 * 20, 3 * 48 * 20 + 3)]);
    } else samples.push(...item.chunk.samples);
  }
  return { info: media.info, colors, times, samples };
}

test('what is written is decoded again: colors, times, size, and sound', async () => {
  const path = join(folder, 'film.mp4');
  await writeFilm(path, {
    width: 64,
    height: 48,
    frameRate: 20,
    frames: flatFrames(64, 48, 50),
    waveform: tone(441, 2.5),
  });
  const { info, colors, times, samples } = await decode(path);
  expect([info.width, info.height, info.frameRate]).toEqual([64, 48, 20]);
  expect(info.declaredDuration).toBeCloseTo(2.5, 1);
  expect(times).toEqual(Array.from({ length: 50 }, (_, n) => expect.closeTo(n / 20, 3)));
  for (const [n, [red, green, blue]] of colors.entries()) {
    expect(Math.abs(red! - 60)).toBeLessThan(6);
    expect(Math.abs(green! - 4 * n)).toBeLessThan(6);
    expect(Math.abs(blue! - 120)).toBeLessThan(6);
  }
  expect(Math.abs(samples.length - 2.5 * sampleRate)).toBeLessThan(2048);
  // The tone is where it was: its own phase, not only its own pitch.
  const middle = samples.slice(20_000, 30_000);
  const similarity = middle.reduce(
    (sum, sample, i) => sum + sample * Math.sin((2 * Math.PI * 441 * (20_000 + i)) / sampleRate),
    0,
  );
  expect(similarity / 5000).toBeCloseTo(0.5, 1);
});

test('odd sides grow by a pixel; without a waveform the film is silent', async () => {
  const path = join(folder, 'odd.mp4');
  await writeFilm(path, { width: 95, height: 47, frameRate: 23.976, frames: flatFrames(95, 47, 12) });
  const { info, colors } = await decode(path);
  expect([info.width, info.height, info.hasSound]).toEqual([96, 48, false]);
  expect(info.frameRate).toBeCloseTo(23.976, 3);
  expect(colors.length).toBe(12);
});

test('the same input gives the same bytes', async () => {
  const bytes = await Promise.all(
    ['a.mp4', 'b.mp4'].map(async (name) => {
      const parts = {
        width: 80,
        height: 60,
        frameRate: 25,
        frames: flatFrames(80, 60, 30),
        waveform: tone(300, 1),
      };
      await writeFilm(join(folder, name), parts);
      return readFileSync(join(folder, name));
    }),
  );
  expect(bytes[0]!.equals(bytes[1]!)).toBe(true);
});

test('a failure leaves nothing behind and says what is wrong', async () => {
  const film = (frames: Iterable<Uint8Array>) => ({ width: 64, height: 48, frameRate: 20, frames });
  const path = join(folder, 'film.mp4');
  await expect(writeFilm(path, film([new Uint8Array(10)]))).rejects.toThrow(
    'frame 0 has 10 bytes; 64×48 needs 9216',
  );
  const breaking = (function* () {
    yield* flatFrames(64, 48, 5);
    throw new Error('the painter is ill');
  })();
  await expect(writeFilm(path, film(breaking))).rejects.toThrow('the painter is ill');
  await expect(writeFilm(path, { ...film([]), width: 1 })).rejects.toThrow(
    'a film of 1×48 cannot be written',
  );
  await expect(writeFilm(join(folder, 'no', 'film.mp4'), film(flatFrames(64, 48, 200)))).rejects.toThrow(
    /cannot write .*No such file/,
  );
  const controller = new AbortController();
  const aborting = (function* () {
    yield* flatFrames(64, 48, 5);
    controller.abort(new Error('enough'));
    yield* flatFrames(64, 48, 5);
  })();
  await expect(writeFilm(path, { ...film(aborting), signal: controller.signal })).rejects.toThrow('enough');
  expect(readdirSync(folder)).toEqual([]);
});

test('sound takes the bits a second that are asked for', async () => {
  const frames = [...flatFrames(16, 16, 4)];
  const random = Random.seeded(3);
  const noise = Float32Array.from({ length: 4 * sampleRate }, () => random.uniform() - 0.5);
  const sizes: number[] = [];
  for (const bitRate of [32_000, 96_000]) {
    const path = join(folder, `${bitRate}.mp4`);
    await writeFilm(path, { width: 16, height: 16, frameRate: 1, frames, waveform: [noise], bitRate });
    sizes.push(readFileSync(path).length);
  }
  expect(sizes[1]! / sizes[0]!).toBeGreaterThan(2);
  await expect(
    writeFilm(join(folder, 'no.mp4'), { width: 16, height: 16, frameRate: 1, frames, bitRate: 100 }),
  ).rejects.toThrow('the bit rate is 100; a whole number from 8000 to 320000 is expected');
  expect(readdirSync(folder)).toEqual(['32000.mp4', '96000.mp4']);
});
