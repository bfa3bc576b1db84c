// Convolutions in 8 bits after training (Jacob et al. 2018; Krishnamoorthi 2018): each channel of a map has a scale of its
// own, which the weights of the next convolution take over, so that maps side by side need no common one.
//
// `observed` (byte-plan.ts) says which numbers of a network are to be watched while it runs in float32: the ranges of what
// will be kept in bytes. `quantized` computes with them.
import type { Tensor } from '../support/tensor.ts';
import { concat } from './arrays.ts';
import { inputOf, planOf, prepared, type Ranges } from './byte-plan.ts';
import { byteConvolution, byteMaxPool, dequantize, largestByte, quantize } from './bytes.ts';
import { type ConvolutionAttributes, convolutionOperation } from './convolution.ts';
import { evaluate } from './evaluate.ts';
import { parametersOf } from './leaves.ts';
import { averagePoolOperation, maxPoolOperation, type PoolAttributes } from './pooling.ts';
import { isA, type Value } from './value.ts';

/** Weights are whole numbers of −127 … 127: as far one way as the other. */
const largestWeight = 127;
/** Biases stay within half of an int32, and leave the other half to the products. */
const largestBias = 2 ** 30;
/** A channel that was hardly seen to answer has its scale from this share of the highest of its map. */
const leastShare = 1 / 64;

/** A map in bytes [N, H, W, C], and what they stand for: (byte − zero) · scale. */
interface Bytes {
  readonly value: Value;
  readonly scales: Float32Array;
  readonly zeros: Uint8Array;
}

/**
 * The same outputs, nearly, with all convolutions and batch norms in bytes whose ranges are known. Their weights become
 * part of the expression; the rest stays as it was.
 *
 * @param parameters at least those of what is computed in bytes.
 */
export function quantized(
  outputs: readonly Value[],
  ranges: Ranges,
  parameters: ReadonlyMap<string, Tensor>,
): Value[] {
  const roots = prepared(outputs);
  const { order, sources, derived } = planOf(roots, (name) => ranges.has(name));
  const inBytes = new Map<Value, Bytes>();
  const inFloats = new Map<Value, Value>();
  const within = new Set(
    [...sources.values()].filter(({ value, kept }) => value !== kept).map(({ value }) => value),
  );

  /** A value in float32. */
  const floats = (value: Value): Value => {
    const bytes = inBytes.get(value);
    const known = inFloats.get(value);
    if (known || !bytes) return known!;
    const result = dequantize(bytes.value, bytes.scales, bytes.zeros);
    inFloats.set(value, result);
    return result;
  };

  /** What a convolution takes; with margins, one byte stands for 0 in all channels. */
  const taken = (x: Value, weight: string, padded: boolean): Bytes => {
    const bytes = inBytes.get(x);
    if (bytes && !(padded && new Set(bytes.zeros).size > 1)) return bytes;
    const range = ranges.get(inputOf(weight)) ?? rangeOfBytes(bytes!);
    const { scales, zeros } = gridOf(range, { common: padded });
    return { value: quantize(floats(x), scales, zeros), scales, zeros };
  };

  for (const value of order) {
    const source = sources.get(value);
    const inputs = value.inputs;
    if (within.has(value)) continue;
    if (source) {
      const layer = layerOf(source.value, parameters);
      const padded = layer.attributes.padding.some((size) => size > 0);
      const x = taken(source.value.inputs[0]!, source.weight, padded);
      const grid = gridOf(ranges.get(source.name)!, { common: false });
      inBytes.set(value, { value: convolved(x, layer, grid), ...grid });
    } else if (derived.has(value))
      inBytes.set(
        value,
        derive(
          value,
          inputs.map((input) => inBytes.get(input)!),
        ),
      );
    else
      inFloats.set(
        value,
        inputs.some((input) => floats(input) !== input) ? { ...value, inputs: inputs.map(floats) } : value,
      );
  }
  return roots.map(floats);
}

/** A convolution, or a batch norm as one of a single place for each channel. */
interface Layer {
  readonly attributes: ConvolutionAttributes;
  readonly shape: readonly number[];
  readonly weight: Float64Array;
  readonly bias: Float64Array;
}

function layerOf(value: Value, parameters: ReadonlyMap<string, Tensor>): Layer {
  const given = Object.fromEntries(parameters);
  const numbers = (values: readonly Value[]) =>
    values.map((of) => {
      const feeds = Object.fromEntries(parametersOf([of]).map(({ name }) => [name, given[name]!]));
      return evaluate({ of }, feeds).of.data;
    });
  if (isA(value, convolutionOperation)) {
    const [weight, bias = new Float64Array(value.shape[1]!)] = numbers(value.inputs.slice(1));
    return { attributes: value.attributes, shape: value.inputs[1]!.shape, weight: weight!, bias };
  }
  const [scale, bias, mean, variance] = numbers(value.inputs.slice(1));
  const { epsilon } = value.attributes as { epsilon: number };
  const weight = scale!.map((slope, c) => slope / Math.sqrt(variance![c]! + epsilon));
  return {
    attributes: depthwise(weight.length, [1, 1]),
    shape: [weight.length, 1, 1, 1],
    weight,
    bias: weight.map((slope, c) => bias![c]! - mean![c]! * slope),
  };
}

