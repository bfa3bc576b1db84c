import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { compiledEntry } from '../support/entry.ts';
import { InputError } from '../support/errors.ts';
import { Random } from '../support/random.ts';
import { sampleRate } from '../support/sound.ts';
import { isRunning, requirement } from '../support/testing.ts';
import { type Media, openMedia } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-media-'));
afterAll(() => rmSync(folder, { recursive: true }));
const ffmpegFound = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);
const procFound = existsSync('/proc/self/status');
const film = join(folder, 'film.mp4');
const seconds = 40;

beforeAll(() => {
  if (!ffmpegFound) return;
  const sources = [
    '-f',
    'lavfi',
    '-i',
    `testsrc2=s=320x180:r=25:d=${seconds}`,
    '-f',
    'lavfi',
    '-i',
    `sine=d=${seconds}`,
  ];
  execFileSync('ffmpeg', ['-v', 'error', ...sources, '-preset', 'veryfast', '-pix_fmt', 'yuv420p', film]);
});

async function goneSoon(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 1000 && isRunning(pid); tries++) await sleep(50);
  return !isRunning(pid);
}

async function readAll(media: Media): Promise<void> {
  for await (const _item of media);
}

/** Waits until a process has nothing more to do: it sleeps, and has used no processor time for a while. */
async function rests(pid: number): Promise<void> {
  let last = '';
  for (let quiet = 0; quiet < 10; await sleep(50)) {
    const [state, ...fields] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
    const used = fields.slice(10, 12).join();
    quiet = state === 'S' && used === last ? quiet + 1 : 0;
    last = used;
  }
}

/** Megabytes of memory that a process holds. */
function resident(pid: number | 'self'): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}

