import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requirement } from '../support/testing.ts';
import { type MediaOptions, type MediaSummary, openMedia } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-cases-'));
afterAll(() => rmSync(folder, { recursive: true }));
const ffmpegFound = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);

/** Makes the file named last, once for both decoders. */
function ffmpeg(...options: string[]): void {
  if (existsSync(join(folder, options.at(-1)!))) return;
  execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...options], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

const lavfi = (source: string) => ['-f', 'lavfi', '-i', source];
const base = ['-i', 'base.mp4'];
const fast = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
const tagged = 'setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=limited';
const linear = `${tagged},zscale=t=linear:npl=203,format=gbrpf32le`;
const hdr = (transfer: string) =>
  `${linear},zscale=t=${transfer}:m=bt2020nc:p=bt2020:r=limited:npl=203,format=yuv420p10le`;

/** A WAV file of one channel of 32-bit floats, 22,050 a second. */
function writeFloats(name: string, samples: Float32Array): void {
  const head = Buffer.alloc(44);
  head.write('RIFF');
  head.writeUInt32LE(36 + samples.byteLength, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(3, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(22_050, 24);
  head.writeUInt32LE(88_200, 28);
  head.writeUInt16LE(4, 32);
  head.writeUInt16LE(32, 34);
  head.write('data', 36);
  head.writeUInt32LE(samples.byteLength, 40);
  writeFileSync(join(folder, name), Buffer.concat([head, Buffer.from(samples.buffer)]));
}

beforeAll(() => {
  if (!ffmpegFound) return;
  ffmpeg(
    ...lavfi('testsrc2=s=160x120:r=25:d=6'),
    ...lavfi('sine=440:d=6'),
    ...fast,
    '-c:a',
    'aac',
    'base.mp4',
  );
});

describe.skipIf(!ffmpegFound)('what is easily read wrongly (needs ffmpeg)', { timeout: 300_000 }, () => {
  describe.each(['node-av', 'ffmpeg'] as const)('by %s', (decoder) => {
    interface Read extends MediaSummary {
      times: number[];
      loudness: number;
      peak: number;
      /** Mean red, green, blue and gray. */
      color: number[];
    }

    async function read(name: string, options: MediaOptions = {}): Promise<Read> {
      const media = await openMedia(join(folder, name), { decoder, shortSide: 32, ...options });
      const times: number[] = [];
      const sums = [0, 0, 0, 0];
      let energy = 0;
      let peak = 0;
      let pictures = 0;
      for await (const item of media) {
        if (item.kind === 'audio') {
          for (const sample of item.chunk.samples) {
            energy += sample * sample;
            peak = Math.max(peak, Math.abs(sample)); // not a number, once one sample is none
          }
          continue;
        }
        const { time, rgb, gray } = item.frame;
        times.push(time);
        if (!rgb) continue;
        pictures++;
        for (const [i, level] of rgb.entries()) sums[i % 3]! += level / gray.length;
        for (const level of gray) sums[3]! += level / gray.length;
      }
      expect(Number.isFinite(peak)).toBe(true);
      const summary = media.summary();
      const loudness = Math.sqrt(energy / Math.max(1, summary.samples));
      return { ...summary, times, loudness, peak, color: sums.map((sum) => sum / pictures) };
    }

    test('a long pause is kept where no duration is declared', async () => {
      const jump = "setpts='if(lt(N,50),PTS,PTS+40/TB)'";
      const timing = ['-fps_mode', 'passthrough', '-enc_time_base', '1/1000'];
      ffmpeg(
        ...base,
        '-an',
        '-vf',
        jump,
        ...timing,
        '-c:v',
        'libvpx',
        '-live',
        '1',
        '-f',
        'webm',
        'live.webm',
      );
      const { times, decodedDuration, coverage } = await read('live.webm');
      expect(times.length).toBe(150);
      expect(times.at(-1)).toBeCloseTo(45.96, 2);
      expect(decodedDuration).toBeCloseTo(46, 1);
      expect(coverage).toBe(1);
    });

    test('the film lasts from the first to the last of picture and sound', async () => {
      ffmpeg(...base, '-itsoffset', '1.8', ...base, '-map', '0:a', '-map', '1:v', '-c', 'copy', 'late.mp4');
      expect((await read('late.mp4')).decodedDuration).toBeCloseTo(7.8, 1);
      ffmpeg('-t', '2', ...base, ...base, '-map', '0:v', '-map', '1:a', '-c', 'copy', 'long.mkv');
      expect(await read('long.mkv')).toMatchObject({ coverage: 1, duration: expect.closeTo(6, 1) });
      ffmpeg(...base, '-frames:v', '1', '-an', 'one.mp4');
      ffmpeg('-i', 'one.mp4', ...base, '-map', '0:v', '-map', '1:a', '-c', 'copy', 'still.mp4');
      expect(await read('still.mp4')).toMatchObject({ frames: 1, decodedDuration: expect.closeTo(6, 1) });
    });

    test('of several tracks the one that moves and the one that is heard are taken, or the one asked for', async () => {
      ffmpeg(
        ...[...lavfi('testsrc2=s=640x480:r=1:d=1'), ...base, ...lavfi('anullsrc=d=6'), ...base],
        ...['-map', '0:v', '-map', '1:v', '-map', '2:a', '-map', '3:a', ...fast, '-c:a', 'aac'],
        ...[
          '-disposition:v:0',
          'default',
          '-disposition:a:0',
          'default',
          '-disposition:a:1',
          '0',
          'tracks.mp4',
        ],
      );
      const film = await read('tracks.mp4');
      expect(film).toMatchObject({ frames: 150, videoTrack: { track: 2, of: 2, codec: 'h264' } });
      expect(film.audioTrack).toEqual({ track: 2, of: 2, codec: 'aac' });
      expect(film.loudness).toBeGreaterThan(0.05);
      expect(film.notices).toContainEqual(expect.stringContaining('track 1 is silent'));
      const asked = await read('tracks.mp4', { audioTrack: 1, videoTrack: 1 });
      expect(asked).toMatchObject({ frames: 1, loudness: 0, audioTrack: { track: 1 } });
      await expect(read('tracks.mp4', { audioTrack: 3 })).rejects.toThrow(/--audio-track 3: it has 2/);
    });

    test('channels in antiphase, seven and eight channels are heard', async () => {
      ffmpeg(...base, '-vn', '-af', 'pan=stereo|c0=c0|c1=-1*c0', '-c:a', 'pcm_s16le', 'antiphase.mov');
      const antiphase = await read('antiphase.mov');
      expect(antiphase.loudness).toBeCloseTo(0.088, 2);
      expect(antiphase.notices).toContainEqual(expect.stringContaining('antiphase'));
      for (const layout of ['6.1', '7.1']) {
        const noise = `anoisesrc=d=2:a=.5,aformat=channel_layouts=${layout}`;
        ffmpeg(...lavfi(noise), '-c:a', 'pcm_s16le', `${layout}.mov`);
        expect((await read(`${layout}.mov`)).loudness).toBeGreaterThan(0.02);
      }
    });

    test('samples that are no numbers or far too loud are repaired, and it is told', async () => {
      const samples = Float32Array.from({ length: 44_100 }, (_, i) => 0.5 * Math.sin(i / 10));
      writeFloats(
        'loud.wav',
        samples.map((sample) => 600 * sample),
      );
      const loud = await read('loud.wav');
      expect(loud.peak).toBeLessThanOrEqual(1);
      expect(loud.notices).toContainEqual(expect.stringContaining('clipped'));
      samples[20_000] = Number.NaN;
      samples[30_000] = Number.POSITIVE_INFINITY;
      writeFloats('broken.wav', samples);
      const broken = await read('broken.wav');
      expect(broken.loudness).toBeCloseTo(0.5 / Math.SQRT2, 1);
      expect(broken.notices).toContainEqual(expect.stringContaining('not numbers'));
    });

    test('a high dynamic range shows the colors of the same film in an ordinary one', async () => {
      const colors = lavfi('testsrc2=s=320x240:r=5:d=2,eq=saturation=0.5:contrast=0.8');
      ffmpeg(...colors, '-vf', tagged, ...fast, '-crf', '8', 'sdr.mov');
      const { color } = await read('sdr.mov');
      for (const transfer of ['smpte2084', 'arib-std-b67']) {
        const tags = ['-color_primaries', 'bt2020', '-color_trc', transfer, '-colorspace', 'bt2020nc'];
        const x265 = ['-c:v', 'libx265', '-x265-params', 'crf=8:log-level=none', ...tags];
        ffmpeg(...colors, '-vf', hdr(transfer), ...x265, `${transfer}.mov`);
        const high = await read(`${transfer}.mov`);
        for (const [i, level] of high.color.entries()) expect(Math.abs(level - color[i]!)).toBeLessThan(5);
      }
    });

    test('a large picture without tags is BT.709', async () => {
      const make = (name: string, ...tags: string[]) =>
        ffmpeg(
          ...lavfi('color=c=0xc04020:s=1280x720:r=5:d=1'),
          '-vf',
          'scale=out_color_matrix=bt709',
          ...tags,
          ...fast,
          name,
        );
      make('tagged.mp4', '-colorspace', 'bt709');
      make('untagged.mp4', '-colorspace', 'unknown');
      for (const name of ['tagged.mp4', 'untagged.mp4']) {
        const { color } = await read(name);
        for (const [i, level] of [0xc0, 0x40, 0x20].entries())
          expect(Math.abs(color[i]! - level)).toBeLessThan(4);
      }
    });

    test.each(['gif', 'apng', 'y4m'])('%s is a film', async (ending) => {
      ffmpeg(...base, '-an', '-r', '10', '-frames:v', '20', `moving.${ending}`);
      const film = await read(`moving.${ending}`);
      expect(film).toMatchObject({ frames: 20, coverage: 1, decodedDuration: expect.closeTo(2, 1) });
    });

    test('WebP is a picture', async () => {
      ffmpeg(...base, '-frames:v', '1', 'still.webp');
      expect(await read('still.webp')).toMatchObject({ frames: 1, coverage: 1 });
    });

    test('what is whole is not flagged, whatever its header promises', async () => {
      ffmpeg(...base, '-c', 'copy', '-movflags', 'frag_keyframe+empty_moov', 'fragments.mp4');
      const bytes = readFileSync(join(folder, 'fragments.mp4'));
      ffmpeg(...base, '-c', 'copy', 'whole.mkv');
      const matroska = readFileSync(join(folder, 'whole.mkv'));
      const duration = matroska.indexOf(Buffer.from([0x44, 0x89, 0x88]));
      matroska.writeDoubleBE(9000, duration + 3);
      writeFileSync(join(folder, 'generous.mkv'), matroska);
      writeFileSync(join(folder, 'piece.mp4'), bytes);
      for (const name of ['generous.mkv', 'piece.mp4'])
        expect(await read(name), name).toMatchObject({ coverage: 1, duration: expect.closeTo(6, 1) });
    });

    test('what is cut or zeroed is flagged, also where its header knows nothing of it', async () => {
      ffmpeg(...base, '-c:v', 'mpeg4', '-c:a', 'libmp3lame', 'whole.avi');
      for (const name of ['whole.avi', 'base.mp4']) {
        const bytes = readFileSync(join(folder, name));
        const zeroed = Buffer.from(bytes).fill(
          0,
          Math.floor(0.4 * bytes.length),
          Math.floor(0.6 * bytes.length),
        );
        writeFileSync(join(folder, `zeroed-${name}`), zeroed);
        expect((await read(`zeroed-${name}`)).coverage, name).toBeLessThan(0.95);
      }
      const avi = readFileSync(join(folder, 'whole.avi'));
      writeFileSync(join(folder, 'cut.avi'), avi.subarray(0, avi.length / 2));
      expect((await read('cut.avi')).coverage).toBeLessThan(0.7);
      // decoders stop at the first fault of these, and say nothing of it
      for (const ending of ['gif', 'apng']) {
        ffmpeg(...base, '-an', '-r', '10', '-frames:v', '20', `moving.${ending}`);
        const moving = readFileSync(join(folder, `moving.${ending}`));
        moving.fill(0, Math.floor(0.4 * moving.length), Math.floor(0.6 * moving.length));
        writeFileSync(join(folder, `zeroed.${ending}`), moving);
        expect((await read(`zeroed.${ending}`)).coverage, ending).toBeLessThan(0.6);
      }
      // FFmpeg passes over zeros between the frames of this without a word
      ffmpeg('-f', 'lavfi', '-i', 'anoisesrc=a=.3:d=3:seed=1', '-c:a', 'flac', 'whole.flac');
      const flac = readFileSync(join(folder, 'whole.flac'));
      writeFileSync(
        join(folder, 'zeroed.flac'),
        Buffer.from(flac).fill(0, Math.floor(0.4 * flac.length), Math.floor(0.6 * flac.length)),
      );
      expect((await read('whole.flac')).coverage).toBe(1);
      expect((await read('zeroed.flac')).coverage).toBeGreaterThan(0.65);
      expect((await read('zeroed.flac')).coverage).toBeLessThan(0.85);
      ffmpeg(...base, '-c:v', 'wmv2', '-c:a', 'wmav2', 'whole.asf');
      const asf = readFileSync(join(folder, 'whole.asf'));
      writeFileSync(join(folder, 'cut.asf'), asf.subarray(0, asf.length / 2));
      expect((await read('whole.asf')).coverage).toBe(1);
      expect((await read('cut.asf')).coverage).toBeLessThan(0.7);
    });

    test('an MP4 without its index is incomplete; standard input and addresses are no files', async () => {
      writeFileSync(join(folder, 'index.mp4'), readFileSync(join(folder, 'base.mp4')).subarray(0, 20_000));
      await expect(read('index.mp4')).rejects.toThrow('it is incomplete: an MP4 or MOV without its index');
      await expect(openMedia('-', { decoder })).rejects.toThrow('standard input');
      await expect(openMedia('https://example.org/a.mp4', { decoder })).rejects.toThrow('an address');
    });
  });
});
