import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import type { WholeModelDescription } from '../src/exports/index.ts';
import { windowBatch, windowOfFilm } from '../src/exports/index.ts';
import { readModel, starterFolder } from '../src/models/node/index.ts';
import { pythonHas, requirement } from '../src/support/testing.ts';
import { parseSafetensors, writeSafetensors } from '../src/weights/index.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = join(root, 'dist/cli/main.js');
const film = join(root, 'samples/sample.mp4');
const python = process.env.AFFECTLINE_PYTHON ?? '/usr/bin/python3';
const hasRuntime = requirement(
  'onnxruntime, onnx and safetensors (a Python with them, named in AFFECTLINE_PYTHON)',
  () => pythonHas(python, 'onnxruntime', 'onnx', 'safetensors'),
);
const recipe = /```python\n([\s\S]*?)```/.exec(readFileSync(join(root, 'docs/python.md'), 'utf8'))![1]!;

describe.skipIf(!hasRuntime)('docs/python.md (needs onnxruntime in Python)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'affectline-python-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (script: string) =>
    execFileSync(python, ['-c', script], { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 24 });
  const exported = (...given: string[]) =>
    execFileSync(process.execPath, [program, 'export', 'model.onnx', '--seconds', '2', ...given], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  test('the recipe runs as it stands, and its numbers are ours', async () => {
    expect(JSON.parse(exported('--inputs', film, '--json'))).toEqual({
      model: 'starter',
      files: ['model.onnx', 'model.inputs.safetensors'],
    });
    const said = run(recipe);
    const model = await readModel(starterFolder);
    const ours = await windowOfFilm(film, { model, seconds: 2 });
    const [valence, arousal] = ours.get('affect')!.data;
    const [, v, a] = /^valence (\S+) arousal (\S+) - what viewers are expected to feel/.exec(said)!;
    expect(Math.abs(Number(v) - valence!)).toBeLessThan(1e-4);
    expect(Math.abs(Number(a) - arousal!)).toBeLessThan(1e-4);
    const differences = [...said.matchAll(/^(\S+) \(1, \d+\) largest difference (\S+)$/gm)];
    expect(differences.map(([, name]) => name)).toEqual([
      'affect',
      'track.visual',
      'track.sound',
      'stream.flow',
      'stream.picture',
      'stream.sound',
    ]);
    for (const [, name, difference] of differences) expect(Number(difference), name).toBeLessThan(1e-4);
    const { margins } = model.calibration!.intervals!;
    expect(said).toContain(`'valence': ${margins.valence}, 'arousal': ${margins.arousal}`);
  });

  test('other inputs give other numbers, as ours do; without sound the mask says so', async () => {
    const model = await readModel(starterFolder);
    const film: Map<string, { shape: readonly number[]; data: Float32Array }> = new Map(
      parseSafetensors(readFileSync(join(folder, 'model.inputs.safetensors'))).tensors,
    );
    film.get('hasSound')!.data.fill(0);
    film.get('picture')!.data.reverse();
    await writeSafetensors(join(folder, 'other.safetensors'), film);
    const script = `import onnxruntime as o, safetensors.numpy as s
f = o.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
w = s.load_file("other.safetensors")
print(*f.run(["affect"], {i.name: w[i.name] for i in f.get_inputs()})[0][0])`;
    const theirs = run(script).trim().split(' ').map(Number);
    const { nodeRuntime } = await import('../src/runtime/node/index.ts');
    const { wholeNetwork } = await import('../src/exports/index.ts');
    const outputs = wholeNetwork(model.network, windowBatch(2));
    const session = await nodeRuntime().open(outputs, model.parameters);
    const inputs = Object.fromEntries([...session.inputs.keys()].map((name) => [name, film.get(name)!]));
    const { affect } = await session.run(inputs);
    await session.close();
    for (const [i, value] of theirs.entries()) {
      expect(Math.abs(value - affect!.data[i]!)).toBeLessThan(1e-4);
      expect(Math.abs(value - film.get('affect')!.data[i]!)).toBeGreaterThan(1e-3);
    }
  });

  test('the file is as the format asks, of standard operators, and describes itself', () => {
    const script = `import json, onnx
m = onnx.load("model.onnx")
onnx.checker.check_model(m, full_check=True)
print(json.dumps({"domains": [o.domain for o in m.opset_import] + sorted({n.domain for n in m.graph.node}),
  "about": json.loads({p.key: p.value for p in m.metadata_props}["affectline"]),
  "inputs": {i.name: [d.dim_value for d in i.type.tensor_type.shape.dim] for i in m.graph.input}}))`;
    const { domains, about, inputs } = JSON.parse(run(script)) as {
      domains: string[];
      about: WholeModelDescription;
      inputs: Record<string, number[]>;
    };
    expect(domains).toEqual(['', '']);
    expect(inputs).toEqual({
      flow: [50, 3, 112, 112],
      picture: [5, 3, 112, 112],
      sound: [1, 1, 44100, 1],
      hasSound: [1, 1],
    });
    for (const [name, { shape }] of Object.entries(about.inputs)) expect(shape).toEqual(inputs[name]);
    expect(about).toMatchObject({
      model: { name: 'starter', synthetic: true },
      affect: { kind: 'elicited' },
      window: { seconds: 2, moments: 5, pairsOfMoment: 10, samples: 44100 },
      postprocessing: { scale: [1, 5], interval: { confidence: 0.9 } },
    });
    expect(about.inputs.picture!.written).toContain('0.485');
  });

  test('what is there is not overwritten unasked, and a window longer than the film is refused', () => {
    expect(() => exported()).toThrow(/model\.onnx is there already; -y/);
    expect(() => exported('-y', '--seconds', '60', '--inputs', film)).toThrow(/80 moments.*fewer seconds/);
  });
});

test('the answer for a window is about that of the curve, which weighs its edges', async () => {
  const model = await readModel(starterFolder);
  const ours = (await windowOfFilm(film, { model, seconds: 10 })).get('affect')!.data;
  const { openAnalyzer } = await import('../src/analysis/node/index.ts');
  const analyzer = await openAnalyzer();
  try {
    const { curve } = await analyzer.analyze(film);
    expect(Math.abs(curve[5]!.valence - ours[0]!)).toBeLessThan(0.05);
    expect(Math.abs(curve[5]!.arousal - ours[1]!)).toBeLessThan(0.05);
  } finally {
    await analyzer.close();
  }
}, 120_000);
