import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Affect, type FilmAffect, filmAffectSchema } from '../../affect/index.ts';
import { openFilm } from '../../clips/index.ts';
import { evaluate, input, parametersOf, type Value } from '../../graph/index.ts';
import {
  describeNetwork,
  momentNetwork,
  streamMap,
  untrainedModel,
  waveformNetwork,
} from '../../models/index.ts';
import { columnTime, predict, randomParameters, soundnetWindows } from '../../networks/index.ts';
import { cropField, cropPicture, momentCrop, preprocessingFor } from '../../streams/index.ts';
import type { Tensor } from '../../support/tensor.ts';
import { requirement } from '../../support/testing.ts';
import { type AnalyzeOptions, openAnalyzer } from './index.ts';

const hasFfmpeg = requirement('ffmpeg', () => spawnSync('ffmpeg', ['-version']).status === 0);

let folder: string;
let film: string;

function makeFilm(name: string, ...options: string[]): string {
  const path = join(folder, name);
  execFileSync('ffmpeg', ['-v', 'error', '-nostdin', ...options, path]);
  return path;
}

const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=200x150:rate=1/4:duration=12'];
const sound = ['-f', 'lavfi', '-i', 'anoisesrc=color=pink:amplitude=0.4:duration=11.3:seed=3'];
const codecs = ['-c:v', 'mpeg4', '-q:v', '3', '-c:a', 'pcm_s16le'];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'affectline-analysis-'));
  if (hasFfmpeg) film = makeFilm('film.mkv', ...picture, ...sound, ...codecs);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function analyze(
  path: string,
  { streams, threads, ...options }: AnalyzeOptions & { streams?: string[]; threads?: number } = {},
): Promise<FilmAffect> {
  const analyzer = await openAnalyzer({
    preset: 'compact',
    ...(streams && { streams }),
    ...(threads && { threads }),
  });
  try {
    return await analyzer.analyze(path, options);
  } finally {
    await analyzer.close();
  }
}

function expectSame(actual: Affect, expected: Affect, tolerance: number): void {
  for (const key of ['valence', 'arousal'] as const) {
    const scale = Math.max(1, Math.abs(expected[key]));
    expect(Math.abs(actual[key] - expected[key]) / scale, key).toBeLessThan(tolerance);
  }
}

