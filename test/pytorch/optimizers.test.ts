import { expect, test } from 'vitest';
import { Random } from '../../src/support/random.ts';
import { elementCount, type Tensor } from '../../src/support/tensor.ts';
import { adam, adamW, clipByGlobalNorm, type Optimizer, sgd } from '../../src/training/optimizers.ts';
import { hasPyTorch, runPyTorch } from './pytorch.ts';

const steps = 100;
const shapes = { 'a.weight': [12, 5, 3, 3], 'a.bias': [12], 'norm.weight': [12], 'b.weight': [2, 12] };

const cases: { title: string; ours: Optimizer; torch: object; rate: number; clip?: number }[] = [
  { title: 'Adam', ours: adam(), torch: { optimizer: 'Adam', options: { lr: 0.01 } }, rate: 0.01 },
  {
    title: 'AdamW',
    ours: adamW({ weightDecay: 0.1 }),
    torch: { optimizer: 'AdamW', options: { lr: 0.01, weight_decay: 0.1 } },
    rate: 0.01,
  },
  {
    title: 'SGD with momentum and weight decay',
    ours: sgd({ momentum: 0.9, weightDecay: 0.01 }),
    torch: { optimizer: 'SGD', options: { lr: 0.01, momentum: 0.9, weight_decay: 0.01 } },
    rate: 0.01,
  },
  {
    title: 'Adam with clipped gradients',
    ours: adam(),
    torch: { optimizer: 'Adam', options: { lr: 0.01 }, clip: 0.5 },
    rate: 0.01,
    clip: 0.5,
  },
];

test.skipIf(!hasPyTorch).each(cases)('$title is PyTorch’s over 100 steps (needs PyTorch)', async (each) => {
  const random = Random.seeded(7);
  const draw = (scale: number) =>
    new Map<string, Tensor>(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        { shape, data: Float32Array.from({ length: elementCount(shape) }, () => scale * random.normal()) },
      ]),
    );
  const parameters = draw(1);
  const given = new Map(
    [...parameters].map(([name, { shape, data }]) => [`parameter.${name}`, { shape, data: data.slice() }]),
  );
  const state = each.ours.init(parameters);
  for (let step = 0; step < steps; step++) {
    const gradients = draw(0.1);
    for (const [name, { shape, data }] of gradients)
      given.set(`gradient.${step}.${name}`, { shape, data: data.slice() });
    if (each.clip) clipByGlobalNorm(gradients, each.clip);
    each.ours.update(parameters, gradients, state, each.rate);
  }
  const expected = await runPyTorch('optimizers', { ...each.torch, steps }, given);
  for (const [name, { data }] of expected) {
    const largest = Math.max(...data.map(Math.abs));
    const worst = Math.max(...data.map((value, i) => Math.abs(value - parameters.get(name)!.data[i]!)));
    expect(worst / largest, name).toBeLessThan(2e-6);
  }
});
