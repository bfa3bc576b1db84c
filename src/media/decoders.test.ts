import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { sampleRate } from '../support/sound.ts';
import { requirement } from '../support/testing.ts';
import {
  type DecoderName,
  type MediaOptions,
  type MediaSummary,
  openMedia,
  type VideoFrame,
} from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-decoders-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ffmpegFound = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);
const encoders = ffmpegFound
  ? execFileSync('ffmpeg', ['-v', 'error', '-encoders'], { encoding: 'utf8' })
  : '';

function ffmpeg(...options: string[]): void {
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...options], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

const lavfi = (source: string) => ['-f', 'lavfi', '-i', source];
const picture = (size = '320x180', seconds = 2, rate = 25) =>
  lavfi(`testsrc2=s=${size}:r=${rate}:d=${seconds}`);
const sound = (seconds = 2) =>
  lavfi(`aevalsrc=0.4*sin(2*PI*t*(200+150*t))|0.3*sin(2*PI*t*330):s=44100:d=${seconds}`);
/** On one thread: with more, the bytes depend on how many the machine has, and flipped bits hit other things. */
const h264 = [
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p'],
  ...['-g', '12', '-threads', '1'],
];
const aac = ['-c:a', 'aac'];

/** Writes the file of another name into a new one, changed. */
function changed(from: string, to: string, change: (bytes: Buffer) => Uint8Array): void {
  writeFileSync(join(folder, to), change(readFileSync(join(folder, from))));
}

/** Of what is coded, not of the tables before it. */
function flipBits(bytes: Buffer, count: number, seed: number): Buffer {
  const random = Random.seeded(seed);
  const start = bytes.indexOf('mdat') + 4;
  for (let i = 0; i < count; i++) {
    const at = start + random.integer(bytes.length - start);
    bytes[at] = bytes[at]! ^ (1 << random.integer(8));
  }
  return bytes;
}

interface Film {
  name: string;
  file: string;
  /** Makes the file in the temporary folder; none where `file` is a path of an installed package. */
  make?: () => void;
  needs?: string;
  options?: MediaOptions;
  /** Damage: FFmpeg's versions conceal it differently, so only the amount must agree. */
  damaged?: boolean;
  check?: (film: Decoded) => void;
}