describe.skipIf(!ffmpegFound)('a film (needs ffmpeg)', () => {
  test('gives frames, every tenth in color, and the waveform', async () => {
    const media = await openMedia(film, { shortSide: 90, crop: 64 });
    expect(media.info).toMatchObject({
      width: 64,
      height: 64,
      frameRate: 25,
      hasPicture: true,
      hasSound: true,
    });
    let samples = 0;
    for await (const item of media) {
      if (item.kind === 'audio') {
        expect(item.chunk.start).toBe(samples);
        samples += item.chunk.samples.length;
      } else {
        const { frame } = item;
        expect(frame.time).toBeCloseTo(frame.index / 25, 6);
        expect(frame.gray.length).toBe(64 * 64);
        expect(frame.rgb?.length).toBe(frame.index % 10 === 0 ? 64 * 64 * 3 : undefined);
      }
    }
    expect(media.summary()).toMatchObject({ frames: 25 * seconds, coverage: 1, problems: [] });
    expect(Math.abs(samples - seconds * sampleRate)).toBeLessThan(0.05 * sampleRate);
  });

  describe.each(['node-av', 'ffmpeg'] as const)('by %s', (decoder) => {
    test('gives only what is asked for', async () => {
      const colors = await openMedia(film, {
        decoder,
        gray: false,
        sound: false,
        rgbEvery: 25,
        shortSide: 32,
      });
      for await (const item of colors) {
        if (item.kind === 'audio') throw new Error('sound was not asked for');
        expect(item.frame.gray.length).toBe(0);
        expect(item.frame.rgb !== undefined).toBe(item.frame.index % 25 === 0);
      }
      const sound = await openMedia(film, { decoder, gray: false, rgbEvery: 0 });
      for await (const item of sound) expect(item.kind).toBe('audio');
      expect(sound.summary()).toMatchObject({ frames: 0, hasPicture: false, coverage: 1 });
    });

    test('ends its process when the reader leaves, closes, or aborts', async () => {
      const left = await openMedia(film, { decoder });
      for await (const _item of left) break;
      expect(isRunning(left.pid)).toBe(false);

      const closed = await openMedia(film, { decoder });
      expect(isRunning(closed.pid)).toBe(true);
      await closed.close();
      expect(isRunning(closed.pid)).toBe(false);

      const controller = new AbortController();
      const aborted = await openMedia(film, { decoder, signal: controller.signal });
      const reading = (async () => {
        for await (const _item of aborted) controller.abort(new Error('enough'));
      })();
      await expect(reading).rejects.toThrow('enough');
      expect(isRunning(aborted.pid)).toBe(false);
      await expect(openMedia(film, { decoder, signal: controller.signal })).rejects.toThrow('enough');
    });

    test('keeps what it has when its process crashes, and says so', async () => {
      const media = await openMedia(film, { decoder });
      process.kill(media.pid, 'SIGSEGV');
      await readAll(media);
      const { frames, coverage, problems } = media.summary();
      expect(frames).toBeLessThan(25 * seconds);
      expect(coverage).toBeLessThan(0.98);
      expect(problems).toContainEqual(expect.stringContaining('crashed'));
      expect(isRunning(media.pid)).toBe(false);
    });

    test.skipIf(!procFound)(
      'waits for a slow reader without holding more and more (needs /proc)',
      async () => {
        const media = await openMedia(film, { decoder, rgbEvery: 1 });
        const items = media[Symbol.asyncIterator]();
        const before = process.memoryUsage().arrayBuffers;
        const ours = resident('self');
        for (let i = 0; i < 5; i++) await items.next();
        await rests(media.pid);
        // The whole film is 470 MB of pixels.
        expect(resident(media.pid)).toBeLessThan(300);
        expect(resident('self') - ours).toBeLessThan(100);
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40e6);
        await items.return?.();
      },
    );

    test('dies with its parent', async () => {
      const program = `
        import { openMedia } from ${JSON.stringify(compiledEntry(import.meta.url, 'index'))};
        const media = await openMedia(${JSON.stringify(film)}, { decoder: '${decoder}' });
        console.log(media.pid);
        process.kill(process.pid, 'SIGKILL');`;
      const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
        encoding: 'utf8',
      });
      expect(Number(stdout)).toBeGreaterThan(0);
      expect(await goneSoon(Number(stdout))).toBe(true);
    });

    test('refuses what is no film, naming the file', async () => {
      const path = (name: string) => join(folder, name);
      writeFileSync(path('empty.mp4'), '');
      writeFileSync(path('text.mp4'), 'It was a dark and stormy night.\n'.repeat(100));
      writeFileSync(
        path('playlist.mp4'),
        '#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfilm.mp4\n#EXT-X-ENDLIST\n',
      );
      writeFileSync(path('script.mp4'), 'ffconcat version 1.0\nfile film.mp4\n');
      mkdirSync(path('folder.mp4'), { recursive: true });
      rmSync(path('pipe.mp4'), { force: true });
      execFileSync('mkfifo', [path('pipe.mp4')]);
      writeFileSync(path('headless.mp4'), readFileSync(film).subarray(0, 50_000));
      const huge = [
        '-f',
        'lavfi',
        '-i',
        'color=s=9000x8000',
        '-frames:v',
        '1',
        '-c:v',
        'mjpeg',
        path('huge.avi'),
      ];
      if (!existsSync(path('huge.avi'))) execFileSync('ffmpeg', ['-v', 'error', ...huge]);
      const reasons = {
        'empty.mp4': 'is empty',
        'text.mp4': 'not video or sound',
        'playlist.mp4': 'not video or sound',
        'script.mp4': 'not video or sound',
        'folder.mp4': 'is a folder',
        'pipe.mp4': 'not a regular file',
        'headless.mp4': 'it is incomplete',
        'huge.avi': '9000×8000',
        'missing.mp4': 'no such file',
      };
      for (const [name, reason] of Object.entries(reasons)) {
        const refusal = await openMedia(path(name), { decoder })
          .then(readAll)
          .catch((error: Error) => error);
        expect(refusal, name).toBeInstanceOf(InputError);
        expect((refusal as Error).message).toContain(path(name));
        expect((refusal as Error).message).toContain(reason);
      }
    });

    test('answers or refuses clearly on damaged files', async () => {
      const random = Random.seeded(7);
      const whole = readFileSync(film);
      for (let i = 0; i < 8; i++) {
        const bytes = Buffer.from(whole.subarray(0, i % 2 ? whole.length : random.integer(whole.length)));
        for (let flips = 10 ** (i % 4); flips > 0; flips--) {
          const at = random.integer(bytes.length);
          bytes[at] = bytes[at]! ^ (1 << random.integer(8));
        }
        const path = join(folder, 'damaged.mp4');
        writeFileSync(path, bytes);
        try {
          const media = await openMedia(path, { decoder, shortSide: 32 });
          await readAll(media);
          expect(media.summary().coverage).toBeGreaterThanOrEqual(0);
          expect(media.summary().coverage).toBeLessThanOrEqual(1);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          expect(String(error)).not.toMatch(/crashed|hung/);
        }
      }
    });
  });
});

test.skipIf(!ffmpegFound)(
  'where node-av cannot be loaded, `auto` takes ffmpeg, and `node-av` says so (needs ffmpeg)',
  async () => {
    const block = join(folder, 'block.cjs');
    writeFileSync(block, "process.dlopen = () => { throw new Error('no native code here'); };");
    vi.stubEnv('NODE_OPTIONS', `--require=${block}`);
    try {
      const media = await openMedia(film, { shortSide: 32, sound: false });
      expect(media.info).toMatchObject({ decoder: 'ffmpeg', hasPicture: true });
      await readAll(media);
      expect(media.summary().coverage).toBeGreaterThan(0.98);
      await expect(openMedia(film, { decoder: 'node-av' })).rejects.toThrow(/node-av cannot be loaded: /);
    } finally {
      vi.unstubAllEnvs();
    }
  },
);

test.each([
  [{ shortSide: 1 }, 'shortSide is 1'],
  [{ crop: 300 }, 'crop is 300'],
  [{ rgbEvery: 2.5 }, 'rgbEvery is 2.5'],
  [{ threads: 0 }, 'threads is 0'],
  [{ decoder: 'vlc' as 'auto' }, "unknown decoder 'vlc'; one of: auto, node-av, ffmpeg"],
])('refuses the options %j', async (options, message) => {
  await expect(openMedia(film, options)).rejects.toThrow(message);
});
