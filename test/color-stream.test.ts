import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAnalyzer } from '../src/analysis/node/index.ts';
import { ClipCache } from '../src/clips/index.ts';
import { openDataSet, splitNamed } from '../src/datasets/index.ts';
import { evaluate } from '../src/evaluation/index.ts';
import { silent, startingConfiguration, trainAndPredict } from '../src/experiment/index.ts';
import { wholeModel, windowOfFilm } from '../src/exports/index.ts';
import { readModel } from '../src/models/node/index.ts';
import { preprocessingFor } from '../src/streams/index.ts';
import { Random } from '../src/support/random.ts';
import { requirement } from '../src/support/testing.ts';
import { writeSafetensors } from '../src/weights/index.ts';

const hasFfmpeg = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);
const python = process.env.AFFECTLINE_PYTHON ?? '/usr/bin/python3';
const hasRuntime = requirement(
  'onnxruntime and safetensors (a Python with them, named in AFFECTLINE_PYTHON)',
  () => {
    execFileSync(python, ['-c', 'import onnxruntime, safetensors'], { stdio: 'ignore' });
    return true;
  },
);

/** A color in CSS's sense of hue (turns), saturation and lightness. */
function hsl(hue: number, saturation: number, lightness: number): string {
  const channel = (at: number) => {
    const k = (at + 12 * hue) % 12;
    const level =
      lightness - saturation * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(255 * level)
      .toString(16)
      .padStart(2, '0');
  };
  return `0x${[0, 8, 4].map(channel).join('')}`;
}

/** Noise over a color, which says nothing of it to whoever sees motion alone. */
function render(path: string, color: string, seconds = 0.8): void {
  const source = `color=c=${color}:size=160x128:rate=25:duration=${seconds},noise=c0s=30:c0f=t`;
  encode(path, '-f', 'lavfi', '-i', source);
}

function encode(path: string, ...from: string[]): void {
  const codec = ['-pix_fmt', 'yuv444p', '-c:v', 'libx264', '-qp', '4'];
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...from, ...codec, path]);
}

const yaml = (streams: string) => `preset: compact
streams: [${streams}]
train: { flow: frozen }
batchNorm: frozen
batchSize: 8
segments: 1
flowFields: 1
flowViews: 1
evaluationSegments: 1
epochs: 40
patience: 40
learningRate: { head: 0.02 }
`;

