// Maps in 8 bits: [N, H, W, C], each element a byte q that stands for (q − zero) · scale of its channel. Channels lie
// last, which is the layout in which ONNX Runtime multiplies bytes fast. Roundings are its own, bit for bit.
import { elementCount } from '../support/tensor.ts';
import { type ConvolutionAttributes, convolutionOperation } from './convolution.ts';
import { constant, input } from './leaves.ts';
import { microsoft } from './onnx.ts';
import { maxPoolOperation, type PoolAttributes } from './pooling.ts';
import type { Shape } from './shape.ts';
import { apply, type Operation, type Value } from './value.ts';

/** The largest byte. */
export const largestByte = 255;

/** [N, C, H, W] → [N, H, W, C]. */
const channelsLast = ([n, c, h, w]: Shape): Shape => [n!, h!, w!, c!];
const channelsFirst = ([n, h, w, c]: Shape): Shape => [n!, c!, h!, w!];

/** The elements of [N, C, H, W] in the order of [N, H, W, C]. */
function moveChannelsLast(x: Float64Array, [batch, channels, ...map]: Shape): Float64Array {
  const area = elementCount(map);
  const y = new Float64Array(x.length);
  for (let n = 0; n < batch!; n++)
    for (let c = 0; c < channels!; c++)
      for (let i = 0; i < area; i++) y[(n * area + i) * channels! + c] = x[(n * channels! + c) * area + i]!;
  return y;
}

/** The elements of [N, H, W, C] in the order of [N, C, H, W]. */
function moveChannelsFirst(x: Float64Array, [batch, height, width, channels]: Shape): Float64Array {
  // the same exchange of two axes, the other way round
  return moveChannelsLast(x, [batch!, height! * width!, channels!, 1]);
}

/** To the next whole number, halves to the even one, as processors do. */
function rounded(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down;
}

const byteOf = (x: number) => Math.min(Math.max(rounded(x), 0), largestByte);

/** Inputs x [N, C, H, W], scales [C], zeros [C] → bytes. */
const quantizeOperation: Operation<Record<string, never>> = {
  name: 'quantize',
  shape: ([x]) => channelsLast(x!),
  reference: ({ inputs }, [x, scales, zeros]) => {
    const { shape } = inputs[0]!;
    const area = shape[2]! * shape[3]!;
    const bytes = x!.map((value, i) => {
      const channel = Math.floor(i / area) % shape[1]!;
      return byteOf(rounded(Math.fround(value / scales![channel]!)) + zeros![channel]!);
    });
    return moveChannelsLast(bytes, shape);
  },
  lower: (_, inputs, onnx) =>
    onnx.node('Transpose', [onnx.node('QuantizeLinear', inputs, { axis: 1 })], { perm: [0, 2, 3, 1] }),
};

/** Inputs bytes, scales [C], zeros [C] → what they stand for, [N, C, H, W]. */
const dequantizeOperation: Operation<Record<string, never>> = {
  name: 'dequantize',
  shape: ([x]) => channelsFirst(x!),
  reference: ({ inputs }, [x, scales, zeros]) => {
    const channels = scales!.length;
    const numbers = x!.map((byte, i) => (byte - zeros![i % channels]!) * scales![i % channels]!);
    return moveChannelsFirst(numbers, inputs[0]!.shape);
  },
  lower: (_, inputs, onnx) =>
    onnx.node('Transpose', [onnx.node('DequantizeLinear', inputs, { axis: 3 })], { perm: [0, 3, 1, 2] }),
};

/** Of a convolution of bytes: beside the usual, the bytes that stand for 0, of the map (also beyond its edges) and of weights. */
interface ByteConvolutionAttributes extends ConvolutionAttributes {
  readonly zero: number;
  readonly weightZero: number;
}

/** Inputs bytes, weight [O, C / groups, h, w] (int8), bias [O] (int32), multipliers [O] → bytes. */
export const byteConvolutionOperation: Operation<ByteConvolutionAttributes> = {
  name: 'byteConvolution',
  shape: ([x, weight], attributes) =>
    channelsLast(convolutionOperation.shape([channelsFirst(x!), weight!], attributes)),
  reference: ({ inputs: [x, weight], shape, attributes }, [bytes, weights, bias, multipliers]) => {
    const before = channelsFirst(x!.shape);
    const numbers = moveChannelsFirst(bytes!, x!.shape).map((byte) => byte - attributes.zero);
    const [map, window] = [placeholder(before), placeholder(weight!.shape)];
    const after = channelsFirst(shape);
    const convolved = { operation: convolutionOperation, inputs: [map, window], attributes, shape: after };
    const factors = weights!.map((byte) => byte - attributes.weightZero);
    const sums = convolutionOperation.reference(convolved, [numbers, factors]);
    const area = after[2]! * after[3]!;
    const stored = sums.map((sum, i) => {
      const channel = Math.floor(i / area) % after[1]!;
      return byteOf(Math.fround(Math.fround(sum + bias![channel]!) * multipliers![channel]!));
    });
    return moveChannelsLast(stored, after);
  },
  lower: ({ inputs: [, weight], attributes }, [x, w, bias, multipliers], onnx) => {
    const { stride, padding, dilation, groups, zero, weightZero } = attributes;
    const [outputs] = weight!.shape as [number];
    const one = onnx.floats([1], []);
    const byte = (value: number) => onnx.wholes(Uint8Array.of(value), []);
    const signed = onnx.wholes(new Int8Array(outputs).fill(weightZero), [outputs]);
    return onnx.node(
      'QLinearConv',
      [x!, one, byte(zero), w!, multipliers!, signed, one, byte(0), bias!],
      {
        kernel_shape: weight!.shape.slice(2),
        strides: stride,
        pads: [...padding, ...padding],
        dilations: dilation,
        group: groups,
        channels_last: 1,
      },
      microsoft,
    );
  },
};

