// Small TensorFlow Lite files put together by hand: a convolutional network in floating point, and quantized.
import { Random } from '../support/random.ts';
import { elementCount } from '../support/tensor.ts';
import { type Fields, flatBuffer } from './flatbuffer.test.fixture.ts';

export const types = { float32: 0, int32: 2, uint8: 3, int8: 9 } as const;
export const codes = {
  ADD: 0,
  AVERAGE_POOL_2D: 1,
  CONCATENATION: 2,
  CONV_2D: 3,
  DEPTHWISE_CONV_2D: 4,
  DEQUANTIZE: 6,
  FULLY_CONNECTED: 9,
  LOGISTIC: 14,
  MAX_POOL_2D: 17,
  MUL: 18,
  RELU: 19,
  RELU6: 21,
  RESHAPE: 22,
  SOFTMAX: 25,
  PAD: 34,
  MEAN: 40,
  SQUEEZE: 43,
  SPLIT: 49,
  QUANTIZE: 114,
} as const;

export interface TensorSpecification {
  shape: readonly number[];
  type: keyof typeof types;
  data?: Uint8Array;
  scales?: readonly number[];
  zeroPoint?: number;
  axis?: number;
}

export interface OperatorSpecification {
  name: keyof typeof codes;
  inputs: readonly number[];
  output: number;
  /** The number of its options in the schema's union, and their fields. */
  options?: readonly [number, Fields];
}

export interface ModelSpecification {
  tensors: readonly TensorSpecification[];
  operators: readonly OperatorSpecification[];
  inputs: readonly number[];
  outputs: readonly number[];
}

export function tfliteFile({ tensors, operators, inputs, outputs }: ModelSpecification): Uint8Array {
  const kinds = [...new Set(operators.map(({ name }) => name))];
  const tensorTables = tensors.map(({ shape, type, scales, zeroPoint = 0, axis = 0 }, i): Fields => {
    const zeros = scales?.map(() => zeroPoint);
    const quantization = scales && { 2: { float32s: scales }, 3: { int64s: zeros! }, 6: { int32: axis } };
    return {
      0: { int32s: shape },
      1: { uint8: types[type] },
      2: { int32: i + 1 },
      3: { text: `tensor ${i}` },
      ...(quantization && { 4: { table: quantization } }),
    };
  });
  const operatorTables = operators.map(
    ({ name, inputs, output, options }): Fields => ({
      0: { int32: kinds.indexOf(name) },
      1: { int32s: inputs },
      2: { int32s: [output] },
      ...(options && { 3: { uint8: options[0] }, 4: { table: options[1] } }),
    }),
  );
  const subgraph: Fields = {
    0: { tables: tensorTables },
    1: { int32s: inputs },
    2: { int32s: outputs },
    3: { tables: operatorTables },
    4: { text: 'main' },
  };
  return flatBuffer(
    {
      0: { int32: 3 },
      1: {
        tables: kinds.map((name) => ({
          0: { uint8: codes[name] },
          2: { int32: name === 'RESHAPE' ? 1 : 2 },
          3: { int32: codes[name] },
        })),
      },
      2: { tables: [subgraph] },
      4: { tables: [{}, ...tensors.map(({ data }): Fields => (data ? { 0: { uint8s: data } } : {}))] },
    },
    'TFL3',
  );
}

const bytesOf = (numbers: Float32Array | Int32Array | Int8Array | Uint8Array) =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);

const convolution = (stride: number, activation: number, padding = 0): readonly [number, Fields] => [
  1,
  { 0: { uint8: padding }, 1: { int32: stride }, 2: { int32: stride }, 3: { uint8: activation } },
];
const pool = (size: number, padding: number): readonly [number, Fields] => [
  5,
  { 0: { uint8: padding }, 1: { int32: size }, 2: { int32: size }, 3: { int32: size }, 4: { int32: size } },
];

/**
 * Every operator that is read, in one network over [1, 9, 8, 3].
 *
 * @param quantized activations uint8 or int8 with one scale, weights int8 with a scale per channel; else float32.
 */
