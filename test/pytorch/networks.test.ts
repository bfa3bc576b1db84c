import { expect, test } from 'vitest';
import { parametersOf } from '../../src/graph/index.ts';
import type { NetworkOptions } from '../../src/models/index.ts';
import { openSession } from '../../src/runtime/node/index.ts';
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

const all = ['flow', 'picture', 'sound'];
const pairs = all.map((left) => all.filter((stream) => stream !== left));
const whole: NetworkOptions[] = [
  { preset: 'paper' },
  { preset: 'paper', fusion: 'decisions' },
  ...[all, ...pairs, ...all.map((stream) => [stream])].map((streams) => ({
    preset: 'compact' as const,
    streams,
  })),
  ...[all, ...pairs].map((streams) => ({
    preset: 'compact' as const,
    streams,
    fusion: 'decisions' as const,
  })),
  ...(['features', 'decisions'] as const).map((fusion) => ({
    ...{ preset: 'compact' as const, fusion },
    fusionConvolution: 'space-time' as const,
  })),
];
const cases: Case[] = [
  ...partCases('paper'),
  ...partCases('compact'),
  ...whole.map((options) =>
    clipCase(options, {
      samples: 220_500,
      ...(options.fusionConvolution === 'space-time' && { frames: 4 }),
    }),
  ),
];

test.skipIf(!hasPyTorch).each(cases)('$title: the output is PyTorch’s (needs PyTorch)', async (each) => {
  const { output } = each.build();
  const parameters = livelyParameters(parametersOf(output));
  const inputs = drawInputs(each.inputs);
  const session = await openSession({ output }, { parameters, threads: 1 });
  const ours = (await session.run(inputs)).output!;
  await session.close();
  const answer = (await runPyTorch('reference', each.request, given(parameters, inputs))).get('output')!;
  expect(ours.shape).toEqual(answer.shape);
  expect(relativeError(ours.data, answer.data)).toBeLessThan(1e-4);
});