const depthwise = (groups: number, stride: readonly [number, number]): ConvolutionAttributes => ({
  ...{ stride, groups },
  padding: [0, 0],
  dilation: [1, 1],
});

/** A layer applied to bytes, its results on a grid of their own. */
function convolved(x: Bytes, layer: Layer, grid: Pick<Bytes, 'scales' | 'zeros'>): Value {
  const { attributes, shape } = layer;
  const [outputs, perGroup] = shape as [number, number];
  const taps = shape[2]! * shape[3]!;
  const length = perGroup * taps;
  const alike = new Set(x.zeros).size === 1;
  const weight = new Int8Array(layer.weight.length);
  const bias = new Int32Array(outputs);
  const multipliers = new Float32Array(outputs);
  const row = new Float64Array(length);
  for (let o = 0; o < outputs; o++) {
    let offset = layer.bias[o]!;
    let largest = 0;
    for (let i = 0; i < length; i++) {
      const channel = attributes.groups === 1 ? Math.floor(i / taps) : o;
      row[i] = layer.weight[o * length + i]! * x.scales[channel]!;
      if (!alike) offset -= row[i]! * x.zeros[channel]!;
      largest = Math.max(largest, Math.abs(row[i]!));
    }
    offset += grid.zeros[o]! * grid.scales[o]!;
    const step = Math.max(
      largest / largestWeight,
      Math.abs(offset) / largestBias,
      Number.MIN_VALUE * 2 ** 60,
    );
    for (let i = 0; i < length; i++) weight[o * length + i] = Math.round(row[i]! / step);
    bias[o] = Math.round(offset / step);
    multipliers[o] = step / grid.scales[o]!;
  }
  const whole = { weight: { shape, data: weight }, bias, multipliers };
  return byteConvolution(x.value, whole, { ...attributes, zero: alike ? x.zeros[0]! : 0 });
}

/** Bytes from bytes, in which nothing but the places changes. */
function derive(value: Value, inputs: readonly Bytes[]): Bytes {
  const [x] = inputs as [Bytes];
  if (isA(value, maxPoolOperation)) return { ...x, value: byteMaxPool(x.value, value.attributes) };
  if (isA(value, averagePoolOperation)) return { ...x, value: averaged(x, value.attributes) };
  const joined = <T extends Float32Array | Uint8Array>(parts: readonly T[], into: (size: number) => T): T => {
    const result = into(parts.reduce((size, part) => size + part.length, 0));
    let start = 0;
    for (const part of parts) {
      result.set(part, start);
      start += part.length;
    }
    return result;
  };
  return {
    value: concat(
      inputs.map((input) => input.value),
      3,
    ),
    scales: joined(
      inputs.map(({ scales }) => scales),
      (size) => new Float32Array(size),
    ),
    zeros: joined(
      inputs.map(({ zeros }) => zeros),
      (size) => new Uint8Array(size),
    ),
  };
}

/** Means under windows: a convolution of each channel with equal weights; the grid stays. */
function averaged({ value, scales }: Bytes, { kernel, stride, padding }: PoolAttributes): Value {
  const channels = scales.length;
  const taps = kernel[0] * kernel[1];
  const weight = { shape: [channels, 1, ...kernel], data: new Int8Array(channels * taps).fill(1) };
  const multipliers = new Float32Array(channels).fill(1 / taps);
  const whole = { weight, bias: new Int32Array(channels), multipliers };
  return byteConvolution(value, whole, { ...depthwise(channels, stride), padding, zero: 0 });
}

/**
 * Scales and zeros of channels of these ranges, which always hold 0. Channels that never fall below 0 have the byte 0 for it.
 *
 * @param common whether one byte has to stand for 0 in all channels.
 */
function gridOf({ data }: Tensor, { common }: { common: boolean }): Pick<Bytes, 'scales' | 'zeros'> {
  const channels = data.length / 2;
  const lowest = Float64Array.from({ length: channels }, (_, c) => Math.min(data[c]!, 0));
  const highest = Float64Array.from({ length: channels }, (_, c) => Math.max(data[channels + c]!, 0));
  if (common && lowest.some((value) => value < 0)) {
    lowest.fill(Math.min(...lowest));
    highest.fill(Math.max(...highest));
  }
  const widths = highest.map((value, c) => value - lowest[c]!);
  const least = Math.max(...widths) * leastShare || 1;
  const scales = Float32Array.from(widths, (width) => Math.max(width, least) / largestByte);
  const zeros = Uint8Array.from(lowest, (value, c) => Math.round(-value / scales[c]!));
  return { scales, zeros };
}

/** All that bytes can stand for. */
function rangeOfBytes({ scales, zeros }: Bytes): Tensor {
  const lowest = Array.from(scales, (scale, c) => -zeros[c]! * scale);
  const highest = Array.from(scales, (scale, c) => (largestByte - zeros[c]!) * scale);
  return { shape: [2, scales.length], data: Float32Array.from([...lowest, ...highest]) };
}