export function sampleNetwork(quantized: boolean): ModelSpecification {
  const random = Random.seeded(3);
  const tensors: TensorSpecification[] = [];
  const operators: OperatorSpecification[] = [];
  const put = (tensor: TensorSpecification) => tensors.push(tensor) - 1;
  const integers = (values: number[]) =>
    put({ shape: [values.length], type: 'int32', data: bytesOf(Int32Array.from(values)) });
  /** A map or vector whose range is [lowest, lowest + width]. */
  const activation = (shape: readonly number[], lowest: number, width: number) => {
    const scale = width / 255;
    const zeroPoint = Math.round(-128 - lowest / scale);
    return put(quantized ? { shape, type: 'int8', scales: [scale], zeroPoint } : { shape, type: 'float32' });
  };
  /** Weights and a bias, whose scales are those of the input times the weight's. */
  const layer = (input: number, shape: readonly number[], axis: number, perChannel = true) => {
    const reals = Float32Array.from({ length: elementCount(shape) }, () => random.normal() * 0.4);
    const biases = Float32Array.from({ length: shape[axis]! }, () => random.normal() * 0.5);
    if (!quantized)
      return [
        put({ shape, type: 'float32', data: bytesOf(reals) }),
        put({ shape: [shape[axis]!], type: 'float32', data: bytesOf(biases) }),
      ];
    const scales = Array.from({ length: perChannel ? shape[axis]! : 1 }, (_, i) =>
      Math.fround(0.012 + 0.001 * i),
    );
    const inner = elementCount(shape.slice(axis + 1));
    const scaleOf = (i: number) => scales[Math.floor(i / inner) % scales.length]!;
    const weights = Int8Array.from(reals, (real, i) =>
      Math.max(-127, Math.min(127, Math.round(real / scaleOf(i)))),
    );
    const biasScales = scales.map((scale) => Math.fround(scale * tensors[input]!.scales![0]!));
    const bias = Int32Array.from(biases, (real, i) => Math.round(real / biasScales[i % biasScales.length]!));
    return [
      put({ shape, type: 'int8', data: bytesOf(weights), scales, axis }),
      put({ shape: [shape[axis]!], type: 'int32', data: bytesOf(bias), scales: biasScales }),
    ];
  };
  const apply = (
    name: OperatorSpecification['name'],
    inputs: readonly number[],
    output: number,
    options?: readonly [number, Fields],
  ) => {
    operators.push({ name, inputs, output, ...(options && { options }) });
    return output;
  };

  const image = put({ shape: [1, 9, 8, 3], type: 'float32' });
  const x = quantized ? apply('QUANTIZE', [image], activation([1, 9, 8, 3], -3, 6)) : image;
  const first = apply(
    'CONV_2D',
    [x, ...layer(x, [4, 3, 3, 3], 0)],
    activation([1, 5, 4, 4], 0, 6),
    convolution(2, 3),
  );
  const deep = apply(
    'DEPTHWISE_CONV_2D',
    [first, ...layer(first, [1, 3, 3, 8], 3)],
    activation([1, 5, 4, 8], 0, 12),
    [2, { 1: { int32: 1 }, 2: { int32: 1 }, 3: { int32: 2 }, 4: { uint8: 1 } }],
  );
  // a range narrower than what is computed: it limits
  const project = apply(
    'CONV_2D',
    [deep, ...layer(deep, [4, 1, 1, 8], 0)],
    activation([1, 5, 4, 4], -2, 4),
    convolution(1, 0, 1),
  );
  const sum = apply('ADD', [project, first], activation([1, 5, 4, 4], -2, 8), [11, {}]);
  const product = apply('MUL', [sum, first], activation([1, 5, 4, 4], -8, 40), [21, { 0: { uint8: 1 } }]);
  const padded = apply(
    'PAD',
    [product, put({ shape: [4, 2], type: 'int32', data: bytesOf(Int32Array.of(0, 0, 1, 0, 0, 2, 0, 0)) })],
    activation([1, 6, 6, 4], -8, 40),
    [22, {}],
  );
  const most = apply('MAX_POOL_2D', [padded], activation([1, 3, 3, 4], -8, 40), pool(2, 0));
  const mean = apply('AVERAGE_POOL_2D', [padded], activation([1, 3, 3, 4], -8, 40), pool(2, 1));
  const both = apply('CONCATENATION', [most, mean], activation([1, 3, 3, 8], -8, 40), [
    10,
    { 0: { int32: 3 } },
  ]);
  const split = apply(
    'SPLIT',
    [put({ shape: [], type: 'int32', data: bytesOf(Int32Array.of(3)) }), both],
    activation([1, 3, 3, 8], -8, 40),
    [35, { 0: { int32: 1 } }],
  );
  const flat = apply('RESHAPE', [split, integers([1, 72])], activation([1, 72], -8, 40), [
    17,
    { 0: { int32s: [1, 72] } },
  ]);
  const hidden = apply(
    'FULLY_CONNECTED',
    [flat, ...layer(flat, [6, 72], 0, false)],
    activation([1, 6], -60, 120),
    [8, {}],
  );
  const average = apply('MEAN', [split, integers([1, 2])], activation([1, 1, 1, 8], -8, 40), [
    27,
    { 0: { uint8: 1 } },
  ]);
  const squeezed = apply('SQUEEZE', [average], activation([1, 8], -8, 40), [30, { 0: { int32s: [1, 2] } }]);
  const six = apply('RELU6', [squeezed], activation([1, 8], 0, 6));
  const positive = apply('RELU', [squeezed], activation([1, 8], 0, 40));
  const probability = quantized
    ? ({ type: 'int8', scales: [1 / 256], zeroPoint: -128 } as const)
    : ({ type: 'float32' } as const);
  const classes = apply('SOFTMAX', [hidden], put({ shape: [1, 6], ...probability }), [
    9,
    { 0: { float32: 1 } },
  ]);
  const gate = apply('LOGISTIC', [six], put({ shape: [1, 8], ...probability }));
  const outputs = quantized
    ? [classes, gate, positive].map((from) =>
        apply('DEQUANTIZE', [from], put({ shape: tensors[from]!.shape, type: 'float32' })),
      )
    : [classes, gate, positive];
  return { tensors, operators, inputs: [image], outputs };
}
