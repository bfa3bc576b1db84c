import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClipCache, type ClipFile } from '../clips/index.ts';
import { describeNetwork, networkParameters } from '../models/index.ts';
import { randomParameters } from '../networks/index.ts';
import { nodeRuntime } from '../runtime/node/index.ts';
import { preprocessingFor } from '../streams/index.ts';
import { Random } from '../support/random.ts';
import { requirement } from '../support/testing.ts';
import { evenExcerpt, randomExcerpt } from './excerpts.ts';
import { predictClips } from './predict-clips.ts';
import { StreamFeatures } from './stream-features.ts';

const hasFfmpeg = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);

describe.skipIf(!hasFfmpeg)('kept features of frozen streams (need ffmpeg)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'affectline-features-'));
  const clips: ClipFile[] = [];
  afterAll(() => rmSync(folder, { recursive: true }));

  beforeAll(async () => {
    const cache = new ClipCache(join(folder, 'clips'), preprocessingFor('compact'));
    const films = Array.from({ length: 6 }, (_, i) => {
      const film = join(folder, `${i}.mp4`);
      const picture = `testsrc2=size=160x128:rate=25:duration=1,eq=brightness=${0.1 * i - 0.2}`;
      const sound = `sine=frequency=${200 + 300 * i}:duration=1`;
      // the last has no sound
      const input =
        i < 5 ? ['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', sound] : ['-f', 'lavfi', '-i', picture];
      execFileSync('ffmpeg', ['-v', 'error', ...input, '-pix_fmt', 'yuv420p', film]);
      return film;
    });
    await cache.prepare(films.map((path) => ({ path })));
    for (const path of films) clips.push(await cache.open({ path }));
  });

  const network = describeNetwork({ preset: 'compact' });
  const parameters = randomParameters(networkParameters(network), 1);
  const size = { moments: 2, fields: 2, samples: 22_050, side: network.sizes.side };

  test('the network predicts the same from them', async () => {
    const excerpts = clips.map((clip) => [evenExcerpt(clip, size)]);
    const open = (stream: string) =>
      StreamFeatures.open({
        stream,
        network,
        parameters,
        runtime: nodeRuntime(),
        size,
        clips,
        excerpts,
        folder: join(folder, 'same'),
      });
    const kept = [await open('flow'), await open('sound')];
    const labeled = clips.map((clip) => ({ clip }));
    const expected = await predictClips(labeled, { network, parameters, size });
    const found = await predictClips(labeled, { network, parameters, size, kept });
    for (const features of kept) await features.close();
    found.forEach(({ valence, arousal }, i) => {
      expect(Math.abs(valence - expected[i]!.valence)).toBeLessThan(1e-4);
      expect(Math.abs(arousal - expected[i]!.arousal)).toBeLessThan(1e-4);
    });
    expect(new Set(found.map(({ arousal }) => arousal.toFixed(4))).size).toBeGreaterThan(3);
  });

  test('excerpts in a row have moments that follow each other', () => {
    const clip = clips[0]!;
    expect(clip.segmentCount).toBe(3);
    const random = Random.seeded(2);
    const row = (moments: number) => ({ ...size, moments, inARow: true });
    const indices = ({ moments }: { readonly moments: readonly { readonly index: number }[] }) =>
      moments.map(({ index }) => index).join();
    const drawn = Array.from({ length: 40 }, () => indices(randomExcerpt(clip, row(2), random)));
    expect(new Set(drawn)).toEqual(new Set(['0,1', '1,2']));
    expect(indices(evenExcerpt(clip, row(1)))).toBe('1');
    expect(indices(evenExcerpt(clip, row(3)))).toBe('0,1,2');
    expect(indices(randomExcerpt(clip, row(5), random))).toBe('0,1,2,2,2');
  });

  test('stopped and begun again they are the same, and other weights have others', async () => {
    const random = Random.seeded(1);
    const excerpts = clips.map((clip) => [0, 1].map(() => randomExcerpt(clip, size, random)));
    const options = { stream: 'flow', runtime: nodeRuntime(), network, parameters, size, clips, excerpts };
    const all = clips.flatMap((_, clip) => [0, 1].map((excerpt) => ({ clip, excerpt })));
    const read = async (features: StreamFeatures) => {
      const tensor = await features.read(all);
      await features.close();
      return tensor;
    };
    const whole = await read(await StreamFeatures.open({ ...options, folder: join(folder, 'whole') }));
    expect(whole.shape).toEqual([12 * 2, 48, 6, 6]);

    const stopped = join(folder, 'stopped');
    const stop = new AbortController();
    const onProgress = (done: number) => done === 8 && stop.abort(new Error('stopped'));
    const stopping = StreamFeatures.open({ ...options, folder: stopped, signal: stop.signal, onProgress });
    await expect(stopping).rejects.toThrow('stopped');
    expect(readdirSync(stopped)[0]).toMatch(/^flow\.\w+\.features\.part$/);
    const steps: number[] = [];
    const again = { ...options, folder: stopped, onProgress: (done: number) => steps.push(done) };
    expect(await read(await StreamFeatures.open(again))).toEqual(whole);
    expect(steps).toEqual([12]);

    const path = join(stopped, readdirSync(stopped)[0]!);
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1]! ^= 4;
    writeFileSync(path, bytes);
    await expect(read(await StreamFeatures.open(again))).rejects.toThrow(/features is damaged; delete it/);
    const others = randomParameters(networkParameters(network), 2);
    await (await StreamFeatures.open({ ...again, parameters: others })).close();
    expect(readdirSync(stopped)).toHaveLength(2);
  });
});
