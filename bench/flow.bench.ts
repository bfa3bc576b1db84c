import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import sharp from 'sharp';
import {
  endpointError,
  type FlowField,
  FlowKernel,
  type FlowPreset,
  type GrayImage,
  schedules,
} from '../src/flow/index.ts';
import { flowOfFrames, kernelModule, readFlo, readGrayImage } from '../src/flow/node/index.ts';
import { levelsOf } from '../src/flow/schedule.ts';
import { describeMachine } from '../src/support/machine.ts';
import { type Half, renderedPairs } from './flow-scenes.ts';

// Optical flow beside OpenCV's on the same frames and cores: time, as a stream and as single pairs, and accuracy; profile by
// stage, share of the SIMD128 peak, and how cost grows with pixels and frames. Methods take turns in every round; best and median
// of the rounds are given. Needs the Middlebury pairs (AFFECTLINE_MIDDLEBURY, or ../shared/data/middlebury) and Debian's
// python3-opencv; with pairs of MPI Sintel (AFFECTLINE_SINTEL, or ../shared/data/sintel) their errors too. Rendered pairs
// (flow-scenes.ts) take a minute or two to render; those with photographs need Debian's opencv-doc.
// `--rounds=N`, `--only=time,accuracy,stages,growth`.

const rounds = Number(process.argv.find((argument) => argument.startsWith('--rounds='))?.split('=')[1] ?? 5);
const root = fileURLToPath(new URL('..', import.meta.url));
const sections = process.argv
  .find((argument) => argument.startsWith('--only='))
  ?.slice(7)
  .split(',');
const wanted = (section: string) => sections?.includes(section) ?? true;
const sintel = process.env.AFFECTLINE_SINTEL ?? join(root, '../shared/data/sintel');
const middlebury = process.env.AFFECTLINE_MIDDLEBURY ?? join(root, '../shared/data/middlebury');
if (!existsSync(middlebury))
  throw new Error('AFFECTLINE_MIDDLEBURY names no folder with the Middlebury pairs');
const opencvMethods = ['dis', 'dis-refined', 'deepflow'];
const module = kernelModule()!;

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const geometricMean = (values: readonly number[]) => Math.exp(mean(values.map(Math.log)));
const presets = Object.keys(schedules) as FlowPreset[];

interface Pair {
  readonly name: string;
  readonly files: [string, string];
  readonly frames: readonly [GrayImage, GrayImage];
  readonly truth: FlowField;
}

const folder = mkdtempSync(join(tmpdir(), 'affectline-flow-'));
process.on('exit', () => rmSync(folder, { recursive: true }));

const grayPicture = ({ width, height, data }: GrayImage) =>
  sharp(Buffer.from(data), { raw: { width, height, channels: 1 } }).toColourspace('b-w');

/** The pairs of a folder as gray PNGs, which OpenCV reads as well, in their own size or scaled to another. */
async function pairs(size?: [number, number], source = middlebury): Promise<Pair[]> {
  const own = mkdtempSync(join(folder, 'pairs-'));
  const names = readdirSync(source).filter((name) => existsSync(join(source, name, 'flow10.flo')));
  const load = async (name: string, frame: string): Promise<[string, GrayImage]> => {
    const file = join(own, `${name}-${frame}`);
    const { width, height, data } = await readGrayImage(join(source, name, frame));
    const image = grayPicture({ width, height, data });
    if (size) image.resize(...size, { fit: 'fill', kernel: 'mitchell' });
    await image.png().toFile(file);
    return [file, await readGrayImage(file)];
  };
  return Promise.all(
    names.map(async (name) => {
      const [first, second] = [await load(name, 'frame10.png'), await load(name, 'frame11.png')];
      const truth = await readFlo(join(source, name, 'flow10.flo'));
      return { name, files: [first[0], second[0]], frames: [first[1], second[1]], truth };
    }),
  );
}

/** Pairs with exact truth, made here (`flow-scenes.ts`), as `pairs` gives those of a folder. */
async function rendered(half: Half): Promise<Pair[]> {
  const own = mkdtempSync(join(folder, 'pairs-'));
  const those: Pair[] = [];
  for await (const { name, frames, truth } of renderedPairs(half)) {
    const files: [string, string] = [join(own, `${those.length}-0.png`), join(own, `${those.length}-1.png`)];
    await Promise.all(frames.map((frame, n) => grayPicture(frame).png().toFile(files[n]!)));
    those.push({ name, files, frames, truth });
  }
  return those;
}

