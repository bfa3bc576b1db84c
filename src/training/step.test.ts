import { expect, test } from 'vitest';
import {
  type Batch,
  clipFeatures,
  describeNetwork,
  inputShape,
  type Network,
  networkParameters,
} from '../models/index.ts';
import { randomParameters } from '../networks/index.ts';
import { nodeRuntime, openSession } from '../runtime/node/index.ts';
import { InputError } from '../support/errors.ts';
import { Random } from '../support/random.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import { adam, sgd } from './optimizers.ts';
import { type Run, type StepOptions, TrainingStep } from './step.ts';
import { type TrainedParts, trains } from './trained-parts.ts';

const network = describeNetwork({ preset: 'compact' });
const runtime = nodeRuntime({ threads: 1 });
const all: TrainedParts = { flow: 'trained', picture: 'trained', sound: 'trained' };
const batchOf = (clips: number): Batch => ({ clips, frames: 1, pairs: 2, samples: 22_050 });
const freshParameters = (of: Network = network) => randomParameters(networkParameters(of), 3);

function drawRun(batch: Batch, seed: number, of: Network = network): Run {
  const random = Random.seeded(seed);
  const draw = (shape: readonly number[], scale: number): Tensor => ({
    shape,
    data: Float32Array.from({ length: elementCount(shape) }, () => scale * random.normal()),
  });
  const inputs = of.streams.map((stream) => {
    return [stream, draw(inputShape(of, stream, batch), stream === 'sound' ? 0.1 : 1)] as const;
  });
  const hasSound = { shape: [batch.clips, 1], data: new Float32Array(batch.clips).fill(1) };
  return { ...Object.fromEntries(inputs), hasSound, target: draw([batch.clips, 2], 1) };
}

/** Clips of several runs as one. */
function joined(runs: readonly Run[]): Run {
  return Object.fromEntries(
    Object.keys(runs[0]!).map((name) => {
      const parts = runs.map((run) => run[name]!);
      const { shape } = parts[0]!;
      const data = Float32Array.from(parts.flatMap((part) => [...part.data]));
      return [name, { shape: [shape[0]! * runs.length, ...shape.slice(1)], data }];
    }),
  );
}

async function withStep<T>(
  options: Partial<StepOptions>,
  parameters: Map<string, Tensor>,
  use: (step: TrainingStep) => Promise<T>,
): Promise<T> {
  const step = await TrainingStep.open(
    { network, batch: batchOf(2), parts: all, batchNorm: 'frozen', runtime, ...options },
    parameters,
  );
  try {
    return await use(step);
  } finally {
    await step.close();
  }
}

