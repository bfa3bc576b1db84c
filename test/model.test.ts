import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { FilmAffect } from '../src/affect/index.ts';
import { openAnalyzer } from '../src/analysis/node/index.ts';
import { parametersOf } from '../src/graph/index.ts';
import { clipNetwork, describeNetwork, type NetworkOptions } from '../src/models/index.ts';
import { writeModel } from '../src/models/node/index.ts';
import { randomParameters } from '../src/networks/index.ts';
import { preprocessingFor, standardStreams } from '../src/streams/index.ts';
import { requirement } from '../src/support/testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-model-'));
afterAll(() => rmSync(folder, { recursive: true }));
const hasFfmpeg = requirement('ffmpeg', () => spawnSync('ffmpeg', ['-version']).status === 0);

const video = ['-f', 'lavfi', '-i', 'testsrc2=size=96x72:rate=10:duration=4'];
const sound = ['-f', 'lavfi', '-i', 'anoisesrc=duration=4:seed=1'];
const codecs = ['-c:v', 'mpeg4', '-c:a', 'pcm_s16le'];

function makeFilm(name: string, ...options: string[]): string {
  execFileSync('ffmpeg', ['-v', 'error', ...options, join(folder, name)]);
  return join(folder, name);
}

async function makeModel(name: string, options: Omit<NetworkOptions, 'preset'>): Promise<string> {
  const network = describeNetwork({ preset: 'compact', ...options });
  const { prediction } = clipNetwork(network, { clips: 1, frames: 1, pairs: 1, samples: 220_500 });
  const parameters = randomParameters(parametersOf(prediction), 11);
  // random biases too, so that a share of them that is lost shows
  for (const [parameter, { data }] of parameters)
    if (parameter.endsWith('regression.bias')) data.set([parameter.length, -1]);
  await writeModel(join(folder, name), {
    name,
    trained: 'random numbers',
    synthetic: false,
    network,
    preprocessing: preprocessingFor('compact'),
    // wide enough that no answer is moved onto it
    scale: [-100, 100],
    parameters,
  });
  return join(folder, name);
}

async function analyze(film: string, model: string, streams?: readonly string[]): Promise<FilmAffect> {
  const analyzer = await openAnalyzer({ model, ...(streams && { streams }) });
  return await analyzer.analyze(film).finally(() => analyzer.close());
}

test.skipIf(!hasFfmpeg)(
  'a model that training writes is one that analysis reads (needs ffmpeg)',
  async () => {
    const film = makeFilm('film.mkv', ...video, ...sound, ...codecs);
    const model = await makeModel('eleven', { streams: ['picture', 'sound'] });
    const result = await analyze(film, model);
    const known = { name: 'eleven', preset: 'compact', trained: 'random numbers', synthetic: false };
    const contentHash = expect.stringMatching(/^sha256:/);
    expect(result.model).toEqual({ ...known, scale: [-100, 100], contentHash });
    expect(result.streams).toEqual(['picture', 'sound']);
    expect(result.warnings).toEqual([]);
    expect(result.curve).toHaveLength(4);
  },
);

test.skipIf(!hasFfmpeg)('decisions of the streams that are there are averaged (needs ffmpeg)', async () => {
  const film = makeFilm('heard.mkv', ...video, ...sound, ...codecs);
  const silent = makeFilm('silent.mkv', ...video, '-c:v', 'mpeg4');
  const model = await makeModel('decisions', { fusion: 'decisions' });
  const alone = await Promise.all(standardStreams.map((stream) => analyze(film, model, [stream])));
  const mean = (parts: FilmAffect[], key: 'valence' | 'arousal') =>
    parts.reduce((sum, { clip }) => sum + clip[key] / parts.length, 0);
  for (const [path, parts] of [
    [film, alone],
    [silent, alone.slice(0, 2)],
  ] as const) {
    const { clip } = await analyze(path, model);
    for (const key of ['valence', 'arousal'] as const)
      expect(clip[key]).toBeCloseTo(mean([...parts], key), 4);
  }
});
