import { expect, test } from 'vitest';
import { describeGraph, parametersOf, type Value } from '../graph/index.ts';
import { contributions, predict, randomParameters } from '../networks/index.ts';
import { openSession } from '../runtime/node/index.ts';
import { presetNamed, presets, standardStreams, streamsNamed } from '../streams/index.ts';
import { Random } from '../support/random.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import {
  type Batch,
  clipFeatures,
  clipNetwork,
  describeNetwork,
  momentNetwork,
  type Network,
  type NetworkOptions,
  networkParameters,
  waveformNetwork,
} from './index.ts';

const batch: Batch = { clips: 2, frames: 2, pairs: 2, samples: 3 * 22_050 };

/** All parameters of a network; also the weights of decisions are made to differ. */
function parametersFor(network: Network): Map<string, Tensor> {
  const parameters = randomParameters(networkParameters(network), 4);
  parameters.get('decision.weights')?.data.set([0.5, -0.25, 0.125]);
  for (const [name, { data }] of parameters) if (name.endsWith('regression.bias')) data.set([3, -1]);
  return parameters;
}

async function run(
  outputs: Record<string, Value>,
  parameters: ReadonlyMap<string, Tensor>,
  feeds: Record<string, Tensor>,
): Promise<Record<string, Tensor>> {
  const session = await openSession(outputs, { parameters });
  try {
    return await session.run(
      Object.fromEntries([...session.inputs.keys()].map((name) => [name, feeds[name]!])),
    );
  } finally {
    await session.close();
  }
}

function clips(network: Network): Record<string, Tensor> {
  const random = Random.seeded(8);
  const draw = (shape: number[], scale: number) => ({
    shape,
    data: Float32Array.from({ length: elementCount(shape) }, () => scale * random.normal()),
  });
  const { side } = network.sizes;
  return {
    flow: draw([8, 3, side, side], 1),
    picture: draw([4, 3, side, side], 1),
    sound: draw([2, 1, batch.samples, 1], 0.1),
    color: draw([4, 51, 1, 1], 1),
    hasSound: { shape: [2, 1], data: Float32Array.of(1, 0) },
  };
}

/** Part `index` of `count` along the first axis. */
function part({ shape, data }: Tensor, index: number, count: number): Tensor {
  const length = data.length / count;
  return {
    shape: [shape[0]! / count, ...shape.slice(1)],
    data: data.slice(index * length, (index + 1) * length),
  };
}

/** The mean over frames and places of a map [frames, C, places…]. */
function meanVector({ shape, data }: Tensor): Float32Array {
  const [frames, channels] = shape as [number, number];
  const places = data.length / frames / channels;
  const mean = new Float32Array(channels);
  data.forEach((value, i) => {
    mean[Math.floor(i / places) % channels]! += value / (frames * places);
  });
  return mean;
}

const networks: NetworkOptions[] = [
  { preset: 'compact' },
  { preset: 'compact', fusion: 'decisions' },
  { preset: 'compact', streams: ['flow', 'sound'], soundLayer: 'pool5' },
  { preset: 'compact', streams: ['sound'] },
  { preset: 'compact', streams: [...standardStreams, 'color'] },
  { preset: 'compact', streams: [...standardStreams, 'color'], fusion: 'decisions' },
  { preset: 'compact', streams: ['color', 'sound'] },
  { preset: 'compact', streams: ['color'] },
];

const sumOf = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0);

