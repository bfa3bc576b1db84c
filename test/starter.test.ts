import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openAnalyzer, starterFolder } from '../src/analysis/node/index.ts';
import { toCsv } from '../src/results/index.ts';
import { requirement } from '../src/support/testing.ts';

const hasFfmpeg = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);

test('without a model named, the starter model is used, and every output says that it knows synthetic films only', async () => {
  const analyzer = await openAnalyzer();
  const film = await analyzer.analyze(fileURLToPath(new URL('../samples/sample.mp4', import.meta.url)));
  await analyzer.close();
  expect(film.model).toMatchObject({ name: 'starter', preset: 'compact', synthetic: true, scale: [1, 5] });
  expect(film.model.trained).toMatch(/^\d+ synthetic clips/);
  expect(film.warnings).toEqual([expect.stringContaining('synthetic films only')]);
  expect(toCsv(film)).toContain('starter (compact; synthetic films)');

  // By the laws it is rendered from (samples/make.mjs), the sample ends brighter, faster and louder than it begins.
  const [first, last] = [film.curve[4]!, film.curve.at(-4)!];
  expect(last.arousal - first.arousal).toBeGreaterThan(0.15);
  expect(last.valence - first.valence).toBeGreaterThan(0.1);
  for (const { valence, arousal } of film.curve)
    for (const value of [valence, arousal]) expect(Math.abs(value - 3)).toBeLessThan(2.5);
}, 60_000);

test.skipIf(!hasFfmpeg)(
  'it says how sure it is, and that it does not know what is no film',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'affectline-starter-'));
    const analyzer = await openAnalyzer();
    try {
      const size = 's=160x90:r=25:d=2';
      const screens = [
        ['black', `color=black:${size}`, 'darker'],
        ['red', `color=red:${size}`, 'less-detail'],
        ['noise', `color=gray:${size},noise=alls=100:allf=t`, 'more-detail'],
        ['faint noise', `color=black:${size},noise=alls=60:allf=t`, 'grainier'],
      ] as const;
      for (const [name, source, code] of screens) {
        const path = join(folder, `${name}.mkv`);
        const coding = ['-c:v', 'libx264', '-crf', '12', '-threads', '1', '-pix_fmt', 'yuv420p'];
        execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', source, ...coding, path]);
        const { unknown, clip, intervals } = await analyzer.analyze(path);
        expect(
          unknown.map((one) => one.code),
          name,
        ).toContain(code);
        expect(intervals).toMatchObject({ confidence: 0.9 });
        expect(clip.low!.arousal).toBeLessThan(clip.arousal);
        expect(clip.high!.arousal).toBeGreaterThan(clip.arousal);
      }
    } finally {
      await analyzer.close();
      rmSync(folder, { recursive: true });
    }
  },
  120_000,
);

test('a model beside a preset of random weights is refused', async () => {
  await expect(openAnalyzer({ model: starterFolder, preset: 'compact' })).rejects.toThrow(
    /preset compact and model .*: a model has its own; give one/,
  );
});

test('the starter model is small enough for the package', () => {
  expect(statSync(join(starterFolder, 'model.safetensors')).size).toBeLessThan(8e6);
});
