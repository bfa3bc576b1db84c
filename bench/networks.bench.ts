import { type ChildProcessByStdio, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import {
  globalAveragePool,
  gradients,
  input,
  linear,
  multiply,
  parameter,
  parametersOf,
  reduceMean,
  subtract,
  type Value,
} from '../src/graph/index.ts';
import { describeNetwork, inputShape, networkParameters } from '../src/models/index.ts';
import { convnet5, densenet, randomParameters, soundnet } from '../src/networks/index.ts';
import { nodeRuntime, openSession } from '../src/runtime/node/index.ts';
import { flowSizes } from '../src/streams/flow.ts';
import { pictureSizes } from '../src/streams/picture.ts';
import { soundSizes } from '../src/streams/sound.ts';
import { describeMachine } from '../src/support/machine.ts';
import { elementCount, type Tensor } from '../src/support/tensor.ts';
import { adam } from '../src/training/optimizers.ts';
import { TrainingStep } from '../src/training/step.ts';
import { rangesOf } from './drawn-ranges.ts';

// The networks at the paper's size, run and trained, side by side with PyTorch in each of its settings (eager, channels
// last, frozen and optimized, compiled, bfloat16) on the same number of threads: each round runs all once. A step is
// forward, backward and Adam, batch norms frozen. Rows of ours alone stand beside another of ours. `--rounds=N`,
// `--only=CASE,…`; AFFECTLINE_TORCH_PYTHON names another Python than Debian's.

const threads = availableParallelism();
const option = (name: string) =>
  process.argv.find((argument) => argument.startsWith(`--${name}=`))?.split('=')[1];
const python = process.env.AFFECTLINE_TORCH_PYTHON ?? '/usr/bin/python3';
const settings = ['eager', 'channels_last', 'frozen', 'frozen_last', 'compiled', 'bf16'] as const;
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

function drawn(shape: readonly number[]): Tensor {
  return { shape, data: Float32Array.from({ length: elementCount(shape) }, () => Math.random() - 0.5) };
}

interface Run {
  (): Promise<unknown>;
  /** What comes before each run, and is not timed: a loader's work. */
  prepare?: () => void;
}

async function inference(network: (x: Value) => Value, shape: number[]): Promise<Run> {
  const output = network(input('x', shape));
  const session = await openSession(
    { output },
    { parameters: randomParameters(parametersOf(output), 1), threads },
  );
  // lent, as analysis lends them
  const feeds = { x: drawn(shape) };
  return () => session.run(feeds, ['x']);
}

/** The same in bytes, with ranges of the very input. */
async function inBytes(network: (x: Value) => Value, shape: number[]): Promise<Run> {
  const output = network(input('x', shape));
  const parameters = randomParameters(parametersOf(output), 1);
  const x = drawn(shape);
  const session = await openSession(
    { output },
    { parameters, ranges: await rangesOf(output, parameters, x), threads },
  );
  const feeds = { x };
  return () => session.run(feeds, ['x']);
}

/** Steps of a network whose map is averaged and regressed; parameters whose names match `frozen` do not train. */
async function regression(
  network: (x: Value) => Value,
  shape: number[],
  { frozen, recompute = false }: { frozen?: RegExp; recompute?: boolean } = {},
): Promise<Run> {
  const features = globalAveragePool(network(input('x', shape)));
  const weight = parameter('regression.weight', [2, features.shape[1]!]);
  const prediction = linear(features, weight, parameter('regression.bias', [2]));
  const error = subtract(prediction, input('target', prediction.shape));
  const loss = reduceMean(multiply(error, error));
  const all = parametersOf(loss);
  const trained = all.filter(({ name, trainable }) => trainable && !frozen?.test(name));
  const slopes = gradients(loss, trained, { recompute });
  const parameters = randomParameters(all, 1);
  const names = trained.map(({ name }) => name);
  const fixed = new Map([...parameters].filter(([name]) => !names.includes(name)));
  const outputs = Object.fromEntries([
    ['loss', loss],
    ...names.map((name, i) => [name, slopes[i]!] as const),
  ]);
  const session = await openSession(outputs, { parameters: fixed, threads });
  const optimizer = adam();
  const state = optimizer.init(parameters);
  const feeds: Record<string, Tensor> = { x: drawn(shape), target: drawn(prediction.shape) };
  for (const name of names) feeds[name] = parameters.get(name)!;
  return async () => {
    const { loss: _, ...found } = await session.run(feeds, Object.keys(feeds));
    for (const name of names) parameters.set(name, feeds[name]!);
    optimizer.update(parameters, new Map(Object.entries(found)), state, 1e-4);
  };
}

/** The paper's network: DenseNet and the fusion train, on 4 clips of 3 sampled frames. */
async function fusion(): Promise<Run> {
  const network = describeNetwork({ preset: 'paper' });
  const batch = { clips: 4, frames: 3, pairs: 10, samples: 220_500 };
  const parameters = randomParameters(networkParameters(network), 1);
  const parts = { flow: 'frozen', picture: 'trained', sound: 'frozen' } as const;
  const step = await TrainingStep.open(
    { network, batch, parts, batchNorm: 'frozen', runtime: nodeRuntime({ threads }) },
    parameters,
  );
  const inputs = network.streams.map(
    (stream) => [stream, drawn(inputShape(network, stream, batch))] as const,
  );
  const hasSound = { shape: [4, 1], data: new Float32Array(4).fill(1) };
  const batchOfClips = { ...Object.fromEntries(inputs), hasSound, target: drawn([4, 2]) };
  const optimizer = adam();
  const state = optimizer.init(parameters);
  let next = batchOfClips;
  const run = () => step.take([next], optimizer, state, { rate: 1e-4, gradientLimit: 5 });
  const prepare = () => {
    next = structuredClone(batchOfClips);
  };
  return Object.assign(run, { prepare });
}

const picture = (x: Value) => densenet(x, { prefix: '' }, pictureSizes.paper);
const sound = (x: Value) => soundnet(x, { prefix: '' }, soundSizes.paper);
const flow = (x: Value) => convnet5(x, { prefix: '' }, flowSizes.paper);
const pictures = (count: number) => [count, 3, 224, 224];
const waveforms = (count: number) => [count, 1, 220_500, 1];

/** What is run, and the goal for our time as a part of PyTorch's best in float32. */
interface Case {
  title: string;
  goal?: number;
  /** PyTorch's case, where it has another name. */
  rival?: string;
  /** A case of ours in PyTorch's place. */
  beside?: string;
  open: () => Promise<Run>;
}

const cases: Record<string, Case> = {
  'densenet-inference-8': {
    title: 'DenseNet-121, batch 8',
    goal: 0.65,
    open: () => inference(picture, pictures(8)),
  },
  'densenet-bytes-8': {
    title: 'the same in bytes',
    goal: 0.35,
    rival: 'densenet-inference-8',
    open: () => inBytes(picture, pictures(8)),
  },
  'convnet5-inference-10': {
    title: 'convnet5, 10 fields',
    goal: 0.9,
    open: () => inference(flow, pictures(10)),
  },
  'convnet5-bytes-10': {
    title: 'the same in bytes',
    goal: 0.4,
    rival: 'convnet5-inference-10',
    open: () => inBytes(flow, pictures(10)),
  },
  'soundnet-inference-1': {
    title: 'SoundNet-8, 10 s',
    goal: 0.65,
    open: () => inference(sound, waveforms(1)),
  },
  'densenet-step-16': {
    title: 'DenseNet-121, step of 16',
    goal: 0.9,
    open: () => regression(picture, pictures(16)),
  },
  'densenet-recomputed-16': {
    title: 'recomputed, beside the same kept',
    beside: 'densenet-step-16',
    open: () => regression(picture, pictures(16), { recompute: true }),
  },
  'densenet-step-8': {
    title: 'DenseNet-121, step of 8',
    goal: 0.9,
    open: () => regression(picture, pictures(8)),
  },
  'densenet-frozen-8': {
    title: 'the same, blocks 1–2 frozen',
    open: () =>
      regression(picture, pictures(8), { frozen: /\.(conv0|norm0|denseblock[12]|transition[12])\./ }),
  },
  'soundnet-step-8': {
    title: 'SoundNet-8, step of 8 × 10 s',
    goal: 0.95,
    open: () => regression(sound, waveforms(8)),
  },
  'convnet5-step-16': {
    title: 'convnet5, step of 16',
    goal: 1,
    open: () => regression(flow, pictures(16)),
  },
  'fusion-step-4': { title: 'the paper’s network, step of 4 × 3', goal: 0.85, open: fusion },
};

/** Milliseconds of each round, and the largest resident memory in MB. */
interface Timing {
  times: number[];
  memory: number;
}

interface Measured {
  ours: Timing;
  /** By setting, those that can be had. */
  rivals: Record<string, Timing>;
}

const thisFile = fileURLToPath(import.meta.url);
const memory = () => process.resourceUsage().maxRSS / 1024;

async function timed(run: Run): Promise<number> {
  run.prepare?.();
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/** A process that says `ready`, then for every line of its input runs once and prints the milliseconds and megabytes. */
class Rival {
  readonly timing: Timing = { times: [], memory: 0 };
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly lines: AsyncIterator<string>;

  constructor(command: string, arguments_: readonly string[]) {
    this.child = spawn(command, arguments_, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface(this.child.stdout)[Symbol.asyncIterator]();
  }

  async isReady(): Promise<boolean> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error('needs PyTorch (python3-torch, python3-torchvision)');
    return value.startsWith('ready');
  }

  async run(counts: boolean): Promise<void> {
    this.child.stdin.write('\n');
    const [milliseconds, megabytes] = (await this.lines.next()).value.split(' ').map(Number);
    this.timing.memory = megabytes;
    if (counts) this.timing.times.push(milliseconds);
  }

  end(): void {
    this.child.stdin.end();
  }
}

async function rivalsOf(name: string): Promise<Map<string, Rival>> {
  const { beside, rival = name } = cases[name]!;
  if (beside) {
    const ours = new Rival(process.execPath, [thisFile, `--rival=${beside}`]);
    await ours.isReady();
    return new Map([[beside, ours]]);
  }
  const pytorch = fileURLToPath(new URL('../bench/pytorch_networks.py', import.meta.url));
  const rivals = new Map<string, Rival>();
  for (const setting of settings) {
    const each = new Rival(python, [pytorch, rival, String(threads), setting]);
    if (await each.isReady()) rivals.set(setting, each);
    else each.end();
  }
  return rivals;
}

/** One case, in a process of its own, for its memory. */
async function measure(name: string): Promise<Measured> {
  const rivals = await rivalsOf(name);
  const run = await cases[name]!.open();
  const times: number[] = [];
  for (let round = -2; round < Number(option('rounds') ?? 9); round++) {
    const elapsed = await timed(run);
    if (round >= 0) times.push(elapsed);
    for (const rival of rivals.values()) await rival.run(round >= 0);
  }
  for (const rival of rivals.values()) rival.end();
  return {
    ours: { times, memory: memory() },
    rivals: Object.fromEntries([...rivals].map(([setting, { timing }]) => [setting, timing])),
  };
}

/** Billions of operations a second in a product of matrices of 2048 × 2048: near what the processor gives at most. */
async function peak(): Promise<number> {
  const side = 2048;
  const run = await inference(
    (x) => linear(x, parameter('w', [side, side]), parameter('b', [side])),
    [side, side],
  );
  const times: number[] = [];
  for (let round = 0; round < 9; round++) times.push(await timed(run));
  return (2 * side ** 3) / 1e6 / Math.min(...times);
}

const beside = option('rival');
if (beside) {
  const run = await cases[beside]!.open();
  console.log('ready');
  for await (const _ of createInterface(process.stdin)) console.log(`${await timed(run)} ${memory()}`);
  process.exit();
}

const single = option('case');
if (single) {
  process.send!(await measure(single));
  process.exit();
}

const version = execFileSync(python, ['-c', 'import torch; print(torch.__version__)'], { encoding: 'utf8' });
console.log(
  `${describeMachine()}, ${threads} threads each; PyTorch ${version.trim()}; a product of matrices takes ${(await peak()).toFixed(0)} GFLOP/s\n`,
);
const heads = ['goal', 'ratio', 'median', 'ours ms', 'rival ms', 'ours MB', 'rival MB'];
console.log(`${'best of the rounds'.padEnd(36)}${heads.map((head) => head.padStart(10)).join('')}`);
const only = option('only')?.split(',');
for (const [name, { title, goal }] of Object.entries(cases)) {
  if (only && !only.includes(name)) continue;
  const child = fork(thisFile, [`--case=${name}`, ...process.argv.slice(2)]);
  const [{ ours, rivals }] = (await once(child, 'message')) as [Measured];
  const best = ({ times }: Timing) => Math.min(...times);
  const inFloat = Object.entries(rivals).filter(([setting]) => setting !== 'bf16');
  const [strongest] = inFloat.toSorted(([, a], [, b]) => best(a) - best(b))[0]!;
  console.log(title);
  for (const [setting, timing] of Object.entries(rivals)) {
    const isStrongest = setting === strongest;
    const columns = [
      goal && isStrongest ? `≤ ${goal.toFixed(2)}` : '',
      (best(ours) / best(timing)).toFixed(2),
      (median(ours.times) / median(timing.times)).toFixed(2),
      ...[best(ours), best(timing), ours.memory, timing.memory].map((value) => value.toFixed(0)),
    ];
    console.log(
      `  ÷ ${setting}${isStrongest ? ', the strongest' : ''}`.padEnd(36) +
        columns.map((text) => text.padStart(10)).join(''),
    );
  }
}
