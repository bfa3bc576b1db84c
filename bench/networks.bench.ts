import { type ChildProcessByStdio, fork, spawn } from 'node:child_process';
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

// The networks at the paper's size, run and trained, side by side with PyTorch on the same number of threads: each
// round runs both once. A step is forward, backward and Adam, batch norms frozen. One row is beside another of ours
// instead. `--rounds=N`, `--only=CASE`.

const threads = availableParallelism();
const option = (name: string) =>
  process.argv.find((argument) => argument.startsWith(`--${name}=`))?.split('=')[1];
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
  const x = drawn(shape);
  return () => session.run({ x });
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

/** What is run, the goal for our time as a part of PyTorch's, and how; `beside` is a case of ours in PyTorch's place. */
const cases: Record<string, { title: string; goal?: number; beside?: string; open: () => Promise<Run> }> = {
  'densenet-inference-8': {
    title: 'DenseNet-121, batch 8',
    goal: 0.65,
    open: () => inference(picture, pictures(8)),
  },
  'soundnet-inference-1': {
    title: 'SoundNet-8, 10 s',
    goal: 0.4,
    open: () => inference(sound, waveforms(1)),
  },
  'densenet-step-16': {
    title: 'DenseNet-121, step of 16',
    goal: 0.8,
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
    goal: 0.9,
    open: () => regression(flow, pictures(16)),
  },
  'fusion-step-4': { title: 'the paper’s network, step of 4 × 3', goal: 0.85, open: fusion },
};

interface Measured {
  ours: number;
  rivals: number;
  ourMemory: number;
  rivalsMemory: number;
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
function rivalOf(name: string): ChildProcessByStdio<Writable, Readable, null> {
  const { beside } = cases[name]!;
  const pytorch = fileURLToPath(new URL('./pytorch_networks.py', import.meta.url));
  return beside
    ? spawn(process.execPath, [thisFile, `--rival=${beside}`], { stdio: ['pipe', 'pipe', 'inherit'] })
    : spawn('/usr/bin/python3', [pytorch, name, String(threads)], { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** One case, in a process of its own, for its memory. */
async function measure(name: string): Promise<Measured> {
  const rival = rivalOf(name);
  const lines = createInterface(rival.stdout)[Symbol.asyncIterator]();
  if ((await lines.next()).value !== 'ready')
    throw new Error('needs PyTorch (python3-torch, python3-torchvision)');
  const run = await cases[name]!.open();
  const [ours, theirs]: [number[], number[]] = [[], []];
  let rivalsMemory = 0;
  for (let round = -2; round < Number(option('rounds') ?? 9); round++) {
    const elapsed = await timed(run);
    rival.stdin.write('\n');
    const [milliseconds, megabytes] = (await lines.next()).value.split(' ').map(Number);
    rivalsMemory = megabytes;
    if (round < 0) continue;
    ours.push(elapsed);
    theirs.push(milliseconds);
  }
  rival.stdin.end();
  return { ours: median(ours), rivals: median(theirs), ourMemory: memory(), rivalsMemory };
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

console.log(
  `${describeMachine()}, ${threads} threads each; the rival is PyTorch unless the row says another\n`,
);
console.log(
  '                                      goal   ratio    ours ms    rival ms    ours MB    rival MB',
);
const only = option('only');
for (const [name, { title, goal }] of Object.entries(cases)) {
  if (only && only !== name) continue;
  const child = fork(thisFile, [`--case=${name}`, ...process.argv.slice(2)]);
  const [measured] = (await once(child, 'message')) as [Measured];
  const { ours, rivals, ourMemory, rivalsMemory } = measured;
  const columns: [string, number][] = [
    [goal ? `≤ ${goal.toFixed(2)}` : '', 8],
    [(ours / rivals).toFixed(2), 8],
    [ours.toFixed(0), 11],
    [rivals.toFixed(0), 12],
    [ourMemory.toFixed(0), 11],
    [rivalsMemory.toFixed(0), 12],
  ];
  console.log(title.padEnd(34) + columns.map(([text, width]) => text.padStart(width)).join(''));
}