interface OpenCVTimes {
  /** Each pair by itself. */
  readonly results: { pair: number; method: string; milliseconds: number[] }[];
  /** Milliseconds a pair without a pause, by method. */
  readonly stream: Record<string, number>;
}

function runOpenCV(those: Pair[], ...options: string[]): OpenCVTimes {
  const files = those.flatMap(({ files }) => files);
  const output = execFileSync(
    '/usr/bin/python3',
    [join(root, 'bench/opencv_flow.py'), '--repeats', '1', '--threads', '2', ...options, ...files],
    { encoding: 'utf8' },
  );
  return JSON.parse(output);
}

/** One thread: both frames are prepared for each pair, as for unrelated pairs. Milliseconds of processor time a pair. */
function oneThread(those: Pair[], preset: FlowPreset): () => number {
  const kernel = new FlowKernel(module, those[0]!.frames[0], { preset });
  return () => {
    const start = process.cpuUsage();
    for (const { frames } of those) {
      kernel.restart();
      for (const frame of frames) kernel.next(frame);
    }
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000 / those.length;
  };
}

/**
 * A stream of frames through two workers, after the time they take to start: milliseconds a pair, and what a machine with
 * nothing else to do on its two cores would take: half the processor time, of all threads.
 */
async function twoWorkers(
  those: Pair[],
  preset: FlowPreset,
  count = 120,
): Promise<{ wall: number; alone: number }> {
  async function* frames() {
    for (let n = 0; n <= count; n++) yield those[(n >> 1) % those.length]!.frames[n % 2]!;
  }
  const warm = 24;
  let start = 0;
  let used = process.cpuUsage();
  let field = 0;
  for await (const _ of flowOfFrames(frames(), { preset, threads: 2 })) {
    if (++field !== warm) continue;
    start = performance.now();
    used = process.cpuUsage();
  }
  const wall = (performance.now() - start) / (count - warm);
  const { user, system } = process.cpuUsage(used);
  return { wall, alone: (user + system) / 1000 / 2 / (count - warm) };
}

console.log(`Optical flow · ${describeMachine()}\n`);

// ---- time, beside OpenCV

for (const [width, height, goals] of [
  [320, 240, { 'standard, 2 workers': '≤ .90 of DIS refined' }],
  [228, 128, {}],
] as [number, number, Record<string, string>][]) {
  if (!wanted('time')) break;
  const those = await pairs([width, height]);
  const times = new Map<string, number[]>();
  const note = (name: string, time: number) => times.set(name, [...(times.get(name) ?? []), time]);
  const alone = new Map(presets.map((preset) => [preset, oneThread(those, preset)] as const));
  for (const run of alone.values()) for (let n = 0; n < 3; n++) run(); // lets the compiler finish
  for (let round = 0; round < rounds; round++) {
    for (const [preset, run] of alone) note(`${preset}, 1 thread`, run());
    for (const preset of presets) {
      const { wall, alone } = await twoWorkers(those, preset, preset === 'accurate' ? 48 : 120);
      note(`${preset}, 2 workers`, wall);
      note(`${preset}, 2 workers, half of processor time`, alone);
    }
    const opencv = runOpenCV(those, '--methods', 'dis,dis-refined,deepflow', '--stream', '12');
    for (const { method, milliseconds } of opencv.results)
      note(`OpenCV ${method}, 2 threads, single pairs`, milliseconds[0]!);
    for (const [method, time] of Object.entries(opencv.stream)) note(`OpenCV ${method}, 2 threads`, time);
  }
  const rival = times.get('OpenCV dis-refined, 2 threads')!;
  console.log(`${width}×${height}, ms a pair`);
  console.table(
    [...times].map(([method, values]) => ({
      method,
      median: Number(median(values).toFixed(2)),
      best: Number(Math.min(...values).toFixed(2)),
      'median of DIS refined': Number((median(values) / median(rival)).toFixed(2)),
      'best of DIS refined': Number((Math.min(...values) / Math.min(...rival)).toFixed(2)),
      goal: goals[method] ?? '',
    })),
  );
}

// ---- accuracy at full size

