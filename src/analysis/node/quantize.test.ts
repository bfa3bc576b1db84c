import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FilmAffect } from '../../affect/index.ts';
import { readModel } from '../../models/node/index.ts';
import { multipliesBytesExactly } from '../../runtime/node/index.ts';
import { requirement } from '../../support/testing.ts';
import { openAnalyzer, type Quantized, quantizeModel, starterFolder, writeQuantized } from './index.ts';

const hasFfmpeg = requirement('ffmpeg', () => spawnSync('ffmpeg', ['-version']).status === 0);
const exact = await multipliesBytesExactly();
const root = mkdtempSync(join(tmpdir(), 'affectline-quantize-'));
const folder = join(root, 'bytes');

/** Pictures and sounds that differ; of four films the last is kept apart. */
const films = ['testsrc2', 'smptebars', 'mandelbrot', 'testsrc'].map((picture, i) => {
  const sound = `anoisesrc=color=${i % 2 ? 'pink' : 'brown'}:amplitude=0.${i + 2}:duration=3:seed=${i + 1}`;
  const inputs = ['-f', 'lavfi', '-i', `${picture}=size=160x120:rate=25`, '-f', 'lavfi', '-i', sound];
  return {
    path: join(root, `${picture}.mkv`),
    options: [...inputs, '-t', '3', '-c:v', 'mpeg4', '-q:v', '3'],
  };
});

let quantized: Quantized;
beforeAll(async () => {
  if (!hasFfmpeg) return;
  for (const { path, options } of films)
    execFileSync('ffmpeg', ['-v', 'error', '-nostdin', ...options, path]);
  quantized = await quantizeModel({ model: starterFolder, films: films.map(({ path }) => path) });
  await writeQuantized(folder, quantized);
});
afterAll(() => rmSync(root, { recursive: true }));

async function answer(model: string, path: string): Promise<FilmAffect> {
  const analyzer = await openAnalyzer({ model });
  try {
    return await analyzer.analyze(path);
  } finally {
    await analyzer.close();
  }
}

test.skipIf(!hasFfmpeg)(
  'a quantized model keeps its weights, and ranges of all that it computes',
  async () => {
    const [before, after] = [await readModel(starterFolder), await readModel(folder)];
    expect(before.ranges).toBeUndefined();
    for (const [name, { data }] of before.parameters) expect(after.parameters.get(name)!.data).toEqual(data);
    const convolutions = [...before.parameters].filter(([, { shape }]) => shape.length === 4);
    for (const [name, { shape }] of convolutions) {
      const range = after.ranges!.get(name)!;
      expect(range.shape, name).toEqual([2, shape[0]]);
      expect(Math.max(...range.data), name).toBeGreaterThan(0);
    }
    expect(quantized.inBytes.films).toBe(3);
    expect(quantized.inBytes.seconds).toBeCloseTo(9, 1);
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain('Its ranges are from 3 films of 9 s');
  },
);

test.skipIf(!hasFfmpeg || !exact)(
  'its answers are nearly those in float32, and differ by what it says of the film kept apart',
  async () => {
    const path = films[3]!.path;
    const [before, after] = [await answer(starterFolder, path), await answer(folder, path)];
    const { change } = quantized.inBytes;
    expect(change).toMatchObject({ films: 1, apart: true });
    for (const dimension of ['valence', 'arousal'] as const) {
      const found = Math.abs(after.clip[dimension] - before.clip[dimension]);
      expect(found).toBeGreaterThan(0);
      expect(found).toBeLessThan(0.05);
      expect(change![dimension].most).toBeCloseTo(found, 9);
      expect(change![dimension].mean).toBeCloseTo(found, 9);
    }
    expect(after.model.contentHash).not.toBe(before.model.contentHash);
  },
);

test.skipIf(!hasFfmpeg || !exact)(
  'four films or fewer than that: measured on the same, and it says so',
  async () => {
    const { inBytes } = await quantizeModel({ model: starterFolder, films: [films[0]!.path] });
    expect(inBytes).toMatchObject({ films: 1, change: { films: 1, apart: false } });
  },
);

test('without a film there is nothing to take ranges from', async () => {
  await expect(quantizeModel({ model: starterFolder, films: [] })).rejects.toThrow(
    'ranges are taken from films',
  );
});