/** Everything of a short film at once, each step by its definition, the networks in float64. */
async function naiveAnalysis(path: string) {
  const network = describeNetwork({ preset: 'compact' });
  const { side } = network.sizes;
  const opened = await openFilm(path, {
    preprocessing: preprocessingFor('compact'),
    wants: ['frame', 'pair', 'waveform'],
  });
  const all = async <T>(items: AsyncIterable<T>) => {
    const list: T[] = [];
    for await (const item of items) list.push(item);
    return list;
  };
  const [frames, flow, pieces] = await Promise.all([
    all(opened.moments),
    all(opened.fields),
    all(opened.sound),
  ]);
  const { head } = untrainedModel('compact');
  const compute = (outputs: Record<string, Value>, feeds: Record<string, Tensor>) => {
    const parameters = Object.fromEntries(randomParameters(parametersOf(outputs), 2018));
    return evaluate(outputs, { ...parameters, ...feeds });
  };
  const asInput = (levels: number[][]): Tensor => {
    const [mean, deviation] = [
      [0.485, 0.456, 0.406],
      [0.229, 0.224, 0.225],
    ];
    const planes = levels.flatMap((plane, c) =>
      plane.map((level) => (level / 255 - mean[c]!) / deviation[c]!),
    );
    return { shape: [1, 3, side, side], data: Float32Array.from(planes) };
  };
  const mean = (vectors: ArrayLike<number>[], weights: number[]) => {
    const total = weights.reduce((a, b) => a + b);
    return Float32Array.from(vectors[0]!, (_, i) =>
      vectors.reduce((sum, v, k) => sum + (v[i]! * weights[k]!) / total, 0),
    );
  };

  const flowMaps = flow.map(({ moment, field, frame }) => {
    const { u, v } = cropField(field, frame, momentCrop(frame.width, frame.height, side, moment));
    const level = (d: number) => ((Math.max(-20, Math.min(20, d)) + 20) / 40) * 255;
    const planes = [[...u], [...v], [...u].map((right, i) => Math.hypot(right, v[i]!))];
    const outputs = { map: streamMap(network, 'flow', input('flow', [1, 3, side, side])) };
    return {
      moment,
      map: compute(outputs, { flow: asInput(planes.map((plane) => plane.map(level))) }).map!.data,
    };
  });
  const visual = frames.map(({ number, picture }) => {
    const around = flowMaps.filter(({ moment }) => moment === number).map(({ map }) => map);
    const { rgb } = cropPicture(picture, momentCrop(picture.width, picture.height, side, number));
    const planes = [0, 1, 2].map((c) => [...rgb].filter((_, i) => i % 3 === c));
    const { shape, data } = compute(momentNetwork(network, { frames: 1, pairs: 1 }, ['flow']), {
      picture: asInput(planes),
      flowFeature: {
        shape: [1, 48, 6, 6],
        data: mean(
          around,
          around.map(() => 1),
        ),
      },
    }).visual!;
    const places = shape[2]! * shape[3]!;
    return Array.from(
      { length: shape[1]! },
      (_, c) => data.subarray(c * places, (c + 1) * places).reduce((a, b) => a + b) / places,
    );
  });
  const waveform = Float32Array.from(pieces.flatMap((piece) => [...piece]));
  const heard = compute(waveformNetwork(network, 'sound', waveform.length), {
    sound: { shape: [1, 1, waveform.length, 1], data: waveform },
  }).sound!;
  const columns = heard.shape[2]!;
  const audible = Array.from({ length: columns }, (_, column) =>
    Array.from({ length: heard.shape[1]! }, (_, c) => heard.data[c * columns + column]!),
  );

  const duration = opened.summary().decodedDuration;
  const soundEnd = waveform.length / 22_050;
  const overlap = (begin: number, end: number, from: number, to: number) =>
    Math.max(0, Math.min(end, to) - Math.max(begin, from));
  const at = (time: number) => {
    const [from, to] = [Math.max(0, time - 5), Math.min(duration, time + 5)];
    const seen = frames.map((frame, k) => {
      const begin = k === 0 ? frame.time : (frames[k - 1]!.time + frame.time) / 2;
      const end = k === frames.length - 1 ? duration : (frame.time + frames[k + 1]!.time) / 2;
      return overlap(begin, end, from, to);
    });
    const half = 32_768 / 22_050 / 2;
    const listened = audible.map((_, k) => {
      const [begin, end] = [
        Math.max(0, columnTime(k, soundnetWindows('conv7')) - half),
        Math.min(soundEnd, columnTime(k, soundnetWindows('conv7')) + half),
      ];
      return overlap(begin, end, from, to);
    });
    return predict(network, head, { visual: mean(visual, seen), sound: mean(audible, listened) });
  };
  const even = (items: unknown[]) => items.map(() => 1);
  const clip = predict(network, head, {
    visual: mean(visual, even(visual)),
    sound: mean(audible, even(audible)),
  });
  return { frames, columns, clip, at };
}

