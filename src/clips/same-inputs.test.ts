import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
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
});
