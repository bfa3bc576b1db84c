// A small graph model of TensorFlow.js with every operation that is read, and the same computed place by place.
import { Random } from '../support/random.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';

type Attributes = Record<string, unknown>;
/** A node of the model. */
export interface Node {
  name: string;
  op: string;
  input?: string[];
  attr?: Attributes;
}

const text = (value: string) => Buffer.from(value).toString('base64');
const sizes = (...list: number[]) => ({ list: { i: list.map(String) } });
const windowed = (stride: number, padding: string): Attributes => ({
  strides: sizes(1, stride, stride, 1),
  padding: { s: text(padding) },
  dilations: sizes(1, 1, 1, 1),
  data_format: { s: text('NHWC') },
});
const fused = (...operations: string[]) => ({ fused_ops: { list: { s: operations.map(text) } } });

/** Input [1, 7, 10, 3]. */
const nodes: Node[] = [
  {
    ...{ name: 'x', op: 'Placeholder' },
    attr: { shape: { shape: { dim: [{ size: '-1' }, { size: '7' }, { size: '10' }, { size: '3' }] } } },
  },
  { name: 'result/0', op: 'Identity', input: ['rows'] },
  { name: 'result/1', op: 'Identity', input: ['shares'] },
  {
    ...{ name: 'first', op: '_FusedConv2D', input: ['x', 'w1', 'b1'] },
    attr: { ...windowed(2, 'SAME'), ...fused('BiasAdd', 'Relu') },
  },
  {
    ...{ name: 'each', op: 'DepthwiseConv2dNative', input: ['first', 'w2'] },
    attr: windowed(1, 'SAME'),
  },
  {
    ...{ name: 'second', op: '_FusedConv2D', input: ['each', 'w3', 'b3'] },
    attr: { ...windowed(1, 'VALID'), ...fused('BiasAdd') },
  },
  { name: 'sum', op: 'AddV2', input: ['first', 'second:0'] },
  { name: 'rectified', op: 'Relu', input: ['sum', '^first'] },
  {
    ...{ name: 'pooled', op: 'MaxPool', input: ['rectified'] },
    attr: { ...windowed(2, 'SAME'), ksize: sizes(1, 2, 2, 1) },
  },
  { name: 'wide', op: 'Pad', input: ['pooled', 'margins'] },
  { name: 'rows', op: 'Reshape', input: ['wide', 'rowShape'] },
  { name: 'means', op: 'Mean', input: ['wide', 'axes'], attr: { keep_dims: { b: false } } },
  { name: 'shares', op: 'Softmax', input: ['means'] },
];

const wholes: Record<string, { shape: number[]; numbers: number[] }> = {
  margins: { shape: [4, 2], numbers: [0, 0, 0, 0, 0, 0, 0, 2] },
  rowShape: { shape: [3], numbers: [1, -1, 3] },
  axes: { shape: [2], numbers: [1, 2] },
};
const reals: Record<string, number[]> = {
  w1: [3, 3, 3, 4],
  b1: [4],
  w2: [3, 3, 4, 2],
  w3: [1, 1, 8, 4],
  b3: [4],
};

export const shard: string = 'sample.bin';

/** The model as its files, and its weights. @param change is given the parsed JSON before it is written. */
export function sampleModel(change: (json: Description) => void = () => {}): {
  json: string;
  shards: Map<string, Uint8Array>;
  weights: Map<string, Tensor>;
} {
  const random = Random.seeded(11);
  const weights = new Map(
    Object.entries(reals).map(([name, shape]): [string, Tensor] => [
      name,
      { shape, data: Float32Array.from({ length: elementCount(shape) }, () => 0.4 * random.normal()) },
    ]),
  );
  const bytes = Buffer.concat([
    ...[...weights.values()].map(({ data }) => new Uint8Array(data.buffer)),
    ...Object.values(wholes).map(({ numbers }) => new Uint8Array(Int32Array.from(numbers).buffer)),
  ]);
  const json = description();
  change(json);
  return { json: JSON.stringify(json), shards: new Map([[shard, bytes]]), weights };
}

/** The parsed JSON of the model. */
export interface Description {
  format: string;
  modelTopology: { node: Node[] };
  weightsManifest: {
    paths: string[];
    weights: { name: string; shape: number[]; dtype: string; quantization?: unknown }[];
  }[];
  userDefinedMetadata: unknown;
}