describe.skipIf(!hasFfmpeg)('analysis of a film (needs ffmpeg)', () => {
  test('agrees with the whole film computed at once, step by step, in float64', async () => {
    const naive = await naiveAnalysis(film);
    expect([naive.frames.length, naive.columns]).toEqual([3, 9]);
    const times: number[] = [];
    const result = await analyze(film, { onFrame: ({ time }) => times.push(time) });
    expect(times).toEqual(naive.frames.map(({ time }) => time));
    expectSame(result.clip, naive.clip, 1e-5);
    expect(result.curve.map(({ time }) => time)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    for (const point of result.curve) expectSame(point, naive.at(point.time), 1e-5);
    expect(result).toMatchObject({
      file: film,
      duration: 12,
      coverage: 1,
      model: { name: 'untrained', preset: 'compact', trained: false, synthetic: false },
      streams: ['flow', 'picture', 'sound'],
    });
    expect(result.warnings[0]).toMatch(/^untrained/);
    expect(filmAffectSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
  }, 300_000);

  test('the number of threads and what else was analyzed before change nothing', async () => {
    const analyzer = await openAnalyzer({ preset: 'compact', threads: 1 });
    const first = await analyzer.analyze(film);
    const again = await analyzer.analyze(film);
    await analyzer.close();
    expect(again).toEqual(first);
    const threaded = await analyze(film, { threads: 3 });
    expectSame(threaded.clip, first.clip, 1e-5);
    for (const [index, point] of threaded.curve.entries()) expectSame(point, first.curve[index]!, 1e-5);
  });

  test('sound longer than a chunk, and a picture longer than many batches', async () => {
    const long = makeFilm(
      'long.mkv',
      ...['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=10:duration=70'],
      ...['-f', 'lavfi', '-i', 'anoisesrc=color=pink:amplitude=0.4:duration=70:seed=3'],
      ...codecs,
    );
    const progress: number[] = [];
    const result = await analyze(long, {
      streams: ['picture', 'sound'],
      onProgress: (done) => progress.push(done),
    });
    expect(result.curve).toHaveLength(70);
    expect(result.curve.every(({ valence, arousal }) => Number.isFinite(valence + arousal))).toBe(true);
    expect(progress).toHaveLength(175); // a moment each 0.4 s
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBeGreaterThan(0.97);
  });

  test('a film without sound, sound without a film, and one stream of several', async () => {
    const silent = makeFilm('silent.avi', ...picture, '-c:v', 'mpeg4');
    const withoutSound = await analyze(silent, { streams: ['picture', 'sound'] });
    expect(withoutSound.streams).toEqual(['picture']);
    expect(withoutSound.warnings).toContainEqual(expect.stringContaining('sound'));
    // no sound is not the same as a sound track that is silent
    const onlySeen = await analyze(film, { streams: ['picture'] });
    expect(onlySeen.streams).toEqual(['picture']);
    expectSame(withoutSound.clip, onlySeen.clip, 0.05);

    const radio = makeFilm('radio.wav', ...sound);
    const heard = await analyze(radio);
    expect(heard.streams).toEqual(['sound']);
    expect(heard.curve).toHaveLength(12);
    const listened = await analyze(film, { streams: ['sound'] });
    expectSame(listened.clip, heard.clip, 1e-3);
  });

  test('flow alone sees no pictures but keeps their times', async () => {
    const moved = await analyze(film, { streams: ['flow'] });
    expect(moved.streams).toEqual(['flow']);
    expect(moved.curve).toHaveLength(12);
    const seen = await analyze(film, { streams: ['picture'] });
    expect(moved.clip).not.toEqual(seen.clip);
  });

  test('a film of one frame, and sound too short for SoundNet', async () => {
    const still = makeFilm(
      'still.mkv',
      ...['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=10:duration=0.1'],
      ...['-f', 'lavfi', '-i', 'sine=duration=0.1'],
      ...codecs,
    );
    const result = await analyze(still);
    expect(result.curve).toHaveLength(1);
    expect(result.streams).not.toContain('sound');
    expectSame(result.curve[0]!, result.clip, 1e-6);
  });

  test('half a file gives half a curve, and says so', async () => {
    const whole = makeFilm(
      'whole.avi',
      ...['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=10:duration=30'],
      ...sound,
      ...codecs,
    );
    const bytes = readFileSync(whole);
    const half = join(folder, 'half.avi');
    writeFileSync(half, bytes.subarray(0, bytes.length / 2));
    const result = await analyze(half, { streams: ['picture', 'sound'] });
    expect(result.coverage).toBeLessThan(0.8);
    expect(result.curve.length).toBeLessThan(27);
    expect(result.warnings).toContainEqual(expect.stringMatching(/only \d+ % of it/));
  });

  test('interrupting ends with the reason', async () => {
    const controller = new AbortController();
    const run = analyze(film, {
      signal: controller.signal,
      onFrame: () => controller.abort(new Error('enough')),
    });
    await expect(run).rejects.toThrow('enough');
  });
});

test('what is no film is an error that names it', async () => {
  const path = join(folder, 'notes.mp4');
  writeFileSync(path, 'not a film\n'.repeat(100));
  await expect(analyze(path)).rejects.toMatchObject({
    name: 'InputError',
    message: expect.stringContaining(path),
  });
});