const groups: Record<string, () => Promise<Pair[]>> = {
  Middlebury: () => pairs(),
  ...(existsSync(sintel) && { Sintel: () => pairs(undefined, sintel) }),
  'rendered, to choose on': () => rendered('choose'),
  'rendered, to report on': () => rendered('report'),
};

for (const [group, load] of Object.entries(wanted('accuracy') ? groups : {})) {
  const those = await load();
  const errors = new Map<string, number[]>();
  for (const preset of presets) {
    errors.set(
      preset,
      those.map(({ frames, truth }) => {
        const kernel = new FlowKernel(module, truth, { preset });
        kernel.next(frames[0]);
        return endpointError(kernel.next(frames[1])!, truth);
      }),
    );
  }
  runOpenCV(those, '--methods', opencvMethods.join(','), '--out', folder);
  for (const method of opencvMethods) {
    const fields = await Promise.all(those.map((_, n) => readFlo(join(folder, `${n}-${method}.flo`))));
    errors.set(
      method,
      fields.map((field, n) => endpointError(field, those[n]!.truth)),
    );
  }
  const deepFlow = errors.get('deepflow')!;
  const refined = errors.get('dis-refined')!;
  const row = (name: string, value: (errors: readonly number[]) => number) => ({
    pair: name,
    ...Object.fromEntries([...errors].map(([method, of]) => [method, Number(value(of).toFixed(3))])),
  });
  console.log(`Mean end-point error at full size, px: ${group}`);
  console.table([
    ...those.map(({ name }, n) => row(name, (of) => of[n]!)),
    row('mean', mean),
    row('sum ÷ DeepFlow', (of) => mean(of) / mean(deepFlow)),
    row('geometric mean ÷ DeepFlow', (of) => geometricMean(of.map((error, n) => error / deepFlow[n]!))),
    row('sum ÷ DIS refined', (of) => mean(of) / mean(refined)),
  ]);
}

// ---- profile by stage and share of the peak

/*
 * Floating-point operations by hand, of the standard preset, for one pixel and one run of the stage (a multiplication,
 * addition, comparison, root or division of one number is one; shuffles, loads and addresses are none):
 *   pyramid   8 taps down, 8 across: 16 + 15; spline at the pixel: 4 + 3 (columns), 4 + 2 + 4 (rows)           48
 *   warp      place 12, weights 9 across and 27 down; four rows of 6 (differences), 12 (value, slope, curvature) and
 *             12 (sums); I_t' and its kind 15; slope, curvature and their inverses 14, eight products 8          205
 *   system    diffusivity 4 + 8 + 2, edges 6; residuals 12 + 6, their weights 8; matrix, right-hand side 29; sums of the
 *             smoothness weights 7; inverse 2 + 3 + 1 + 4                                                       92
 *   sweep     8 products, 8 sums, 6 products, 4 sums                                                              26
 * What bounds it: for four pixels a sweep does 26 operations, half of them multiplications, on 17 vectors loaded. A core that loads
 * two vectors and does four operations a cycle waits for the loads, 8.5 cycles against 6.5.
 */
const operations = { pyramid: 48, warp: 205, system: 92, sweep: 26 };

/** What one core can do: independent multiplications and additions of four numbers, in registers, as many chains as is best. */
async function peak(): Promise<number> {
  let best = 0;
  for (const chains of [4, 5, 6, 7]) {
    const each = (line: (n: number) => string) => Array.from({ length: chains }, (_, n) => line(n)).join('');
    const { binary, stderr } = await asc.compileString(
      `export function run(n: i32): f32 {
        const m = f32x4.splat(0.9999999), k = f32x4.splat(1e-9);
        ${each((n) => `let a${n} = f32x4.splat(1), p${n} = f32x4.splat(1);`)}
        for (let i = 0; i < n; i++) { ${each((n) => `a${n} = f32x4.add(a${n}, k); p${n} = f32x4.mul(p${n}, m);`)} }
        let sum = f32x4.splat(0);
        ${each((n) => `sum = f32x4.add(sum, f32x4.add(a${n}, p${n}));`)}
        return f32x4.extract_lane(sum, 0);
      }`,
      { optimizeLevel: 3, runtime: 'stub', enable: ['simd'] },
    );
    if (!binary) throw new Error(`the loop for the peak does not compile: ${stderr}`);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(binary as BufferSource));
    const run = instance.exports.run as (n: number) => number;
    const iterations = 4e6;
    for (let n = 0; n < 20; n++) {
      await new Promise((done) => setTimeout(done, 1)); // lets the compiler replace its first code
      const milliseconds = time(() => run(iterations));
      best = Math.max(best, (iterations * chains * 2 * 4) / (milliseconds / 1e3));
    }
  }
  return best;
}

