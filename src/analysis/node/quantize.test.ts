import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FilmAffect } from '../../affect/index.ts';
import { describeNetwork, type NetworkOptions, networkParameters } from '../../models/index.ts';
import { readModel, writeModel } from '../../models/node/index.ts';
import {
  inputsOfSecond,
  randomParameters,
  smallTemporalHead,
  type TemporalHead,
  temporalParameters,
} from '../../networks/index.ts';
import { multipliesBytesExactly } from '../../runtime/node/index.ts';
import { preprocessingFor } from '../../streams/index.ts';
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
      // a range after a ReLU is another than one without
      const range = (after.ranges!.get(name) ?? after.ranges!.get(`${name}:signed`))!;
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

const variants: [string, NetworkOptions, TemporalHead?][] = [
  ['a fusion over time', { preset: 'compact', fusionConvolution: 'space-time' }],
  ['fusion of decisions', { preset: 'compact', fusion: 'decisions' }],
  ['a single stream', { preset: 'compact', streams: ['picture'] }],
  ['a stream for color', { preset: 'compact', streams: ['flow', 'picture', 'sound', 'color'] }],
  ['a constant-Q transform', { preset: 'compact', backbone: { sound: 'constant-q' } }],
  ['a head over time', { preset: 'compact' }, smallTemporalHead],
];

test.skipIf(!hasFfmpeg || !exact).each(variants)('so it is with %s', async (name, options, temporal) => {
  const network = describeNetwork(options);
  const own = temporal ? temporalParameters(temporal, inputsOfSecond(network)) : [];
  const original = join(root, `original of ${name}`);
  const written = join(root, `${name} in bytes`);
  await writeModel(original, {
    ...{ name, trained: 'nothing', synthetic: true, network, temporal },
    preprocessing: preprocessingFor('compact'),
    parameters: randomParameters([...networkParameters(network), ...own], 5),
  });
  const path = films[1]!.path;
  await writeQuantized(written, await quantizeModel({ model: original, films: [path] }));
  const [before, after] = [await readModel(original), await readModel(written)];
  expect(after.network).toEqual(before.network);
  expect(after.temporal).toEqual(before.temporal);
  const [floats, bytes] = [await answer(original, path), await answer(written, path)];
  for (const dimension of ['valence', 'arousal'] as const)
    expect(Math.abs(bytes.clip[dimension] - floats.clip[dimension])).toBeLessThan(0.1);
  expect(bytes.curve).not.toEqual(floats.curve);
});

const mapped: [string, NetworkOptions][] = [
  ['all streams', { preset: 'compact' }],
  ['a single stream', { preset: 'compact', streams: ['picture'] }],
];

test.skipIf(!hasFfmpeg || !exact).each(mapped)(
  'heat maps of a network in bytes are nearly those in float32, where parts of a sum are negative: %s',
  async (name, options) => {
    const network = describeNetwork(options);
    const original = join(root, `map of ${name}`);
    await writeModel(original, {
      ...{ name, trained: 'nothing', synthetic: true, network },
      preprocessing: preprocessingFor('compact'),
      parameters: randomParameters(networkParameters(network), 6),
    });
    const path = films[2]!.path;
    const written = join(root, `map of ${name} in bytes`);
    await writeQuantized(written, await quantizeModel({ model: original, films: [path] }));
    const mapsOf = async (model: string) => {
      const analyzer = await openAnalyzer({ model });
      const { point } = (await analyzer.places(path, await analyzer.analyze(path), 1))!;
      await analyzer.close();
      return point.maps.flatMap(({ valence, arousal }) => [...valence, ...arousal]);
    };
    const [floats, bytes] = [await mapsOf(original), await mapsOf(written)];
    const size = floats.reduce((sum, value) => sum + Math.abs(value), 0);
    const apart = floats.reduce((sum, value, i) => sum + Math.abs(value - bytes[i]!), 0);
    expect(floats.length).toBeGreaterThan(50);
    expect(apart / size).toBeLessThan(0.1);
  },
);

test('without a film there is nothing to take ranges from', async () => {
  await expect(quantizeModel({ model: starterFolder, films: [] })).rejects.toThrow(
    'ranges are taken from films',
  );
});
