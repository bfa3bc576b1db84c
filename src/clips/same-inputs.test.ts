import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ShotDetector } from '../shots/index.ts';
import { centerCrop, preprocessingFor, writeInput } from '../streams/index.ts';
import { requirement } from '../support/testing.ts';
import { ClipCache, openFilm } from './index.ts';

const hasFfmpeg = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);
const side = 112;

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

function differences(a: Float32Array, b: Float32Array): { mean: number; worst: number } {
  let [sum, worst] = [0, 0];
  a.forEach((value, i) => {
    const difference = Math.abs(value - b[i]!);
    sum += difference;
    worst = Math.max(worst, difference);
  });
  return { mean: sum / a.length, worst };
}

describe.skipIf(!hasFfmpeg)('what training and analysis see of one film (needs ffmpeg)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'affectline-inputs-'));
  const film = join(folder, 'film.mkv');
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(['clock', 'frames'] as const)(
    'are the same numbers but for the JPEG between them: %s',
    async (sampling) => {
      const picture =
        'mandelbrot=size=256x144:rate=30:start_scale=1:end_scale=0.1:end_pts=100,trim=duration=2.5';
      const sound = 'anoisesrc=color=pink:amplitude=0.4:duration=2.5:seed=3';
      execFileSync('ffmpeg', [
        ...['-y', '-v', 'error', '-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', sound],
        ...['-c:v', 'ffv1', '-c:a', 'pcm_s16le', film],
      ]);
      const preprocessing = preprocessingFor('compact', sampling);
      const opened = await openFilm(film, { preprocessing, wants: ['frame', 'pair', 'waveform'] });
      const [moments, fields, pieces] = await Promise.all([
        all(opened.moments),
        all(opened.fields),
        all(opened.sound),
      ]);
      const cache = new ClipCache(join(folder, sampling), preprocessing);
      await cache.prepare([{ path: film }]);
      const clip = await cache.open({ path: film });

      expect(clip.segmentCount).toBe(moments.length);
      expect(moments.length).toBe(sampling === 'clock' ? 7 : 8);
      const segments = await clip.segments([...moments.keys()]);
      const view = {
        width: clip.width,
        height: clip.height,
        crop: centerCrop(clip.width, clip.height, side),
      };
      const input = (write: (into: Float32Array) => void) => {
        const numbers = new Float32Array(3 * side * side);
        write(numbers);
        return numbers;
      };
      let moving = 0;
      for (const { number, time, picture: seen } of moments) {
        const segment = segments[number]!;
        expect(segment.time).toBe(time);
        const own = fields.filter(({ moment }) => moment === number);
        expect(segment.fields.length).toBe(own.length);
        expect(own.length).toBeGreaterThan(0);
        const pictures = [seen, segment.picture].map((frame) =>
          input((into) => writeInput<'frame'>({ stream: 'picture' }, frame, view, into)),
        );
        // a level is 0.017; JPEG of quality 90 loses a few
        expect(differences(pictures[0]!, pictures[1]!).mean).toBeLessThan(0.12);
        own.forEach(({ field }, i) => {
          const inputs = [field, segment.fields[i]!].map((of) =>
            input((into) => writeInput<'pair'>({ stream: 'flow' }, of, view, into)),
          );
          const { mean, worst } = differences(inputs[0]!, inputs[1]!);
          // a unit of displacement is 0.11
          expect(mean).toBeLessThan(0.02);
          expect(worst).toBeLessThan(0.3);
          moving += field.u.reduce((sum, u) => sum + Math.abs(u), 0) / field.u.length;
        });
      }
      expect(moving / fields.length).toBeGreaterThan(0.1);
      const waveform = await clip.waveform();
      const heard = Float32Array.from(pieces.flatMap((piece) => [...piece]));
      expect(waveform.length).toBe(heard.length);
      expect(differences(waveform, heard).worst).toBeLessThan(1 / 32_000);
    },
  );

  test.each(['clock', 'frames'] as const)(
    'are shots of the same length, whatever else is looked at, in whole films and in parts: %s',
    async (sampling) => {
      const cut = join(folder, 'cut.mkv');
      const lengths = [1.2, 3, 0.8, 14, 2.4];
      const sources = ['testsrc2', 'rgbtestsrc', 'smptebars', 'testsrc', 'yuvtestsrc'];
      execFileSync('ffmpeg', [
        ...['-y', '-v', 'error'],
        ...sources.flatMap((source, i) => {
          const of = `${source}=size=160x128:rate=25,trim=duration=${lengths[i]}`;
          return ['-f', 'lavfi', '-i', of];
        }),
        ...['-filter_complex', `concat=n=${sources.length}`, '-c:v', 'ffv1', '-pix_fmt', 'yuv420p', cut],
      ]);
      const preprocessing = preprocessingFor('compact', sampling);
      const shotsOf = async (wants: readonly ('frame' | 'pair')[], part?: { start: number; end: number }) => {
        const opened = await openFilm(cut, { preprocessing, wants, part, shots: new ShotDetector() });
        const [moments] = await Promise.all([all(opened.moments), all(opened.fields), all(opened.sound)]);
        return moments.map(({ time, picture }) => ({ time, shot: picture.shot }));
      };
      const cache = new ClipCache(join(folder, `${sampling}-shots`), preprocessing);
      const part = { start: 3, end: 8 };
      await cache.prepare([{ path: cut }, { path: cut, part }]);
      const keptOf = async (of?: typeof part) => {
        const clip = await cache.open({ path: cut, ...(of && { part: of }) });
        const segments = await clip.segments([...Array(clip.segmentCount).keys()]);
        return segments.map(({ time, picture }) => ({ time, shot: picture.shot }));
      };
      const told = await shotsOf(['frame']);
      expect(await shotsOf(['frame', 'pair'])).toEqual(told);
      expect(await keptOf()).toEqual(told);
      expect(await keptOf(part)).toEqual(await shotsOf(['frame'], part));

      const until = (count: number) => lengths.slice(0, count).reduce((sum, length) => sum + length, 0);
      const spans = lengths.map((_, i) => ({ from: until(i), to: until(i + 1) }));
      for (const { time, shot } of told) {
        const own = spans.findLast((span) => span.from <= time + 1e-3)!;
        const length = Math.min(own.to, time + 10) - Math.max(own.from, time - 10);
        // the last frame begins a frame before the end
        expect(Math.abs(shot! - length), `${time}`).toBeLessThan(0.06);
      }
      // of a part, only what lies in it
      expect((await keptOf(part))[0]!.shot).toBeCloseTo(1.2, 1);
      expect((await keptOf(part)).at(-1)!.shot).toBeCloseTo(3, 1);
    },
  );
});
