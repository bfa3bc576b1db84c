import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAnalyzer } from '../../src/analysis/node/index.ts';
import { ClipCache } from '../../src/clips/index.ts';
import { openDataSet, splitNamed } from '../../src/datasets/index.ts';
import { startingConfiguration } from '../../src/experiment/index.ts';
import { readModel } from '../../src/models/node/index.ts';
import { nodeRuntime } from '../../src/runtime/node/index.ts';
import { preprocessingFor } from '../../src/streams/index.ts';
import { requirement } from '../../src/support/testing.ts';
import { initialParameters, openSplit, train } from '../../src/training/index.ts';
import { hasPyTorch } from '../pytorch/pytorch.ts';

const hasFfmpeg = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);
const hasPillow = requirement('python3-pil', () => {
  execFileSync('/usr/bin/python3', ['-c', 'import PIL'], { stdio: 'ignore' });
  return true;
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const script = join(root, 'examples/torch/train.py');

const small =
  'preset: compact\nbatchSize: 4\nclipsAtOnce: 1\nsegments: 2\nflowFields: 2\nevaluationSegments: 1\nsoundSeconds: 1\n' +
  'epochs: 5\npatience: 1\n';
/** What trains, and how. */
const cases = {
  'fine-tuned: frozen flow and sound, frozen batch norms, Adam': `${small}train: { flow: frozen, picture: 3, sound: frozen }\nbatchNorm: frozen\n`,
  'from scratch: all trained, statistics of each run, SGD': `${small.replace('Once: 1', 'Once: 2')}batchNorm: batch\noptimizer: sgd\nweightDecay: 0.01\nsoundLayer: pool5\n`,
  'colored: with the color stream, frozen flow and sound, Adam': `${small}streams: [flow, picture, sound, color]\ntrain: { flow: frozen, picture: 3, sound: frozen }\nbatchNorm: frozen\n`,
  'decisions: all trained, two clips a run, AdamW, over time': `${small.replace('Once: 1', 'Once: 2')}fusion: decisions\nbatchNorm: frozen\noptimizer: adamw\nweightDecay: 0.01\nfusionConvolution: space-time\n`,
};

/** A bias before a batch norm with statistics of the batch changes nothing: its gradient is rounding, by any program. */
const withoutEffect = /^sound\.conv\d\.0\.bias$/;

/** Euclidean, of what a is more than b. */
function norm(a: Float32Array, b?: Float32Array): number {
  return Math.sqrt(a.reduce((sum, value, i) => sum + (value - (b?.[i] ?? 0)) ** 2, 0));
}

/** Debian's torchrun fails on its own defaults of these two under Python 3.11; the tenth process, which is none, saves it. */
const defaults = ['--redirects', '9:1', '--tee', '9:1'];
/** On a port that is free, where --standalone takes always the same. */
const alone = ['--rdzv_backend', 'c10d', '--rdzv_endpoint', 'localhost:0'];
const torchrun = (processes: number, folder: string) =>
  spawnSync('torchrun', [...alone, ...defaults, '--nproc_per_node', String(processes), script, folder], {
    encoding: 'utf8',
    env: { ...process.env, OMP_NUM_THREADS: '1', PYTHONDONTWRITEBYTECODE: '1' },
  });

describe.skipIf(!hasPyTorch || !hasFfmpeg || !hasPillow)(
  'training in PyTorch (needs PyTorch, ffmpeg)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'affectline-torch-'));
    const [data, clips] = [join(folder, 'data'), join(folder, 'clips')];
    afterAll(() => rmSync(folder, { recursive: true }));

    beforeAll(() => {
      execFileSync('mkdir', [data]);
      const sets = ['train', 'train', 'train', 'train', 'validation', 'test', 'validation', 'validation'];
      const rows = sets.map((set, i) => {
        const picture = `testsrc2=size=192x144:rate=25:duration=1.4,eq=brightness=${0.1 * i - 0.3},rotate=t/${i + 1},noise=alls=40:allf=t`;
        const sound = ['-f', 'lavfi', '-i', `sine=frequency=${200 + 150 * i}:duration=${1 + 0.2 * i}`];
        const input = ['-f', 'lavfi', '-i', picture, ...(i === 2 ? [] : sound)];
        execFileSync('ffmpeg', ['-v', 'error', ...input, '-pix_fmt', 'yuv420p', join(data, `${i}.mp4`)]);
        return `${i}.mp4,${2 + 0.3 * i},${4 - 0.4 * i},film ${i >> 1 || set},${set}`;
      });
      writeFileSync(join(data, 'labels.csv'), `path,valence,arousal,film,set\n${rows.join('\n')}\n`);
    });

    test.each(Object.entries(cases))(
      '%s: two processes stop where we stop, and keep the weights that we keep',
      async (name, yaml) => {
        const out = join(folder, name.split(/\W/)[0]!);
        const config = `${out}.yaml`;
        writeFileSync(config, yaml);
        const given = [
          'export-training',
          '--torch',
          out,
          '--data',
          data,
          '--config',
          config,
          '--cache',
          clips,
        ];
        const said = execFileSync(process.execPath, [join(root, 'dist/cli/main.js'), ...given, '--json']);
        expect(JSON.parse(said.toString())).toEqual({ folder: out, clips: 4, steps: 5 });
        const torch = torchrun(2, out);
        expect(torch.status, torch.stderr).toBe(0);
        const theirs = await readModel(join(out, 'trained'));

        const configuration = await startingConfiguration(yaml, 'test', () => {});
        const dataSet = openDataSet(data);
        const cache = new ClipCache(clips, preprocessingFor('compact'));
        const split = await openSplit(splitNamed('film-disjoint', dataSet.clips, 1), cache);
        const losses: number[] = [];
        const { records } = await train({
          ...{ configuration, parameters: await initialParameters(configuration) },
          ...{ train: split.train, validation: split.validation, folder: `${out}-ours` },
          model: { name: 'ours', trained: 'pictures', synthetic: true, preprocessing: cache.preprocessing },
          runtime: nodeRuntime({ threads: 1 }),
          onStep: ({ loss }) => losses.push(loss),
        });
        const { parameters } = await readModel(join(`${out}-ours`, 'best'));
        const start = (await readModel(out)).parameters;
        // What starts at 0 (the biases of batch norms) counts together: where a slope is hardly more than rounding, Adam
        // makes of it a step of full length.
        const sums = new Map<string, { difference: number; change: number; size: number }>();
        for (const [name, { data }] of parameters) {
          if (configuration.batchNorm === 'batch' && withoutEffect.test(name)) continue;
          const before = start.get(name)!.data;
          const group = norm(before) > 0 ? name : 'what starts at 0';
          const sum = sums.get(group) ?? { difference: 0, change: 0, size: 0 };
          sum.difference += norm(data, theirs.parameters.get(name)!.data) ** 2;
          sum.change += norm(data, before) ** 2;
          sum.size += norm(data) ** 2;
          sums.set(group, sum);
        }
        for (const [group, { difference, size }] of sums)
          expect(Math.sqrt(difference / (size || 1)), group).toBeLessThan(
            group === 'what starts at 0' && configuration.optimizer !== 'sgd' ? 3e-3 : 1e-3,
          );
        // All of them together moved together; under SGD what they moved by is the gradients.
        const total = (of: 'difference' | 'change') =>
          Math.sqrt([...sums.values()].reduce((sum, each) => sum + each[of], 0));
        expect(total('difference')).toBeLessThan(1e-3 * total('change'));
        const theirLosses = [...torch.stdout.matchAll(/loss (\d+\.\d+)/g)].map(([, loss]) => Number(loss));
        expect(theirLosses).toHaveLength(losses.length);
        const theirErrors = [...torch.stdout.matchAll(/validation error (\d+\.\d+)/g)].map(([, of]) =>
          Number(of),
        );
        expect(theirErrors).toHaveLength(records.length);
        // one of them stops before its last epoch
        if (name.startsWith('fine-tuned')) expect(records.length).toBeLessThan(configuration.epochs);
        for (const [i, { validationError }] of records.entries())
          expect(Math.abs(theirErrors[i]! - validationError)).toBeLessThan(2e-3 * validationError);
        for (const [i, loss] of losses.entries())
          expect(Math.abs(theirLosses[i]! - loss)).toBeLessThan(2e-4 * loss);
      },
      300_000,
    );

    test('what PyTorch trained analyzes films', async () => {
      const analyzer = await openAnalyzer({ model: join(folder, 'fine', 'trained') });
      try {
        const { clip, model } = await analyzer.analyze(join(data, '5.mp4'));
        expect(model).toMatchObject({ name: 'fine', trained: expect.stringContaining('4 clips') });
        expect(clip.valence).toBeGreaterThan(1);
        expect(clip.valence).toBeLessThan(5);
      } finally {
        await analyzer.close();
      }
    });

    test('processes that do not share the runs of a step are told so', () => {
      const torch = torchrun(3, join(folder, 'decisions'));
      expect(torch.status).not.toBe(0);
      expect(torch.stderr).toContain('3 processes do not share the 2 runs of a step');
    });

    test('a training that another version exported is told so', () => {
      const old = join(folder, 'old');
      mkdirSync(old);
      writeFileSync(join(old, 'training.json'), JSON.stringify({ version: 2 }));
      const torch = torchrun(1, old);
      expect(torch.status).not.toBe(0);
      expect(torch.stderr).toContain('old was exported by another version of Affectline: export it again');
    });

    test('the script stays short', () => {
      expect(readFileSync(script, 'utf8').split('\n').length).toBeLessThanOrEqual(151);
    });
  },
);
