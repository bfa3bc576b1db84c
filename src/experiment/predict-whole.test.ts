import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { analyzeFilm, openAnalyzer, starterFolder } from '../analysis/node/index.ts';
import { ClipCache, type ClipFile, clipSource } from '../clips/index.ts';
import { placesOf, Sessions } from '../features/index.ts';
import { describeNetwork, type Model, type NetworkOptions, networkParameters } from '../models/index.ts';
import { readModel } from '../models/node/index.ts';
import { randomParameters } from '../networks/index.ts';
import { nodeRuntime } from '../runtime/node/index.ts';
import { preprocessingFor } from '../streams/index.ts';
import { requirement } from '../support/testing.ts';
import { predictClips } from '../training/index.ts';
import { predictWholeClips } from './predict-whole.ts';

const hasFfmpeg = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);

describe.skipIf(!hasFfmpeg)(
  'prepared clips, predicted from all that is sampled of them (need ffmpeg)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'affectline-whole-'));
    const films = Array.from({ length: 4 }, (_, i) => join(folder, `${i}.mp4`));
    const clips: ClipFile[] = [];
    const preprocessing = preprocessingFor('compact');
    const runtime = nodeRuntime();
    const { signal } = new AbortController();
    afterAll(() => rmSync(folder, { recursive: true }));

    beforeAll(async () => {
      for (const [i, film] of films.entries()) {
        const seconds = 2 + 0.4 * i;
        const picture = `testsrc2=size=160x128:rate=25:duration=${seconds},hue=s=${0.4 * i}:h=60*t,eq=brightness=${0.1 * i - 0.2}`;
        const sound = ['-f', 'lavfi', '-i', `aevalsrc=0.3*sin(${900 + 800 * i}*t*(1+t)):d=${seconds}`];
        // the last has no sound
        const input = ['-f', 'lavfi', '-i', picture, ...(i < 3 ? sound : [])];
        execFileSync('ffmpeg', ['-v', 'error', ...input, '-pix_fmt', 'yuv420p', film]);
      }
      const cache = new ClipCache(join(folder, 'clips'), preprocessing);
      await cache.prepare(films.map((path) => ({ path })));
      for (const path of films) clips.push(await cache.open({ path }));
    });

    const modelOf = (options: Omit<NetworkOptions, 'preset'>): Model => {
      const network = describeNetwork({ preset: 'compact', ...options });
      const parameters = randomParameters(networkParameters(network), 3);
      parameters.get('decision.weights')?.data.set([0.5, -0.25, 0.125]);
      for (const [name, { data }] of parameters) if (name.endsWith('regression.bias')) data.set([3, 2]);
      const description = { name: 'test', preset: 'compact' as const, trained: 'nothing', synthetic: true };
      return { description, network, preprocessing, parametersOf: () => parameters, head: parameters };
    };
    const predict = async (model: Model, of = clips) =>
      await predictWholeClips(
        of.map((clip) => ({ clip })),
        { model, runtime, signal },
      );
    const analyzed = async (model: Model, sessions: Sessions, clip: ClipFile) => {
      const { affect } = await analyzeFilm(clipSource(clip), {
        ...{ model, sessions, streams: model.network.streams, name: 'clip' },
        contentHash: Promise.resolve(`sha256:${'0'.repeat(64)}`),
        options: { streams: model.network.streams } as never,
      });
      return affect.clip;
    };

    test.each<[string, Omit<NetworkOptions, 'preset'>]>([
      ['features', {}],
      ['decisions', { fusion: 'decisions' }],
      ['sound alone', { streams: ['sound'] }],
      ['picture and sound', { streams: ['picture', 'sound'] }],
      ['over time', { streams: ['picture', 'sound'], fusionConvolution: 'space-time' }],
      ['color', { streams: ['color', 'sound'] }],
      ['color beside a fusion over time', { streams: ['picture', 'color'], fusionConvolution: 'space-time' }],
    ])('%s: as analysis answers for the same clips, and the network for whole clips', async (_, options) => {
      const model = modelOf(options);
      const found = await predict(model);
      expect(new Set(found.map(({ arousal }) => arousal.toFixed(5))).size).toBe(clips.length);
      const { network, head: parameters } = model;
      const sessions = new Sessions(model, runtime);
      for (const [i, clip] of clips.entries()) {
        // moments differ in how many fields they have, of which that network takes as many of each
        if (!network.streams.includes('flow')) {
          const samples = Math.max(clip.sampleCount, 22_050);
          const size = {
            ...{ moments: clip.segmentCount, fields: 1, samples, side: network.sizes.side },
            inARow: network.fusionConvolution === 'space-time',
          };
          const [asClip] = await predictClips([{ clip }], { network, parameters, size, runtime });
          expect(Math.abs(found[i]!.valence - asClip!.valence)).toBeLessThan(1e-5);
          expect(Math.abs(found[i]!.arousal - asClip!.arousal)).toBeLessThan(1e-5);
        }
        // of a film without anything that the network goes by, analysis says so
        if (clip.sampleCount === 0 && network.streams.join() === 'sound') {
          await expect(analyzed(model, sessions, clip)).rejects.toThrow('it has nothing for sound to go by');
          continue;
        }
        const clipAffect = await analyzed(model, sessions, clip);
        expect(Math.abs(found[i]!.valence - clipAffect.valence)).toBeLessThan(1e-5);
        expect(Math.abs(found[i]!.arousal - clipAffect.arousal)).toBeLessThan(1e-5);
      }
      await sessions.close();
    });

    test('a trained model says of the film what it says of the prepared clip, but for how that is stored', async () => {
      const model = await readModel(starterFolder);
      const analyzer = await openAnalyzer({ model: starterFolder });
      const found = await predict(model, clips.slice(0, 2));
      try {
        for (const [i, { valence, arousal }] of found.entries()) {
          const { clip } = await analyzer.analyze(films[i]!);
          expect(Math.abs(valence - clip.valence)).toBeLessThan(0.05);
          expect(Math.abs(arousal - clip.arousal)).toBeLessThan(0.05);
        }
      } finally {
        await analyzer.close();
      }
    });

    test('where in the picture a value comes from is refused of a fusion over time', async () => {
      const model = modelOf({ streams: ['picture'], fusionConvolution: 'space-time' });
      const sessions = new Sessions(model, runtime);
      const places = placesOf(clipSource(clips[0]!), {
        ...{ model, sessions, streams: ['picture'] },
        ...{ until: 1, end: clips[0]!.duration },
      });
      await expect(places).rejects.toThrow('is not told of a model whose fusion runs over time');
      await sessions.close();
    });

    test('it stops when it is told to', async () => {
      const stop = new AbortController();
      const model = modelOf({ streams: ['sound'] });
      const stopping = predictWholeClips(
        clips.map((clip) => ({ clip })),
        { model, runtime, signal: stop.signal, onProgress: () => stop.abort(new Error('stopped')) },
      );
      await expect(stopping).rejects.toThrow('stopped');
    });
  },
);