const films: Film[] = [
  {
    name: 'plain H.264 with AAC',
    file: 'plain.mp4',
    options: { shortSide: 256 },
    make: () => ffmpeg(...picture(), ...sound(), ...h264, ...aac, '-movflags', '+faststart', 'plain.mp4'),
    check: ({ frames, summary }) => {
      expect(frames.map(({ time }) => Math.round(time * 25))).toEqual(frames.map((_, i) => i));
      expect(summary).toMatchObject({ frames: 50, coverage: 1, problems: [], width: 455 });
    },
  },
  ...[90, 180, 270].map((degrees) => ({
    name: `turned by ${degrees} degrees`,
    file: `turned${degrees}.mp4`,
    make: () =>
      ffmpeg('-i', 'plain.mp4', '-c', 'copy', '-metadata:s:v', `rotate=${degrees}`, `turned${degrees}.mp4`),
    check: ({ summary }: Decoded) => {
      expect(summary).toMatchObject(
        degrees === 180 ? { width: 160, height: 90 } : { width: 90, height: 160 },
      );
    },
  })),
  {
    name: 'pixels that are not square',
    file: 'aspect.mp4',
    make: () => ffmpeg(...picture('180x144'), '-vf', 'setsar=64/45', ...h264, 'aspect.mp4'),
    check: ({ summary }) => expect(summary.width / summary.height).toBeCloseTo(16 / 9, 2),
  },
  {
    name: 'variable frame rate',
    file: 'variable.mkv',
    make: () =>
      ffmpeg(
        ...picture(),
        '-vf',
        "select='lt(n,15)+not(mod(n,7))'",
        '-fps_mode',
        'vfr',
        ...h264,
        'variable.mkv',
      ),
    check: ({ frames }) => {
      const steps = frames.slice(1).map(({ time }, i) => Math.round((time - frames[i]!.time) * 25));
      expect(steps).toEqual([...Array(14).fill(1), 7, 7, 7, 7, 7]);
    },
  },
  {
    name: 'odd sizes',
    file: 'odd.mkv',
    make: () =>
      ffmpeg(
        ...picture('330x190'),
        '-vf',
        'format=yuv444p,crop=321:181:0:0:exact=1',
        '-c:v',
        'ffv1',
        'odd.mkv',
      ),
  },
  {
    name: '10-bit HEVC',
    file: 'hevc10.mp4',
    needs: 'libx265',
    make: () =>
      ffmpeg(
        ...picture(),
        '-c:v',
        'libx265',
        '-x265-params',
        'log-level=none',
        '-pix_fmt',
        'yuv420p10le',
        'hevc10.mp4',
      ),
  },
  {
    name: 'VP9 with Opus',
    file: 'vp9.webm',
    needs: 'libvpx-vp9',
    make: () =>
      ffmpeg(
        ...picture(),
        ...sound(),
        '-c:v',
        'libvpx-vp9',
        '-deadline',
        'realtime',
        '-cpu-used',
        '8',
        'vp9.webm',
      ),
  },
  {
    name: 'AV1',
    file: 'av1.mkv',
    needs: 'libaom-av1',
    make: () =>
      ffmpeg(
        ...picture('160x90', 1),
        '-c:v',
        'libaom-av1',
        '-cpu-used',
        '8',
        '-usage',
        'realtime',
        'av1.mkv',
      ),
  },
  {
    name: 'a film with a cover picture',
    file: 'cover.mp4',
    make: () => {
      ffmpeg(...lavfi('color=red:s=900x900'), '-frames:v', '1', 'cover.png');
      ffmpeg(
        ...['-i', 'cover.png', '-i', 'plain.mp4', '-map', '0', '-map', '1', '-c', 'copy'],
        ...['-disposition:v:0', 'attached_pic', 'cover.mp4'],
      );
    },
    check: ({ summary }) => expect(summary).toMatchObject({ frames: 50, width: 160 }),
  },
  {
    name: 'music with a cover picture',
    file: 'cover.mp3',
    make: () => ffmpeg(...sound(), '-i', 'cover.png', '-map', '0', '-map', '1', '-c:v', 'copy', 'cover.mp3'),
    check: ({ summary }) => expect(summary).toMatchObject({ frames: 0, hasPicture: false, hasSound: true }),
  },
  {
    name: 'sound that starts late',
    file: 'late.mp4',
    make: () => ffmpeg(...picture(), '-itsoffset', '1.2', ...sound(0.8), ...h264, ...aac, 'late.mp4'),
    check: ({ samples, summary }) => {
      expect(Math.abs(summary.samples / sampleRate - 2)).toBeLessThan(0.05);
      const first = samples.findIndex((sample) => Math.abs(sample) > 0.01);
      expect(Math.abs(first / sampleRate - 1.2)).toBeLessThan(0.05);
    },
  },
  {
    name: '5.1 sound, loud in every channel',
    file: 'surround.mkv',
    make: () =>
      ffmpeg(
        ...lavfi(`aevalsrc=${Array(6).fill('0.9*sin(2*PI*t*440)').join('|')}:c=5.1:d=1`),
        '-c:a',
        'flac',
        'surround.mkv',
      ),
    check: ({ samples }) => {
      const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      expect(peak).toBeGreaterThan(0.6);
      expect(peak).toBeLessThanOrEqual(0.91);
    },
  },
  {
    name: 'a picture that changes its size in mid-stream',
    file: 'resized.ts',
    make: () => {
      ffmpeg(...picture('320x180', 1), ...h264, '-f', 'mpegts', 'resized.ts');
      ffmpeg(...picture('480x270', 1), ...h264, '-output_ts_offset', '1', '-f', 'mpegts', 'larger.ts');
      appendFileSync(join(folder, 'resized.ts'), readFileSync(join(folder, 'larger.ts')));
    },
    check: ({ summary }) => expect(summary).toMatchObject({ frames: 50, width: 160, height: 90 }),
  },
  {
    name: 'joined MPEG-TS whose clock starts anew',
    file: 'joined.ts',
    make: () => {
      ffmpeg(...picture(), ...sound(), ...h264, ...aac, '-f', 'mpegts', 'joined.ts');
      const part = readFileSync(join(folder, 'joined.ts'));
      writeFileSync(join(folder, 'joined.ts'), Buffer.concat([part, part, part]));
    },
    check: ({ frames, summary }) => {
      const steps = frames.slice(1).map(({ time }, i) => time - frames[i]!.time);
      expect(Math.max(...steps)).toBeLessThan(0.2);
      expect(summary.frames).toBe(150);
      expect(Math.abs(frames.at(-1)!.time - 6)).toBeLessThan(0.2);
      expect(Math.abs(summary.samples / sampleRate - 6)).toBeLessThan(0.2);
    },
  },
  {
    name: 'no sound',
    file: 'silent.mp4',
    make: () => ffmpeg(...picture(), ...h264, 'silent.mp4'),
    check: ({ summary }) => expect(summary).toMatchObject({ hasSound: false, samples: 0, frames: 50 }),
  },
  {
    name: 'sound only',
    file: 'sound.wav',
    make: () => ffmpeg(...sound(), 'sound.wav'),
    check: ({ summary }) =>
      expect(summary).toMatchObject({ hasPicture: false, frames: 0, samples: 2 * sampleRate, coverage: 1 }),
  },
  {
    name: 'a name with a leading dash and odd characters',
    file: '-i pipe:0 [x]%d.mp4',
    make: () => changed('plain.mp4', '-i pipe:0 [x]%d.mp4', (bytes) => bytes),
    check: ({ summary }) => expect(summary.frames).toBe(50),
  },
  {
    name: 'truncated',
    file: 'truncated.mp4',
    make: () => changed('plain.mp4', 'truncated.mp4', (bytes) => bytes.subarray(0, bytes.length * 0.6)),
    damaged: true,
    check: ({ summary }) => {
      expect(summary.coverage).toBeGreaterThan(0.3);
      expect(summary.coverage).toBeLessThan(0.9);
    },
  },
  {
    name: 'with flipped bits',
    file: 'flipped.mp4',
    make: () => changed('plain.mp4', 'flipped.mp4', (bytes) => flipBits(bytes, 30, 1)),
    damaged: true,
    check: ({ summary }) => expect(summary.coverage).toBeGreaterThan(0.5),
  },
  {
    name: 'with a timecode',
    file: 'timecode.mov',
    make: () =>
      ffmpeg(
        ...picture('64x36', 1, 30),
        '-timecode',
        '10:20:30;04',
        '-r',
        '30000/1001',
        ...h264,
        'timecode.mov',
      ),
    check: ({ summary }) => expect(summary.startTimecode).toBe('10:20:30;04'),
  },
  ...['mp4', 'avi', 'mpeg'].map((ending) => ({
    name: `a real ${ending}`,
    file: `/usr/share/forensics-samples/original-files/movie2/movie-hello.${ending}`,
    needs: 'forensics-samples-files',
    options: { shortSide: 256 },
    check: ({ summary }: Decoded) => expect(summary.coverage).toBeGreaterThan(0.98),
  })),
  ...['Megamind.avi', 'tree.avi'].map((name) => ({
    name,
    file: `/usr/share/doc/opencv-doc/examples/data/${name}`,
    needs: 'opencv-doc',
  })),
];