test.each(networks)('what analysis puts together equals the network for clips: %j', async (options) => {
  const network = describeNetwork(options);
  const parameters = parametersFor(network);
  const feeds = clips(network);
  const { prediction } = await run({ prediction: clipNetwork(network, batch).prediction }, parameters, feeds);
  const [withSound, without] = [0, 1];
  for (const clip of network.streams.length > 1 ? [withSound, without] : [withSound]) {
    const own = Object.fromEntries(
      ['flow', 'picture', 'sound', 'color'].map((name) => [name, part(feeds[name]!, clip, batch.clips)]),
    );
    const maps = {
      ...(network.streams.join() !== 'sound' && (await run(momentNetwork(network, batch), parameters, own))),
      ...(clip === withSound &&
        network.streams.includes('sound') &&
        (await run(waveformNetwork(network, 'sound', batch.samples), parameters, own))),
    };
    const features = Object.fromEntries(Object.entries(maps).map(([name, map]) => [name, meanVector(map)]));
    const affect = predict(network, parameters, features);
    expect(affect.valence).toBeCloseTo(prediction!.data[2 * clip]!, 4);
    expect(affect.arousal).toBeCloseTo(prediction!.data[2 * clip + 1]!, 4);

    // Contributions: added to the prediction for maps of zeros, they are the prediction.
    const zeros = Object.entries(features).map(([name, vector]) => [name, vector.map(() => 0)] as const);
    let explained = predict(network, parameters, Object.fromEntries(zeros)).arousal;
    for (const [name, map] of Object.entries(maps)) {
      const frames = map.shape[0]!;
      for (let frame = 0; frame < frames; frame++) {
        const one = part(map, frame, frames).data;
        const { arousal } = contributions(network, parameters, name, one, Object.keys(features));
        explained += sumOf(arousal) / arousal.length / frames;
      }
    }
    expect(explained).toBeCloseTo(affect.arousal, 4);
  }
});

test('features computed once stand in for the streams they were computed from', async () => {
  const network = describeNetwork({ preset: 'compact' });
  const parameters = parametersFor(network);
  const feeds = clips(network);
  const { prediction } = await run({ prediction: clipNetwork(network, batch).prediction }, parameters, feeds);
  const features = await run(clipFeatures(network, batch), parameters, feeds);
  const given = clipNetwork(network, batch, { given: ['flow', 'sound'] });
  expect(parametersOf(given.prediction).some(({ name }) => /^(flow|sound)\./.test(name))).toBe(false);
  const head = await run({ prediction: given.prediction }, parameters, { ...feeds, ...features });
  head.prediction!.data.forEach((value, i) => {
    expect(value).toBeCloseTo(prediction!.data[i]!, 4);
  });
});

test('color joins before the regression: all but that is as it is without it', () => {
  const without = networkParameters(describeNetwork({ preset: 'compact' }));
  const network = describeNetwork({ preset: 'compact', streams: ['color', ...standardStreams] });
  expect(network.streams).toEqual([...standardStreams, 'color']);
  expect(network.tracks.map(({ name, of, fused }) => [name, of, fused])).toEqual([
    ['visual', 'moment', true],
    ['color', 'moment', false],
    ['sound', 'waveform', false],
  ]);
  const seen = (of: Network) => describeGraph({ visual: momentNetwork(of, batch).visual! });
  expect(seen(network)).toEqual(seen(describeNetwork({ preset: 'compact' })));
  const own = networkParameters(network);
  const shapes = (of: typeof own) =>
    of.flatMap(({ name, shape }) => (/^(color|regression\.weight)/.test(name) ? [] : [[name, shape]]));
  expect(shapes(own)).toEqual(shapes(without));
  expect(own.filter(({ name }) => name.startsWith('color.')).map(({ name, shape }) => [name, shape])).toEqual(
    [
      ['color.dense1.weight', [32, 51, 1, 1]],
      ['color.dense1.bias', [32]],
      ['color.dense2.weight', [16, 32, 1, 1]],
      ['color.dense2.bias', [16]],
    ],
  );
  const [random, randomWithout] = [randomParameters(own, 1), randomParameters(without, 1)];
  for (const [name] of shapes(without))
    expect(random.get(name as string)).toEqual(randomWithout.get(name as string));
});

test('batch statistics are asked for by batch norm, and give its new averages', () => {
  const network = describeNetwork({ preset: 'compact' });
  const { prediction, averages } = clipNetwork(network, batch, {
    usesBatchStatistics: (path) => path.startsWith('sound.'),
  });
  const running = parametersOf(prediction).filter(({ name }) => name.includes('running'));
  expect(Object.keys(averages)).toHaveLength(14);
  for (const name of Object.keys(averages)) expect(name).toMatch(/^sound\.conv\d\.1\.running_(mean|var)$/);
  // The running averages of the sound stream are not used by the prediction, only moved.
  expect(running.every(({ name, trainable }) => name.startsWith('picture.') && !trainable)).toBe(true);
});

