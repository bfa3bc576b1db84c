import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClipCache } from '../clips/index.ts';
import { readModel } from '../models/node/index.ts';
import { nodeRuntime } from '../runtime/node/index.ts';
import { preprocessingFor } from '../streams/index.ts';
import { requirement } from '../support/testing.ts';
import { trainingConfiguration } from './configuration.ts';
import type { TrainingClip, TrainOptions } from './options.ts';
import { initialParameters } from './start.ts';
import { train } from './trainer.ts';

const hasFfmpeg = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);

describe.skipIf(!hasFfmpeg)('training on small clips (needs ffmpeg)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'affectline-training-'));
  const clips: TrainingClip[] = [];
  const preprocessing = preprocessingFor('compact');
  afterAll(() => rmSync(folder, { recursive: true }));

  beforeAll(async () => {
    const films = Array.from({ length: 5 }, (_, i) => {
      const film = join(folder, `${i}.mp4`);
      const picture = `color=c=0x${(40 * i + 30).toString(16).repeat(3)}:size=160x128:rate=25:duration=0.8`;
      const sound = `sine=frequency=${200 + 300 * i}:duration=0.8`;
      execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', sound, film]);
      return film;
    });
    const cache = new ClipCache(join(folder, 'clips'), preprocessing);
    await cache.prepare(films.map((path) => ({ path })));
    for (const [i, film] of films.entries())
      clips.push({ clip: await cache.open({ path: film }), valence: 2 + 0.3 * i, arousal: 4 - 0.4 * i });
  });

  const configuration = trainingConfiguration(
    {
      preset: 'compact',
      train: { flow: 'frozen', picture: 3, sound: 'frozen' },
      batchSize: 2,
      clipsAtOnce: 1,
      segments: 1,
      flowFields: 1,
      evaluationSegments: 1,
      soundSeconds: 1,
      epochs: 3,
    },
    'test',
  );

  async function run(
    name: string,
    stopAfter = Number.POSITIVE_INFINITY,
    changed: Partial<TrainOptions> = {},
  ) {
    const stop = new AbortController();
    let steps = 0;
    const parameters = await initialParameters(configuration);
    const result = await train({
      configuration,
      parameters,
      folder: join(folder, name),
      train: clips.slice(0, 4),
      validation: clips.slice(4),
      model: { name, trained: 'colors', synthetic: true, preprocessing },
      runtime: nodeRuntime({ threads: 1 }),
      signal: stop.signal,
      onStep: () => {
        if (++steps === stopAfter) stop.abort(new Error('stopped'));
      },
      ...changed,
    });
    const records = result.records.map(({ wallTime, seconds, waited, ...record }) => record);
    return { records, steps, best: result.best };
  }

  test('stopped and resumed, it ends where it would have ended, to the bit; frozen streams do not move', async () => {
    const whole = await run('whole');
    expect(whole.steps).toBe(6);
    expect(whole.records.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    await expect(run('stopped', 3)).rejects.toThrow('stopped');
    const resumed = await run('stopped');
    expect(resumed.steps).toBe(4); // the second epoch from its start, and the third
    expect(resumed.records).toEqual(whole.records);
    const weights = (name: string) => readFileSync(join(folder, name, 'best/model.safetensors'));
    expect(weights('stopped').equals(weights('whole'))).toBe(true);

    const description = JSON.parse(readFileSync(join(whole.best, 'model.json'), 'utf8'));
    expect(description).toMatchObject({
      name: 'whole',
      network: { preset: 'compact' },
      trained: 'colors',
      synthetic: true,
      preprocessing,
    });
    for (const file of ['results.csv', 'metrics.jsonl', 'events.out.tfevents.affectline'])
      expect(existsSync(join(folder, 'whole', file))).toBe(true);
    // a finished run is not taken up again
    expect((await run('whole')).steps).toBe(0);
  });

  test('a run is not gone on with by another configuration, other labels or other films', async () => {
    await run('begun');
    const longer = {
      ...configuration,
      epochs: 5,
      learningRate: { ...configuration.learningRate, head: 0.5 },
    };
    await expect(run('begun', 1, { configuration: longer })).rejects.toThrow(
      /begun was trained with another configuration than is asked for now: epochs \(was 3, is 5\), learningRate\.head \(was 0\.001, is 0\.5\); change that back/,
    );
    const other =
      /begun was trained on other clips than are there now: films, labels or their split have changed/;
    const relabeled = clips.slice(0, 4).map((clip, i) => (i === 2 ? { ...clip, valence: 4 } : clip));
    await expect(run('begun', 1, { train: relabeled })).rejects.toThrow(other);
    const refilmed = [{ ...clips[4]!, clip: clips[3]!.clip }];
    await expect(run('begun', 1, { validation: refilmed })).rejects.toThrow(other);
    expect((await run('begun')).steps).toBe(0);
  });

  test('a fusion over time learns from the moments before and after each, and its model says so', async () => {
    const overTime = { ...configuration, segments: 2, epochs: 1, fusionConvolution: 'space-time' as const };
    const parameters = await initialParameters(overTime);
    const before = parameters.get('fusion.conv.weight')!.data.slice();
    const { best } = await run('over-time', undefined, { configuration: overTime, parameters });
    const { network, parameters: learned } = await readModel(best);
    expect(network.fusionConvolution).toBe('space-time');
    const { shape, data } = learned.get('fusion.conv.weight')!;
    const [, inputs] = shape as [number, number];
    const moved = [0, 0, 0];
    data.forEach((value, i) => {
      const moment = Math.floor((Math.floor(i / 9) % inputs) / (inputs / 3));
      moved[moment]! += Math.abs(value - before[i]!);
    });
    for (const sum of moved) expect(sum).toBeGreaterThan(0);
  });

  test('it starts at the mean label, and learns the clips it sees', async () => {
    const { records } = await run('learning');
    const variance = [0.3, 0.4].reduce((sum, step) => sum + 1.25 * step * step, 0) / 2;
    expect(records[0]!.trainLoss).toBeLessThan(20 * variance);
    expect(records.at(-1)!.trainLoss).toBeLessThan(records[0]!.trainLoss);
  });
});