interface Decoded {
  frames: VideoFrame[];
  samples: Float32Array;
  summary: MediaSummary;
}

async function decode(path: string, decoder: DecoderName, options: MediaOptions = {}): Promise<Decoded> {
  const media = await openMedia(path, { decoder, shortSide: 90, ...options });
  const frames: VideoFrame[] = [];
  const chunks: Float32Array[] = [];
  for await (const item of media) {
    if (item.kind === 'frame') frames.push(item.frame);
    else chunks.push(item.chunk.samples);
  }
  const samples = new Float32Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    samples.set(chunk, at);
    at += chunk.length;
  }
  return { frames, samples, summary: media.summary() };
}

function largestDifference(a: ArrayLike<number> = [], b: ArrayLike<number> = []): number {
  let most = 0;
  for (let i = 0; i < Math.min(a.length, b.length); i++) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
}

/** Pixels to one level, times to a millisecond; samples but for the padding at a codec's end, which newer FFmpegs cut off. */
function expectSame(ours: Decoded, theirs: Decoded, damaged = false): void {
  if (damaged) {
    expect(Math.abs(ours.summary.coverage - theirs.summary.coverage)).toBeLessThan(0.2);
    return;
  }
  expect(ours.frames.length).toBe(theirs.frames.length);
  for (const [i, frame] of ours.frames.entries()) {
    const other = theirs.frames[i]!;
    expect(Math.abs(frame.time - other.time)).toBeLessThan(1e-3);
    expect(largestDifference(frame.gray, other.gray)).toBeLessThanOrEqual(1);
    expect(frame.rgb?.length).toBe(other.rgb?.length);
    expect(largestDifference(frame.rgb, other.rgb)).toBeLessThanOrEqual(1);
  }
  expect(Math.abs(ours.samples.length - theirs.samples.length)).toBeLessThan(0.03 * sampleRate);
  const common = Math.min(ours.samples.length, theirs.samples.length) - 0.03 * sampleRate;
  expect(largestDifference(ours.samples.subarray(0, common), theirs.samples)).toBeLessThan(1e-3);
  expect(Math.abs(ours.summary.coverage - theirs.summary.coverage)).toBeLessThan(0.03);
}

describe('both decoders give the same', () => {
  for (const { name, file, make, needs, options, damaged, check } of films) {
    const path = join(file.startsWith('/') ? '/' : folder, file);
    const found = make ? ffmpegFound && (!needs || encoders.includes(needs)) : existsSync(path);
    const title = found ? name : `${name} (needs ${needs ?? 'ffmpeg'})`;
    test.skipIf(!found)(title, async () => {
      make?.();
      const ours = await decode(path, 'node-av', options);
      const theirs = await decode(path, 'ffmpeg', options);
      check?.(ours);
      check?.(theirs);
      expectSame(ours, theirs, damaged);
    });
  }
});