describe.skipIf(!hasFfmpeg)('a network with the color stream (needs ffmpeg)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'affectline-color-'));
  const data = join(folder, 'data');
  const model = join(folder, 'flow,color', 'best');
  afterAll(() => rmSync(folder, { recursive: true }));

  beforeAll(() => {
    mkdirSync(data);
    // the more saturated a clip, the more it pleases, whatever its hue and its light
    const random = Random.seeded(3);
    const sets = [...Array(20).fill('train'), ...Array(6).fill('validation'), ...Array(10).fill('test')];
    const rows = sets.map((set, i) => {
      const saturation = random.uniform();
      render(join(data, `${i}.mp4`), hsl(random.uniform(), saturation, 0.35 + 0.3 * random.uniform()));
      return `${i}.mp4,${(1.5 + 3 * saturation).toFixed(3)},${(2 + 2 * random.uniform()).toFixed(3)},film ${i},${set}`;
    });
    writeFileSync(join(data, 'labels.csv'), `path,valence,arousal,film,set\n${rows.join('\n')}\n`);
  });

  const rOfValence = async (streams: string) => {
    const configuration = await startingConfiguration(yaml(streams), 'test', () => {});
    const dataSet = openDataSet(data);
    const cache = new ClipCache(join(folder, 'clips'), preprocessingFor('compact'));
    await cache.prepare(dataSet.clips);
    const split = splitNamed('film-disjoint', dataSet.clips, 1);
    const given = {
      ...silent,
      dataSet,
      split,
      cache,
      configuration,
      threads: 1,
      folder: join(folder, streams),
    };
    const { test: predictions } = await trainAndPredict(given);
    return evaluate(split.test, predictions).valence.r;
  };

  test('where color decides, r of valence rises with it', async () => {
    const without = await rOfValence('flow');
    const withColor = await rOfValence('flow,color');
    expect(withColor).toBeGreaterThan(0.8);
    expect(withColor).toBeGreaterThan(without + 0.3);
    expect(JSON.parse(readFileSync(join(model, 'model.json'), 'utf8')).network.streams).toEqual([
      'flow',
      'color',
    ]);
  });

  test('what color adds stands beside what the other streams add, and is the same at any size, rate and with bars', async () => {
    const analyzer = await openAnalyzer({ model });
    try {
      const path = join(folder, 'usual.mp4');
      render(path, hsl(0.1, 0.8, 0.5), 2);
      const affect = await analyzer.analyze(path);
      const [point] = affect.curve;
      expect(Object.keys(point!.shares!).toSorted()).toEqual(['base', 'color', 'flow']);
      const sum = Object.values(point!.shares!).reduce((total, { valence }) => total + valence, 0);
      expect(sum).toBeCloseTo(point!.valence, 4);
      const shareOf = async (name: string) =>
        (await analyzer.analyze(join(folder, `${name}.mp4`))).curve[0]!.shares!.color!.valence;
      const share = point!.shares!.color!.valence;
      render(join(folder, 'gray.mp4'), hsl(0.1, 0, 0.5), 2);
      const effect = share - (await shareOf('gray'));
      expect(effect).toBeGreaterThan(1);
      const filters = {
        large: 'scale=640:512',
        fast: 'fps=50',
        slow: 'fps=10',
        barred: 'pad=160:192:0:32:black',
      };
      for (const [name, filter] of Object.entries(filters)) {
        encode(join(folder, `${name}.mp4`), '-i', path, '-vf', filter);
        expect(Math.abs((await shareOf(name)) - share), name).toBeLessThan(0.05 * effect);
      }
      // color has no place: the map is of motion alone, and adds up to its share
      const places = await analyzer.places(path, affect, 1);
      expect(places!.point.maps.map(({ stream }) => stream)).toEqual(['flow']);
      const { constant, maps } = places!.point;
      const placed = constant.valence + maps[0]!.valence.reduce((total, value) => total + value, 0);
      expect(placed).toBeCloseTo(affect.curve[1]!.shares!.flow!.valence, 3);
    } finally {
      await analyzer.close();
    }
    const alone = await openAnalyzer({ model, streams: ['color'] });
    try {
      const affect = await alone.analyze(join(folder, 'usual.mp4'));
      expect(affect.streams).toEqual(['color']);
      expect(await alone.places(join(folder, 'usual.mp4'), affect, 1)).toBeUndefined();
    } finally {
      await alone.close();
    }
  });

  test.skipIf(!hasRuntime)('its ONNX file answers in Python what we answer (needs onnxruntime)', async () => {
    const read = await readModel(model);
    const [film, onnx, window] = ['usual.mp4', 'model.onnx', 'window.safetensors'].map((name) =>
      join(folder, name),
    );
    writeFileSync(onnx!, wholeModel(read, 2));
    const ours = await windowOfFilm(film!, { model: read, seconds: 2 });
    await writeSafetensors(window!, ours);
    const script = `import sys, json, numpy, onnxruntime
from safetensors.numpy import load_file
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
window, names = load_file(sys.argv[2]), [o.name for o in session.get_outputs()]
about = json.loads(session.get_modelmeta().custom_metadata_map["affectline"])
outputs = session.run(names, {i.name: window[i.name] for i in session.get_inputs()})
print(json.dumps({"written": about["inputs"]["color"]["written"], "shape": list(window["color"].shape),
  "differences": {n: float(abs(o - window[n]).max()) for n, o in zip(names, outputs)}}))`;
    const said = JSON.parse(execFileSync(python, ['-c', script, onnx!, window!], { encoding: 'utf8' }));
    expect(said.shape).toEqual([5, 51, 1, 1]);
    expect(said.written).toContain('colorfulness (0.16, 0.1)');
    expect(said.written).toContain('cutLength (0.5, 0.4)');
    expect(Object.keys(said.differences).toSorted()).toEqual(
      ['affect', 'stream.color', 'stream.flow', 'track.color', 'track.visual'].toSorted(),
    );
    for (const [name, difference] of Object.entries(said.differences))
      expect(difference, name).toBeLessThan(1e-4);
  });
});
