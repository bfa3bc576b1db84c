import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { faceNumbers } from '../faces/index.ts';
import {
  type Batch,
  clipNetwork,
  describeNetwork,
  inputShape,
  type Network,
  networkParameters,
  soundMask,
} from '../models/index.ts';
import { writeModel } from '../models/node/index.ts';
import { randomParameters } from '../networks/index.ts';
import { nodeRuntime } from '../runtime/node/index.ts';
import { preprocessingFor } from '../streams/index.ts';
import { Random } from '../support/random.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import { additionOf } from './addition.ts';
import { trainingConfiguration } from './configuration.ts';
import { adamW } from './optimizers.ts';
import { initialParameters } from './start.ts';
import { type Run, TrainingStep } from './step.ts';

const runtime = nodeRuntime({ threads: 1 });
const folder = mkdtempSync(join(tmpdir(), 'affectline-addition-'));
afterAll(() => rmSync(folder, { recursive: true }));

const base = join(folder, 'base');
const streams = ['flow', 'picture', 'sound'];
const frozen = { flow: 'frozen', picture: 'frozen', sound: 'frozen' };
const batch: Batch = { clips: 3, frames: 2, pairs: 1, samples: 22_050 };
const isThere = faceNumbers.indexOf('is there a face');

const configured = (keys: object) =>
  trainingConfiguration(
    { preset: 'compact', addsTo: base, train: frozen, streams: [...streams, 'face'], ...keys },
    'test',
  );

beforeAll(async () => {
  const network = describeNetwork({ preset: 'compact' });
  await writeModel(base, {
    ...{ name: 'base', trained: 'nothing', synthetic: true, network },
    preprocessing: preprocessingFor('compact'),
    parameters: randomParameters(networkParameters(network), 7),
  });
});

/** Clips at random; the first shows nobody, the others a face at every other moment. */
function drawRun(network: Network, seed: number): Run {
  const random = Random.seeded(seed);
  const draw = (shape: readonly number[], scale: number): Tensor => ({
    shape,
    data: Float32Array.from({ length: elementCount(shape) }, () => scale * random.normal()),
  });
  const run: Record<string, Tensor> = Object.fromEntries(
    network.streams.map((stream) => [stream, draw(inputShape(network, stream, batch), 0.3)]),
  );
  // of a moment without a face all numbers but the last are drawn, too: whatever they are, they add nothing
  if (run.face)
    for (let moment = 0; moment < batch.clips * batch.frames; moment++)
      run.face.data[moment * faceNumbers.length + isThere] =
        moment >= batch.frames && moment % 2 === 0 ? 1 : 0;
  const hasSound = { shape: [batch.clips, 1], data: new Float32Array([1, 0, 1]) };
  return { ...run, [soundMask]: hasSound, target: draw([batch.clips, 2], 1) };
}

async function answersOf(network: Network, parameters: Map<string, Tensor>, run: Run) {
  const { prediction } = clipNetwork(network, batch);
  const session = await runtime.open({ prediction }, parameters);
  const inputs = Object.fromEntries([...session.inputs.keys()].map((name) => [name, run[name]!]));
  const { data } = (await session.run(inputs)).prediction!;
  await session.close();
  return [...data];
}

test.each(['face', 'color'])(
  'what %s adds is all that is learned, from the answer of the model on; nobody adds nothing',
  async (added) => {
    const configuration = configured({ streams: [...streams, added] });
    const network = describeNetwork(configuration);
    const without = describeNetwork({ preset: 'compact' });
    const { masks, parameters: known } = (await additionOf(configuration))!;
    const parameters = await initialParameters(configuration);
    const run = drawRun(network, 1);
    const before = await answersOf(network, parameters, run);
    const baseParameters = randomParameters(networkParameters(without), 7);
    const answers = await answersOf(without, baseParameters, run);
    for (const [i, value] of before.entries()) expect(value).toBeCloseTo(answers[i]!, 6);

    const parts = configuration.train;
    const step = await TrainingStep.open(
      { network, batch, parts, batchNorm: 'batch', masks, runtime },
      parameters,
    );
    const color = added === 'color' ? ['dense1', 'dense2'] : [];
    expect([...step.trained].toSorted()).toEqual([
      ...color.flatMap((layer) => [`color.${layer}.bias`, `color.${layer}.weight`]),
      'regression.weight',
    ]);
    // weights that stay must not decay, either
    const optimizer = adamW({ weightDecay: 0.1 });
    const state = optimizer.init(new Map(step.trained.map((name) => [name, parameters.get(name)!])));
    const losses: number[] = [];
    for (let i = 0; i < 30; i++) {
      const { loss } = await step.take([drawRun(network, 1)], optimizer, state, {
        ...{ rate: 0.05, gradientLimit: 5 },
      });
      losses.push(loss);
    }
    await step.close();
    expect(losses.at(-1)).toBeLessThan(0.9 * losses[0]!);

    const mask = masks.get('regression.weight')!;
    for (const [name, { data }] of known) {
      const own = parameters.get(name)!.data;
      if (name !== 'regression.weight') expect(own).toEqual(data);
      else {
        const [kept, changed] = [0, 1].map((of) => [...mask.keys()].filter((i) => mask[i] === of));
        expect(kept!.map((i) => own[i])).toEqual(kept!.map((i) => data[i]));
        expect(changed!.some((i) => own[i] !== 0)).toBe(true);
      }
    }
    const after = await answersOf(network, parameters, run);
    const moved = [0, 1, 2].map((clip) => Math.abs(after[2 * clip]! - answers[2 * clip]!));
    if (added === 'face') expect(moved[0]).toBeLessThan(1e-6);
    expect(moved[2]).toBeGreaterThan(1e-3);
  },
);

test.each([
  [{ streams }, /addsTo: .*base has all of the streams flow, picture, sound: nothing is added/],
  [{ streams: ['flow', 'picture', 'face'] }, /has a stream sound, which is not among streams/],
  [{ train: { ...frozen, picture: 'trained' } }, /stays as it is; train: picture: frozen expected/],
  [{ preset: 'paper' }, /has preset compact, not paper/],
  [{ fusion: 'decisions' }, /has fusion features, not decisions/],
  [{ sampling: 'frames' }, /was trained on films that were prepared otherwise/],
  [{ addsTo: join(folder, 'missing') }, /model\.json: no such file/],
])('a model that %o does not go with is refused', async (keys, reason) => {
  await expect(initialParameters(configured(keys))).rejects.toThrow(reason);
});

test('a stream that is fused with others cannot be added', async () => {
  const network = describeNetwork({ preset: 'compact', streams: ['picture', 'sound'] });
  const addsTo = join(folder, 'seeing');
  await writeModel(addsTo, {
    ...{ name: 'seeing', trained: 'nothing', synthetic: true, network },
    preprocessing: preprocessingFor('compact'),
    parameters: randomParameters(networkParameters(network), 7),
  });
  await expect(initialParameters(configured({ addsTo, streams }))).rejects.toThrow(
    /cannot have flow added: the stream is fused with others/,
  );
});