function description(): Description {
  const constants = [...Object.keys(reals), ...Object.keys(wholes)].map(
    (name): Node => ({ name, op: 'Const' }),
  );
  return {
    format: 'graph-model',
    modelTopology: { node: [...constants, ...structuredClone(nodes)] },
    weightsManifest: [
      {
        paths: [shard],
        weights: [
          ...Object.entries(reals).map(([name, shape]) => ({ name, shape, dtype: 'float32' })),
          ...Object.entries(wholes).map(([name, { shape }]) => ({ name, shape, dtype: 'int32' })),
        ],
      },
    ],
    userDefinedMetadata: {
      signature: {
        inputs: { x: { name: 'x:0' } },
        outputs: { rows: { name: 'result/0:0' }, shares: { name: 'result/1:0' } },
      },
    },
  };
}

/** What the model gives, by its definition: `rows` [1, 12, 3] and `shares` [1, 6]. @param x [1, 7, 10, 3]. */
export function sampleResults(x: Float32Array, weights: ReadonlyMap<string, Tensor>): Float32Array[] {
  const of = (name: string) => weights.get(name)!.data;
  // SAME: 4 places of stride 2 and reach 3 need one row more than 7, and 5 columns of it one more than 10
  const first = convolve({ x, height: 7, width: 10, channels: 3 }, of('w1'), 3, 2, [1, 0], 4, 5, 4, of('b1'));
  const rectified = first.map((value) => Math.max(0, value));
  const each = new Float32Array(4 * 5 * 8);
  for (let row = 0; row < 4; row++)
    for (let column = 0; column < 5; column++)
      for (let channel = 0; channel < 4; channel++)
        for (let m = 0; m < 2; m++) {
          let sum = 0;
          for (let i = -1; i <= 1; i++)
            for (let j = -1; j <= 1; j++) {
              const [r, c] = [row + i, column + j];
              if (r < 0 || c < 0 || r >= 4 || c >= 5) continue;
              const weight = of('w2')[(((i + 1) * 3 + j + 1) * 4 + channel) * 2 + m]!;
              sum += rectified[(r * 5 + c) * 4 + channel]! * weight;
            }
          each[(row * 5 + column) * 8 + 2 * channel + m] = sum;
        }
  const second = convolve(
    { x: each, height: 4, width: 5, channels: 8 },
    of('w3'),
    1,
    1,
    [0, 0],
    4,
    5,
    4,
    of('b3'),
  );
  const sum = rectified.map((value, i) => Math.max(0, value + second[i]!));
  const wide = new Float32Array(2 * 3 * 6);
  for (let row = 0; row < 2; row++)
    for (let column = 0; column < 3; column++)
      for (let channel = 0; channel < 4; channel++) {
        const places = [0, 1, 2, 3].map((k) => [2 * row + (k >> 1), 2 * column + (k & 1)] as const);
        const within = places.filter(([r, c]) => r < 4 && c < 5);
        wide[(row * 3 + column) * 6 + channel] = Math.max(
          ...within.map(([r, c]) => sum[(r * 5 + c) * 4 + channel]!),
        );
      }
  const means = Array.from(
    { length: 6 },
    (_, channel) => wide.filter((_, i) => i % 6 === channel).reduce((total, value) => total + value) / 6,
  );
  const powers = means.map(Math.exp);
  const total = powers.reduce((all, value) => all + value);
  return [wide, Float32Array.from(powers, (value) => value / total)];
}

function convolve(
  { x, height, width, channels }: { x: Float32Array; height: number; width: number; channels: number },
  weight: Float32Array,
  kernel: number,
  stride: number,
  [top, left]: readonly [number, number],
  rows: number,
  columns: number,
  to: number,
  bias: Float32Array,
): Float32Array {
  const y = new Float32Array(rows * columns * to);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      for (let o = 0; o < to; o++) {
        let sum = bias[o]!;
        for (let i = 0; i < kernel; i++)
          for (let j = 0; j < kernel; j++) {
            const [r, c] = [row * stride + i - top, column * stride + j - left];
            if (r < 0 || c < 0 || r >= height || c >= width) continue;
            for (let k = 0; k < channels; k++)
              sum += x[(r * width + c) * channels + k]! * weight[((i * kernel + j) * channels + k) * to + o]!;
          }
        y[(row * columns + column) * to + o] = sum;
      }
  return y;
}