const placeholder = (shape: Shape): Value => ({
  operation: convolutionOperation,
  inputs: [],
  attributes: {},
  shape,
});

/** The largest byte under each window; margins never win. */
const byteMaxPoolOperation: Operation<PoolAttributes> = {
  name: 'byteMaxPool',
  shape: ([x], attributes) => channelsLast(maxPoolOperation.shape([channelsFirst(x!)], attributes)),
  reference: ({ inputs: [x], shape, attributes }, [bytes]) => {
    const after = channelsFirst(shape);
    const pooled = {
      operation: maxPoolOperation,
      inputs: [placeholder(channelsFirst(x!.shape))],
      attributes,
      shape: after,
    };
    const largest = maxPoolOperation.reference(pooled, [moveChannelsFirst(bytes!, x!.shape)]);
    return moveChannelsLast(largest, after);
  },
  lower: ({ attributes: { kernel, stride, padding } }, inputs, onnx) =>
    onnx.node(
      'NhwcMaxPool',
      inputs,
      { kernel_shape: kernel, strides: stride, pads: [...padding, ...padding] },
      microsoft,
    ),
};

const ofChannels = (numbers: Float32Array | Uint8Array | Int32Array) =>
  constant({ shape: [numbers.length], data: numbers });

/** x [N, C, H, W] as bytes [N, H, W, C]: round(x / scale) + zero of the channel, from 0 to 255. */
export function quantize(x: Value, scales: Float32Array, zeros: Uint8Array): Value {
  return apply(quantizeOperation, [x, ofChannels(scales), ofChannels(zeros)], {});
}

/** What bytes [N, H, W, C] stand for: (byte − zero) · scale of the channel, [N, C, H, W]. */
export function dequantize(bytes: Value, scales: Float32Array, zeros: Uint8Array): Value {
  return apply(dequantizeOperation, [bytes, ofChannels(scales), ofChannels(zeros)], {});
}

/** The whole numbers of a convolution of bytes. */
export interface ByteWeights {
  /** [O, C / groups, h, w]. */
  readonly weight: { readonly shape: Shape; readonly data: Int8Array };
  readonly bias: Int32Array;
  /** Of each sum of products, to a byte. */
  readonly multipliers: Float32Array;
}

/**
 * A convolution of bytes [N, H, W, C] whose result is bytes again: round((Σ weight · (byte − zero) + bias) · multiplier),
 * from 0 to 255, so that a ReLU costs nothing. Sums are exact, in 32 bits.
 */
export function byteConvolution(
  bytes: Value,
  { weight, bias, multipliers }: ByteWeights,
  { stride, padding, dilation, groups, zero }: Omit<ByteConvolutionAttributes, 'weightZero'>,
): Value {
  const inputs = [bytes, constant(weight), ofChannels(bias), ofChannels(multipliers)];
  const attributes = { stride, padding, dilation, groups, zero, weightZero: 0 };
  return apply(byteConvolutionOperation, inputs, attributes);
}

/** The largest byte under each window of bytes [N, H, W, C]. */
export function byteMaxPool(bytes: Value, { kernel, stride, padding }: PoolAttributes): Value {
  return apply(byteMaxPoolOperation, [bytes], { kernel, stride, padding });
}

/**
 * The largest products of bytes: convolutions of ones, x [1, 64, 1, 1], one gathered while it is multiplied and one of a
 * size that may be gathered before, whose outputs are 255 where products are added exactly, and less where pairs of them
 * are kept in 16 bits on the way (processors without VNNI or its like).
 */
export function largestProducts(): { output: Value; x: { shape: Shape; data: Float32Array } } {
  const shape = [1, 64, 1, 1];
  const attributes = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1, zero: 0 } as const;
  const ones = (count: number) => new Float32Array(count).fill(1);
  const meansOf = (bytes: Value, outputs: number) => {
    const channels = bytes.shape[3]!;
    const whole = {
      weight: { shape: [outputs, channels, 1, 1], data: new Int8Array(outputs * channels).fill(127) },
      bias: new Int32Array(outputs),
      multipliers: new Float32Array(outputs).fill(1 / (127 * channels)),
    };
    return byteConvolution(bytes, whole, attributes);
  };
  const bytes = quantize(input('x', shape), ones(64).fill(1 / largestByte), new Uint8Array(64));
  const means = meansOf(meansOf(bytes, 256), 128);
  return {
    output: dequantize(means, ones(128), new Uint8Array(128)),
    x: { shape, data: ones(64) },
  };
}
