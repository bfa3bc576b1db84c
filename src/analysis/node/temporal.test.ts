import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FilmAffect, filmAffectSchema } from '../../affect/index.ts';
import { wholeModel } from '../../exports/index.ts';
import type { FilmFeatures } from '../../features/index.ts';
import { readModel, starterFolder, writeModel } from '../../models/node/index.ts';
import {
  curveOfSeconds,
  inputsOfSecond,
  predict,
  randomParameters,
  type TemporalHead,
  temporalParameters,
} from '../../networks/index.ts';
import { secondsOf } from '../index.ts';
import { type Analyzer, openAnalyzer } from './index.ts';

const film = fileURLToPath(new URL('../../../samples/sample.mp4', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'affectline-temporal-'));
const temporal: TemporalHead = { channels: 4, dilations: [1, 2, 4], causal: false };
let analyzer: Analyzer;
let affect: FilmAffect;
let seconds: Float32Array;

beforeAll(async () => {
  const { description, ...model } = await readModel(starterFolder);
  const own = randomParameters(temporalParameters(temporal, inputsOfSecond(model.network)), 3);
  const scaled = (name: string, factor: number) => {
    const { data } = own.get(`temporal.${name}.weight`)!;
    for (const [i, value] of data.entries()) data[i] = factor * value;
  };
  // so that its values stay on the scale
  for (const [name, factor] of [
    ['filter', 0.05],
    ['output', 0.02],
  ] as const)
    scaled(name, factor);
  own.get('temporal.filter.bias')!.data.fill(3);
  await writeModel(folder, {
    ...{ ...model, temporal },
    ...{ name: 'over time', trained: 'nothing much', synthetic: true },
    calibration: { known: model.calibration!.known },
    parameters: new Map([...model.parameters, ...own]),
  });
  analyzer = await openAnalyzer({ model: folder });
  let found: FilmFeatures | undefined;
  affect = await analyzer.analyze(film, {
    onFeatures: (features) => {
      found = features;
    },
  });
  seconds = secondsOf(analyzer.model, found!, affect.curve.length);
});
afterAll(async () => {
  await analyzer.close();
  rmSync(folder, { recursive: true });
});

test('each second is the answer of the mean-linear head for it, then its features', () => {
  const { network, head } = analyzer.model;
  const width = inputsOfSecond(network);
  expect(seconds.length).toBe(width * affect.curve.length);
  for (const time of [0, 3, affect.curve.length - 1]) {
    const row = seconds.subarray(time * width, (time + 1) * width);
    let place = 2;
    const features: Record<string, Float32Array> = {};
    for (const { track, channels, masked } of network.heads[0]!.inputs) {
      const isThere = !masked || row[place + channels] === 1;
      if (isThere) features[track] = row.subarray(place, place + channels);
      place += channels + Number(masked);
    }
    expect(Object.keys(features)).toEqual(['visual', 'sound']);
    const { valence, arousal } = predict(network, head, features);
    expect(row[0]).toBeCloseTo(valence, 4);
    expect(row[1]).toBeCloseTo(arousal, 4);
  }
});

test('the curve is that of the head, a point for each second; streams and intervals are not told', () => {
  const { temporal: read, head } = analyzer.model;
  const curve = curveOfSeconds(read!, head, seconds);
  expect(affect.window).toEqual({ length: 1, step: 1 });
  expect(affect.curve).toHaveLength(curve.length);
  affect.curve.forEach((point, i) => {
    expect(Object.keys(point)).toEqual(['time', 'valence', 'arousal']);
    expect(point.valence).toBeCloseTo(curve[i]!.valence, 6);
    expect(point.arousal).toBeCloseTo(curve[i]!.arousal, 6);
  });
  expect(affect.curve.some(({ valence }) => Math.abs(valence - affect.curve[0]!.valence) > 0.01)).toBe(true);
  const mean = curve.reduce((sum, { arousal }) => sum + arousal, 0) / curve.length;
  expect(affect.clip).toEqual({ valence: expect.any(Number), arousal: expect.closeTo(mean, 6) });
  expect(affect.intervals).toBeUndefined();
  expect(filmAffectSchema.safeParse(JSON.parse(JSON.stringify(affect))).success).toBe(true);
});

test('where it comes from, and a window alone, are refused by name', async () => {
  await expect(analyzer.places(film, affect, 3)).rejects.toThrow(
    /is not told by over time: its head sees the seconds around/,
  );
  expect(() => wholeModel(analyzer.model, 10)).toThrow(
    /over time has a temporal head, .* export the model that/,
  );
});