test.each([
  ['paper', [3_650_882, 11_673_986, 2_876_372, 18_199_700, 5_474, 18_205_172]],
  ['compact', [108_122, 347_486, 240_708, 695_928, 2_226, 698_152]],
] as const)(
  '%s has as many weights as its page states: flow, picture, sound alone, and all, color alone, and with it',
  (preset, expected) => {
    const alone = standardStreams.map((stream) => [stream]);
    const counts = [...alone, standardStreams, ['color'], [...standardStreams, 'color']].map((used) =>
      networkParameters(describeNetwork({ preset, streams: used }))
        .filter(({ trainable }) => trainable)
        .reduce((sum, { shape }) => sum + elementCount(shape), 0),
    );
    expect(counts).toEqual(expected);
  },
);

test('random parameters: the same for a seed, independent of the company, of the right spread', () => {
  const values = [
    { name: 'fusion.conv.weight', shape: [64, 32, 3, 3] },
    { name: 'regression.weight', shape: [2, 400] },
    { name: 'picture.features.norm0.weight', shape: [3] },
    { name: 'picture.features.norm0.running_var', shape: [3] },
    { name: 'picture.features.norm0.running_mean', shape: [3] },
    { name: 'flow.features.0.bias', shape: [3] },
  ];
  const first = randomParameters(values, 1);
  expect(randomParameters([...values].reverse(), 1).get('regression.weight')).toEqual(
    first.get('regression.weight'),
  );
  expect(randomParameters(values, 2).get('regression.weight')).not.toEqual(first.get('regression.weight'));
  const bound = Math.sqrt(6 / (32 * 9));
  const { data } = first.get('fusion.conv.weight')!;
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const variance = data.reduce((sum, value) => sum + value * value, 0) / data.length;
  expect(Math.abs(mean)).toBeLessThan(0.02 * bound);
  expect(variance / (bound ** 2 / 3)).toBeCloseTo(1, 1);
  expect(Math.max(...data)).toBeLessThanOrEqual(bound);
  expect(Math.max(...first.get('regression.weight')!.data)).toBeLessThanOrEqual(0.05);
  expect(values.slice(2).map(({ name }) => first.get(name)!.data[0])).toEqual([1, 1, 0, 0]);
});

test('streams and presets are read by name', () => {
  expect(streamsNamed(['sound', 'rgb'])).toEqual(['picture', 'sound']);
  expect(() => streamsNamed(['flow', 'faces'])).toThrow(
    "unknown stream 'faces'; one of: flow, picture, sound, color",
  );
  expect(() => streamsNamed(['rgb', 'picture'])).toThrow("'rgb,picture' names a stream twice");
  expect(presetNamed('paper')).toBe('paper');
  expect(() => presetNamed('papr')).toThrow("unknown preset 'papr'; one of: paper, compact");
  expect(() => describeNetwork({ preset: 'paper', streams: [] })).toThrow('at least one stream');
  expect(describeNetwork({ preset: 'compact', streams: ['rgb'] }).streams).toEqual(['picture']);
  expect(() => describeNetwork({ preset: 'compact', streams: ['faces'] })).toThrow("unknown stream 'faces'");
  expect(() => describeNetwork({ preset: 'compact', backbone: { picture: 'x' } })).toThrow(
    "unknown backbone of the stream 'picture': 'x'; one of: densenet",
  );
  expect(Object.keys(presets)).toEqual(['paper', 'compact']);
});

test('a prediction without the features it needs is refused', () => {
  const network = describeNetwork({ preset: 'compact' });
  expect(() => predict(network, parametersFor(network), { sound: new Float32Array(192) })).toThrow(
    'needs visual features',
  );
  expect(() => contributions(network, parametersFor(network), 'flow', new Float32Array(1))).toThrow(
    "no map 'flow'",
  );
});
