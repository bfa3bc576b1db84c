import { input, type Value } from '../../src/graph/index.ts';
import {
  type Batch,
  clipNetwork,
  describeNetwork,
  inputShape,
  type NetworkOptions,
} from '../../src/models/index.ts';
import {
  type BatchStatistics,
  convnet5,
  densenet,
  randomParameters,
  type SoundLayer,
  soundnet,
} from '../../src/networks/index.ts';
import { flowSizes } from '../../src/streams/flow.ts';
import { type Preset, presets } from '../../src/streams/index.ts';
import { pictureSizes } from '../../src/streams/picture.ts';
import { soundSizes } from '../../src/streams/sound.ts';
import { Random } from '../../src/support/random.ts';
import { elementCount, type Tensor } from '../../src/support/tensor.ts';

/** A network, built in TypeScript, and the request that builds the same in PyTorch. */
export interface Case {
  title: string;
  /** With batch norms as asked: frozen, or (`batch`) with the statistics of the batch. */
  build(statistics?: 'frozen' | 'batch'): { output: Value; averages: Record<string, Value> };
  /** Names and shapes of the inputs besides the parameters. */
  inputs: Record<string, readonly number[]>;
  request: object;
}

/** The sizes to tell PyTorch; none for the paper's, which it takes from torchvision. */
const sizesOf = (preset: Preset) => ({
  ...presets[preset],
  flow: flowSizes[preset],
  picture: pictureSizes[preset],
  sound: soundSizes[preset],
});
const sizesFor = (preset: Preset, part?: 'flow' | 'picture' | 'sound') =>
  preset === 'paper' ? {} : { sizes: part ? sizesOf(preset)[part] : sizesOf(preset) };

const seconds = (count: number) => count * 22_050;

function part(
  title: string,
  shape: readonly number[],
  network: (x: Value, batch?: BatchStatistics) => Value,
  request: object,
): Case {
  return {
    title,
    inputs: { x: shape },
    request,
    build(statistics) {
      const averages = new Map<string, Value>();
      const output = network(input('x', shape), { uses: () => statistics === 'batch', averages });
      return { output, averages: Object.fromEntries(averages) };
    },
  };
}

/** Each stream's network by itself. */
export function partCases(preset: Preset): Case[] {
  const { side, flow, picture, sound } = sizesOf(preset);
  const layers = (batch?: BatchStatistics) => ({ prefix: '', batch });
  const pictures = [2, 3, side, side];
  const soundCase = (layer: SoundLayer) =>
    part(
      `soundnet to ${layer}, ${preset}`,
      [2, 1, seconds(10), 1],
      (x, batch) => soundnet(x, layers(batch), sound, layer),
      { network: 'soundnet', layer, ...sizesFor(preset, 'sound') },
    );
  return [
    part(`convnet5, ${preset}`, pictures, (x) => convnet5(x, layers(), flow), {
      network: 'convnet5',
      ...sizesFor(preset, 'flow'),
    }),
    part(`densenet, ${preset}`, pictures, (x, batch) => densenet(x, layers(batch), picture), {
      network: 'densenet',
      ...sizesFor(preset, 'picture'),
    }),
    soundCase('conv7'),
    soundCase('pool5'),
  ];
}

/** The whole network for two clips, of which the second has no sound. */
export function clipCase(options: NetworkOptions, batch: Partial<Batch> = {}): Case {
  const network = describeNetwork(options);
  const overTime = network.fusionConvolution === 'space-time';
  const size = { clips: 2, frames: 2, pairs: 3, samples: seconds(5), ...batch };
  const inputs = Object.fromEntries(
    network.streams.map((stream) => [stream, inputShape(network, stream, size)]),
  );
  if (network.streams.includes('sound')) inputs.hasSound = [size.clips, 1];
  return {
    title: `${overTime ? 'over time: ' : ''}${network.streams.join(' + ')} by ${network.fusion}, ${network.preset}`,
    inputs,
    request: {
      network: 'affect',
      streams: network.streams,
      fusion: network.fusion,
      overTime,
      clips: size.clips,
      frames: size.frames,
      ...sizesFor(network.preset),
    },
    build(statistics) {
      const { prediction, averages } = clipNetwork(network, size, {
        usesBatchStatistics: () => statistics === 'batch',
      });
      return { output: prediction, averages };
    },
  };
}

/** Random weights in which every number matters: biases are not 0, batch norms not the identity. */
export function livelyParameters(
  values: Iterable<{ name: string; shape: readonly number[] }>,
): Map<string, Tensor> {
  const random = Random.seeded(3);
  const parameters = randomParameters(values, 11);
  for (const [name, { shape, data }] of parameters)
    if (shape.length === 1)
      for (let i = 0; i < data.length; i++)
        data[i] = /running_var|norm.*weight|conv\d\.1\.weight/.test(name)
          ? 0.5 + random.uniform()
          : 0.1 * random.normal();
  return parameters;
}

/** Inputs drawn from the range each really has. */
export function drawInputs(inputs: Case['inputs'], seed = 5): Record<string, Tensor> {
  const random = Random.seeded(seed);
  const draw: Record<string, () => number> = { sound: () => 0.2 * random.normal() };
  return Object.fromEntries(
    Object.entries(inputs).map(([name, shape]) => {
      const isSound = name === 'sound' || shape[1] === 1;
      const next = isSound ? draw.sound! : () => random.normal();
      const data = Float32Array.from(
        { length: elementCount(shape) },
        name === 'hasSound' ? (_, i) => 1 - i : next,
      );
      return [name, { shape, data }];
    }),
  );
}

/** What the script `reference` takes: the parameters, and the inputs as `input.NAME`. */
export function given(
  parameters: ReadonlyMap<string, Tensor>,
  inputs: Record<string, Tensor>,
): Map<string, Tensor> {
  return new Map([
    ...parameters,
    ...Object.entries(inputs).map(([name, x]) => [`input.${name}`, x] as const),
  ]);
}

/** The largest difference, as a part of the largest number expected. */
export function relativeError(found: Float32Array, expected: Float32Array): number {
  if (found.length !== expected.length)
    throw new Error(`${found.length} numbers, expected ${expected.length}`);
  let [worst, largest] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    // Written so that NaN is not lost.
    const difference = Math.abs(found[i]! - expected[i]!);
    if (!(difference <= worst)) worst = difference;
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return worst / largest;
}