const copyOf = (parameters: ReadonlyMap<string, Tensor>) =>
  new Map([...parameters].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
const largestDifference = (a: ReadonlyMap<string, Tensor>, b: ReadonlyMap<string, Tensor>) =>
  Math.max(
    ...[...a].map(([name, { data }]) =>
      data.reduce((most, value, i) => Math.max(most, Math.abs(value - b.get(name)!.data[i]!)), 0),
    ),
  );
const changed = (before: ReadonlyMap<string, Tensor>, after: ReadonlyMap<string, Tensor>) =>
  [...before.keys()].filter((name) =>
    before.get(name)!.data.some((value, i) => value !== after.get(name)!.data[i]),
  );

test('steps on the same clips bring the loss down, from scratch too', async () => {
  for (const batchNorm of ['frozen', 'batch'] as const) {
    const parameters = freshParameters();
    const [optimizer, run] = [adam(), drawRun(batchOf(2), 1)];
    const state = optimizer.init(parameters);
    const losses = await withStep({ batchNorm }, parameters, async (step) => {
      const seen: number[] = [];
      for (let i = 0; i < 12; i++)
        seen.push(
          (await step.take([structuredClone(run)], optimizer, state, { rate: 1e-3, gradientLimit: 5 })).loss,
        );
      return seen;
    });
    expect(losses.at(-1)!, batchNorm).toBeLessThan(0.2 * losses[0]!);
  }
});

test('the loss is the mean squared error of the predictions', async () => {
  const parameters = freshParameters();
  const run = drawRun(batchOf(2), 2);
  const labels = run.target!.data.slice();
  const optimizer = sgd();
  const { loss, predictions } = await withStep({}, parameters, (step) =>
    step.take([run], optimizer, optimizer.init(parameters), { rate: 0, gradientLimit: 1 }),
  );
  const squares = predictions.flat().map((value, i) => (value - labels[i]!) ** 2);
  expect(loss).toBeCloseTo(squares.reduce((sum, square) => sum + square, 0) / 4, 4);
});

test('several runs make the step of one batch of all their clips', async () => {
  const runs = [drawRun(batchOf(2), 3), drawRun(batchOf(2), 4)];
  const steps = [
    { batch: batchOf(4), runs: [joined(runs)] },
    { batch: batchOf(2), runs },
  ];
  const results = [];
  for (const { batch, runs } of steps) {
    const parameters = freshParameters();
    const optimizer = sgd();
    const result = await withStep({ batch }, parameters, (step) =>
      step.take(runs, optimizer, optimizer.init(parameters), { rate: 0.01, gradientLimit: 1 }),
    );
    results.push({ ...result, parameters });
  }
  const [once, twice] = results as [(typeof results)[0], (typeof results)[0]];
  expect(twice.loss).toBeCloseTo(once.loss, 4);
  expect(twice.gradientNorm / once.gradientNorm).toBeCloseTo(1, 4);
  expect(largestDifference(once.parameters, twice.parameters)).toBeLessThan(1e-5);
});

test('what is frozen stays, and is neither fed nor differentiated', async () => {
  const parameters = freshParameters();
  const before = copyOf(parameters);
  const parts: TrainedParts = { flow: 'frozen', picture: 3, sound: 'frozen' };
  const optimizer = adam();
  const trained = await withStep({ parts }, parameters, async (step) => {
    await step.take([drawRun(batchOf(2), 5)], optimizer, optimizer.init(parameters), {
      rate: 1e-3,
      gradientLimit: 5,
    });
    return step.trained;
  });
  expect(trained.length).toBe(8 * 6 + 2 + 4);
  for (const name of trained)
    expect(name).toMatch(/^(picture\.features\.(denseblock3|norm5)|fusion|regression)\./);
  expect(changed(before, parameters)).toEqual(
    trained.filter((name) => changed(before, parameters).includes(name)),
  );
  expect(changed(before, parameters).length).toBeGreaterThan(50);
});

test('with the statistics of the batch, the running averages of trained batch norms move, and no others', async () => {
  const parameters = freshParameters();
  const before = copyOf(parameters);
  const optimizer = sgd();
  const parts: TrainedParts = { flow: 'frozen', picture: 2, sound: 'frozen' };
  await withStep({ parts, batchNorm: 'batch' }, parameters, (step) =>
    step.take([drawRun(batchOf(2), 6)], optimizer, optimizer.init(parameters), { rate: 0, gradientLimit: 5 }),
  );
  const moved = changed(before, parameters);
  expect(moved).toHaveLength(2 * (6 * 2 + 1 + 8 * 2 + 1));
  for (const name of moved)
    expect(name).toMatch(/^picture.*(block[23]|transition2|norm5).*\.running_(mean|var)$/);
});

test.each(['frozen', 'batch'] as const)(
  'recomputing in the backward pass gives the same step (batch norms: %s)',
  async (batchNorm) => {
    const run = drawRun(batchOf(2), 8);
    const results = [];
    for (const recompute of [false, true]) {
      const parameters = freshParameters();
      const optimizer = sgd();
      const { gradientNorm } = await withStep({ recompute, batchNorm }, parameters, (step) =>
        step.take([structuredClone(run)], optimizer, optimizer.init(parameters), {
          rate: 0.01,
          gradientLimit: 1,
        }),
      );
      results.push({ gradientNorm, parameters });
    }
    const [kept, again] = results as [(typeof results)[0], (typeof results)[0]];
    expect(again.gradientNorm / kept.gradientNorm).toBeCloseTo(1, 4);
    expect(largestDifference(kept.parameters, again.parameters)).toBeLessThan(1e-5);
  },
);

test('the features of a frozen stream may be computed before', async () => {
  const parts: TrainedParts = { ...all, flow: 'frozen', sound: 'frozen' };
  const run = drawRun(batchOf(2), 7);
  const session = await openSession(clipFeatures(network, batchOf(2)), { parameters: freshParameters() });
  const { target, hasSound, ...inputs } = run;
  const features = await session.run(inputs);
  await session.close();
  const results: Map<string, Tensor>[] = [];
  for (const options of [{ run }, { run: { ...run, ...features }, given: ['flow', 'sound'] as const }]) {
    const parameters = freshParameters();
    const optimizer = sgd();
    await withStep({ parts, ...options }, parameters, (step) =>
      step.take([structuredClone(options.run)], optimizer, optimizer.init(parameters), {
        rate: 0.01,
        gradientLimit: 1,
      }),
    );
    results.push(parameters);
  }
  expect(largestDifference(results[0]!, results[1]!)).toBeLessThan(1e-5);
});

test('a loss that is not a number ends training before it spoils the weights', async () => {
  const parameters = freshParameters();
  const before = copyOf(parameters);
  const optimizer = adam();
  const run = {
    ...drawRun(batchOf(2), 8),
    target: { shape: [2, 2], data: Float32Array.of(1, 2, Number.NaN, 4) },
  };
  const step = withStep({}, parameters, (opened) =>
    opened.take([run], optimizer, optimizer.init(parameters), { rate: 1e-3, gradientLimit: 5 }),
  );
  await expect(step).rejects.toThrow(InputError);
  await expect(step).rejects.toThrow(
    'step 1: the loss or its gradient is NaN; a lower learning rate may help',
  );
  expect(changed(before, parameters)).toEqual([]);
});

test.each([
  ['fusion.conv.weight', true],
  ['decision.flow.regression.bias', true],
  ['flow.features.0.weight', false],
  ['picture.features.conv0.weight', false],
  ['picture.features.transition1.conv.weight', false],
  ['picture.features.denseblock2.denselayer1.norm1.weight', true],
  ['picture.features.denseblock2.denselayer1.norm1.running_mean', false],
  ['picture.features.norm5.bias', true],
  ['sound.conv1.0.weight', true],
])('%s trains: %s', (name, expected) => {
  expect(trains({ flow: 'frozen', picture: 2, sound: 'trained' }, network)(name)).toBe(expected);
});
