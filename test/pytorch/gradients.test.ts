import { describe, expect, test } from 'vitest';
import { gradients, input, multiply, parametersOf, reduceSum, type Value } from '../../src/graph/index.ts';
import { openSession } from '../../src/runtime/node/index.ts';
import { Random } from '../../src/support/random.ts';
import { elementCount } from '../../src/support/tensor.ts';
import {
  type Case,
  clipCase,
  drawInputs,
  given,
  livelyParameters,
  partCases,
  relativeError,
} from './cases.ts';
import { hasPyTorch, runPyTorch } from './pytorch.ts';

/**
 * Gradients of sum(output · probe) by every parameter; the errors are against PyTorch's in float64, largest over the
 * parameters: ours in float32, and PyTorch's own in float32.
 */
async function errorsOf(each: Case, statistics: 'frozen' | 'batch', seed: number) {
  const { output, averages } = each.build(statistics);
  const random = Random.seeded(seed);
  const probe = {
    shape: output.shape,
    data: Float32Array.from({ length: elementCount(output.shape) }, () => random.normal()),
  };
  const loss = reduceSum(multiply(output, input('probe', output.shape)), [...output.shape.keys()]);
  const parameters = livelyParameters(parametersOf({ loss, ...averages }));
  const inputs = { ...drawInputs(each.inputs, seed), probe };

  const variables = parametersOf(loss).filter(({ trainable }) => trainable);
  const slopes = gradients(loss, variables);
  const outputs: Record<string, Value> = { output, ...averages };
  variables.forEach(({ name }, i) => {
    outputs[`gradient.${name}`] = slopes[i]!;
  });
  // threads that wait for each other would only take the core that other tests run on
  const session = await openSession(outputs, { threads: 1 });
  const ours = await session.run({ ...Object.fromEntries(parameters), ...inputs });
  await session.close();

  const request = { ...each.request, gradients: true, train: statistics === 'batch' };
  const theirs = await runPyTorch('reference', request, given(parameters, inputs));
  expect([...theirs.keys()].filter((name) => name.startsWith('gradient64.')).length).toBe(variables.length);

  const errors = variables
    // The bias before a batch norm with the statistics of the batch has no effect, and a gradient of mere rounding.
    .filter(({ name }) => statistics === 'frozen' || !/^conv\d\.0\.bias$/.test(name))
    .map(({ name }) => {
      const exact = theirs.get(`gradient64.${name}`)!.data;
      return [
        relativeError(ours[`gradient.${name}`]!.data, exact),
        relativeError(theirs.get(`gradient32.${name}`)!.data, exact),
      ] as const;
    });
  const moved = Object.keys(averages).map((name) =>
    relativeError(ours[name]!.data, theirs.get(`average.${name}`)!.data),
  );
  return {
    ours: Math.max(...errors.map(([own]) => own)),
    pytorch: Math.max(...errors.map(([, other]) => other)),
    averages: Math.max(0, ...moved),
  };
}

const seeds = [5, 6, 7];

/**
 * Where a ReLU or a pooling is within rounding of choosing otherwise, one float32 gradient leaps and another does not;
 * that happens to one draw of the inputs in many, so a draw that fails is followed by two more.
 */
async function expectExact(each: Case, statistics: 'frozen' | 'batch') {
  for (const seed of seeds) {
    const errors = await errorsOf(each, statistics, seed);
    expect(errors.averages).toBeLessThan(1e-5);
    const allowed = Math.max(2 * errors.pytorch, 1e-6);
    if (errors.ours > allowed && seed < seeds.at(-1)!) continue;
    expect(errors.ours).toBeLessThanOrEqual(allowed);
    return;
  }
}

describe.each(['paper', 'compact'] as const)('%s', (preset) => {
  const size = { frames: 2, pairs: 2 };
  const cases = [...partCases(preset), clipCase({ preset }, size)];
  if (preset === 'compact')
    cases.push(
      clipCase({ preset, fusion: 'decisions' }, size),
      clipCase({ preset, fusionConvolution: 'space-time' }, { ...size, frames: 3 }),
    );
  test.skipIf(!hasPyTorch).each(cases)(
    '$title: every gradient is as exact as PyTorch’s (needs PyTorch)',
    (each) => expectExact(each, 'frozen'),
    300_000,
  );

  const normed = partCases(preset).filter(({ title }) => /^(densenet|soundnet to conv7)/.test(title));
  test.skipIf(!hasPyTorch).each(normed)(
    '$title: with the statistics of the batch, too (needs PyTorch)',
    (each) => expectExact(each, 'batch'),
    300_000,
  );
});