/** Milliseconds of processor time. */
function time(run: () => void): number {
  const start = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

if (wanted('stages')) {
  const [width, height] = [320, 240];
  const { frames } = (await pairs([width, height + 1]))[0]!;
  const size = { width, height: height + 1 };
  const schedule = schedules.standard;
  const levels = levelsOf(size, schedule);
  const pixels = levels.reduce((sum, { width, height }) => sum + width * height, 0);
  const warped = levels.reduce((sum, { width, height, warps }) => sum + width * height * warps, 0);
  // the same work with a stage left out
  const without: Record<string, Partial<typeof schedule>> = {
    nothing: {},
    sweeps: { sweeps: 0 },
    'sweeps and system': { innerSteps: 0 },
    'sweeps, system and warp': { warps: [0, 0, 0] },
  };
  const kernels = Object.entries(without).map(([name, change]) => {
    const kernel = new FlowKernel(module, size, {}, { ...schedule, ...change });
    return { name, kernel, times: [] as number[] };
  });
  const preparation: number[] = [];
  for (let n = 0; n < 60; n++) {
    for (const { kernel, times } of kernels) {
      kernel.restart();
      preparation.push(time(() => kernel.next(frames[0])));
      times.push(time(() => kernel.next(frames[1])));
    }
  }
  const prepare = median(preparation);
  const [all, noSweeps, noSystem, noWarp] = kernels.map(({ times }) => median(times));
  const { innerSteps, sweeps } = schedule;
  const stages = [
    { stage: 'pyramid, both frames', ms: 2 * prepare, flop: 2 * operations.pyramid * pixels },
    { stage: 'expand, result', ms: noWarp! - prepare, flop: 0 },
    { stage: 'warp', ms: noSystem! - noWarp!, flop: operations.warp * warped },
    { stage: 'system', ms: noSweeps! - noSystem!, flop: innerSteps * operations.system * warped },
    { stage: 'sweeps', ms: all! - noSweeps!, flop: innerSteps * sweeps * operations.sweep * warped },
  ];
  const total = {
    stage: 'pair',
    ms: stages.reduce((sum, { ms }) => sum + ms, 0),
    flop: stages.reduce((sum, { flop }) => sum + flop, 0),
  };
  const top = await peak();
  console.log(
    `Stages at ${width}×${height}, standard, 1 thread; SIMD128 peak, measured: ${(top / 1e9).toFixed(1)} GFLOP/s`,
  );
  console.table(
    [...stages, total].map(({ stage, ms, flop }) => ({
      stage,
      ms: Number(ms.toFixed(2)),
      MFLOP: Math.round(flop / 1e6),
      'GFLOP/s': Number((flop / ms / 1e6).toFixed(1)),
      'of the peak': `${Math.round((flop / (ms / 1e3) / top) * 100)} %`,
      goal: stage === 'pair' ? '≥ 75 %' : '',
    })),
  );
}

// ---- cost against pixels and frames

if (wanted('growth')) {
  const grown = [];
  for (const [width, height] of [
    [160, 120],
    [320, 240],
    [640, 480],
    [1280, 960],
  ] as [number, number][]) {
    const run = oneThread(await pairs([width, height + 2]), 'standard');
    const times = Array.from({ length: rounds + 2 }, run);
    grown.push({
      pixels: width * (height + 2),
      'ns a pixel': Math.round((median(times) / (width * (height + 2))) * 1e6),
    });
  }
  console.log('Cost against pixels: standard, 1 thread');
  console.table(grown);
  const those = await pairs([160, 121]);
  const lengths = [];
  for (const count of [100, 200, 400, 800]) {
    const { wall, alone } = await twoWorkers(those, 'standard', count);
    lengths.push({
      frames: count,
      'ms a pair': Number(wall.toFixed(2)),
      'half of processor time': Number(alone.toFixed(2)),
    });
  }
  console.log('Cost against frames: 160×121, standard, 2 workers');
  console.table(lengths);
}
