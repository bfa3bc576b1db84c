// Other ONNX nodes for some operations, which ONNX Runtime's CPU provider computes faster than the standard ones.
import { elementCount } from '../support/tensor.ts';
import { reduceSumOperation, reshape, reshapeOperation } from './arrays.ts';
import {
  type ConvolutionAttributes,
  convolutionInputGradientOperation,
  convolutionOperation,
  convolutionWeightGradientOperation,
} from './convolution.ts';
import { multiply, multiplyOperation, relu, reluOperation, stepOperation } from './elementwise.ts';
import { constant, constantOperation } from './leaves.ts';
import type { OnnxGraph } from './onnx.ts';
import { averagePoolGradientOperation, maxPoolGradientOperation, maxPoolOperation } from './pooling.ts';
import { type Rule, scaledByWeight } from './rewrites.ts';
import { apply, isA, type Operation, type Shape, type Value } from './value.ts';

/** The nodes of a value, from those it is computed from: its inputs unless given. */
export interface Lowering {
  readonly inputs?: readonly Value[];
  nodes(inputs: readonly string[], onnx: OnnxGraph): string;
}

/** Says how to lower a value; undefined leaves it to the operation. */
export type Choice = (value: Value) => Lowering | undefined;

/**
 * 2⁻⁶⁴ where x > 0, else 0: what one Clip can do, where `step` takes a Mul and a Clip.
 * Activations below 2⁻⁶⁴ and gradients above 2⁶³ do not occur.
 */
const tinyStepOperation: Operation<Record<string, never>> = {
  name: 'tinyStep',
  shape: ([x]) => x!,
  reference: (_, [x]) => x!.map((value) => (value > 0 ? 2 ** -64 : 0)),
  lower: (_, [x], onnx) => onnx.node('Clip', [x!, onnx.floats([0], []), onnx.floats([2 ** -64], [])]),
};

/** The gradient of a ReLU, where a weight can make up for a `tinyStep`. */
const maskByClip: Rule = (value, usedOnce) => {
  const [gradient, mask] = value.inputs;
  if (!isA(value, multiplyOperation) || !mask || !isA(mask, stepOperation)) return;
  const scaled = scaledByWeight(gradient!, constant(2 ** 64), usedOnce);
  return scaled && multiply(scaled, apply(tinyStepOperation, mask.inputs, {}));
};

const ofMaps: ReadonlySet<Operation> = new Set<Operation>([
  convolutionOperation,
  convolutionInputGradientOperation,
  convolutionWeightGradientOperation,
  maxPoolOperation,
  maxPoolGradientOperation,
]);
const sideways = (shape: Shape) =>
  shape.length === 4 ? [shape[0]!, shape[1]!, shape[3]!, shape[2]!] : shape;
const upright = (value: Value) => value.shape.length !== 4 || value.shape[3] === 1;

/** The same elements, height and width exchanged where the width is 1. */
function laidDown(value: Value): Value {
  const shape = sideways(value.shape);
  const before = isA(value, reshapeOperation) ? value.inputs[0]! : value;
  return String(before.shape) === String(shape) ? before : reshape(value, shape);
}

/** Sound is as high as it is long, and one wide; the kernels of ONNX Runtime work along the width. */
const layDown: Rule = (value) => {
  if (isA(value, reluOperation) && isA(value.inputs[0]!, reshapeOperation))
    return reshape(relu(value.inputs[0].inputs[0]!), value.shape);
  if (!ofMaps.has(value.operation) || ![value, ...value.inputs].every(upright)) return;
  const attributes = Object.entries(value.attributes as Record<string, unknown>).map(([name, setting]) => [
    name,
    Array.isArray(setting) ? (name === 'shape' ? sideways(setting) : setting.toReversed()) : setting,
  ]);
  const lying = apply(value.operation, value.inputs.map(laidDown), Object.fromEntries(attributes));
  return reshape(lying, value.shape);
};

export const cpuRules: readonly Rule[] = [maskByClip, layDown];

const microsoft = 'com.microsoft';
const blocked = 'com.microsoft.nchwc';

const area = (shape: Shape) => shape[2]! * shape[3]!;
const plain = ({ stride, dilation, groups }: ConvolutionAttributes) =>
  groups === 1 && String([stride, dilation]) === '1,1,1,1';

/** Below this many places, the images of a batch are better multiplied side by side than one by one. */
const few = 200;

/** The layout in which `products` takes maps: [N, C, H, W], or [C, N, H, W] for few places. */
const forProducts = (onnx: OnnxGraph, map: string, places: number) =>
  places < few ? onnx.node('Transpose', [map], { perm: [1, 0, 2, 3] }) : map;

/** Σ over images of left · rightᵀ, of maps of A and B channels → [A, B]. */
function products(
  onnx: OnnxGraph,
  maps: readonly [string, string],
  [batch, a, b, places]: readonly [number, number, number, number],
): string {
  const multiplied = (shapes: readonly Shape[]) => {
    const matrices = maps.map((map, i) => onnx.node('Reshape', [map, onnx.integers(shapes[i]!)]));
    return onnx.node('FusedMatMul', matrices, { transB: 1 }, microsoft);
  };
  if (places < few) return multiplied([a, b].map((rows) => [rows, batch * places]));
  const each = multiplied([a, b].map((rows) => [batch, rows, places]));
  // A product with ones sums several times faster than ReduceSum over the first axis.
  const rows = onnx.node('Reshape', [each, onnx.integers([batch, a * b])]);
  return onnx.node('MatMul', [onnx.floats(new Float32Array(batch).fill(1), [1, batch]), rows]);
}

/** The parts of a padded map that each tap of a window sees, one above the other, in the layout for `products`. */
function columns(
  onnx: OnnxGraph,
  map: string,
  padding: readonly number[],
  taps: readonly { start: readonly number[]; step: readonly number[] }[],
  [rows, width]: readonly [number, number],
  places: number,
): string {
  const margins = [0, 0, padding[0]!, padding[1]!, 0, 0, padding[2]!, padding[3]!];
  const arranged = forProducts(onnx, map, places);
  const padded = padding.some((size) => size > 0)
    ? onnx.node('Pad', [arranged, onnx.integers(margins)])
    : arranged;
  const parts = taps.map(({ start, step }) => {
    const end = [start[0]! + (rows - 1) * step[0]! + 1, start[1]! + (width - 1) * step[1]! + 1];
    return onnx.node('Slice', [padded, ...[start, end, [2, 3], step].map((list) => onnx.integers(list))]);
  });
  return onnx.node('Concat', parts, { axis: places < few ? 0 : 1 });
}

const tapsOf = ([height, width]: readonly number[]) =>
  Array.from({ length: height! * width! }, (_, i) => [Math.floor(i / width!), i % width!] as const);

/**
 * The gradient of a weight [O, 1, 1, k] that slides over one channel, as over a waveform: 64 places at a time as a product
 * of a stretch of dy with the stretch of x under it. That gives each place with each sample; those that belong to the
 * same element of the weight lie on diagonals, which are columns once each row is one stride longer.
 */
function slidingWeightGradient(value: Value<ConvolutionAttributes>): Lowering {
  const { stride, padding } = value.attributes;
  const [outputs, , , size] = value.shape as [number, number, number, number];
  const [x, dy] = value.inputs as [Value, Value];
  const [batch, , , places] = dy.shape as [number, number, number, number];
  const step = stride[1];
  const stretch = 64;
  const count = Math.ceil(places / stretch);
  const under = (stretch - 1) * step + size;
  // Stretches overlap: each is a whole number of strides' worth of samples, and what its last place reaches beyond it.
  const own = stretch * step;
  const beyond = Math.ceil(under / own);
  const needed = (count + beyond - 1) * own;
  const nodes = ([xName, dyName]: readonly string[], onnx: OnnxGraph) => {
    const reshaped = (name: string, shape: Shape) => onnx.node('Reshape', [name, onnx.integers(shape)]);
    const margins = [0, 0, 0, padding[1], 0, 0, 0, Math.max(needed - x.shape[3]! - padding[1], 0)];
    const padded = onnx.node('Pad', [xName!, onnx.integers(margins)]);
    const samples = (from: number, width: number) => {
      const length = count * own;
      const part = [[from], [from + length], [3]].map((list) => onnx.integers(list));
      const cut = reshaped(onnx.node('Slice', [padded, ...part]), [batch, 1, count, own]);
      return width === own
        ? cut
        : onnx.node('Slice', [cut, ...[[0], [width], [3]].map((list) => onnx.integers(list))]);
    };
    const parts = Array.from({ length: beyond }, (_, i) => samples(i * own, Math.min(own, under - i * own)));
    const stretches = onnx.node('Concat', parts, { axis: 3 });
    const evened = onnx.node('Pad', [
      dyName!,
      onnx.integers([0, 0, 0, 0, 0, 0, 0, count * stretch - places]),
    ]);
    const rows = reshaped(evened, [batch, outputs, count, stretch]);
    const each = onnx.node('FusedMatMul', [rows, stretches], { transA: 1 }, microsoft);
    const sum = onnx.node('ReduceSum', [each, onnx.integers([0])], { keepdims: 0 });
    const flat = reshaped(sum, [outputs, stretch * under]);
    const longer = onnx.node('Pad', [flat, onnx.integers([0, 0, 0, stretch * step])]);
    const skewed = reshaped(longer, [outputs, stretch, under + step]);
    const columns = [[0], [size], [2]].map((list) => onnx.integers(list));
    const diagonals = onnx.node('Slice', [skewed, ...columns]);
    return reshaped(onnx.node('ReduceSum', [diagonals, onnx.integers([1])], { keepdims: 0 }), value.shape);
  };
  return { nodes };
}

function weightGradient(value: Value<ConvolutionAttributes>): Lowering | undefined {
  const { stride, padding, dilation, groups } = value.attributes;
  if (String(value.shape.slice(1, 3)) === '1,1' && value.inputs[1]!.shape[3]! > few && dilation[1] === 1)
    return slidingWeightGradient(value);
  // From a few channels, as of a picture, the convolution that `expand` makes is faster.
  if (groups !== 1 || value.shape[1]! < 4) return;
  const [x, dy] = value.inputs.map(({ shape }) => shape) as [Shape, Shape];
  const [outputs, channels, ...kernel] = value.shape as [number, number, number, number];
  const batch = x[0]!;
  const taps = tapsOf(kernel);
  const nodes = ([xName, dyName]: readonly string[], onnx: OnnxGraph) => {
    // Transposes that move one axis are several times faster than others.
    const finish = (sums: string, shape: Shape, order: readonly number[]) => {
      const split = onnx.node('Reshape', [sums, onnx.integers(shape)]);
      const moved = onnx.node('Transpose', [split], { perm: order });
      return onnx.node('Reshape', [moved, onnx.integers(value.shape)]);
    };
    if (taps.length === 1 && plain(value.attributes) && String(padding) === '0,0') {
      const maps = [forProducts(onnx, dyName!, area(x)), forProducts(onnx, xName!, area(x))] as const;
      const sums = products(onnx, maps, [batch, outputs, channels, area(x)]);
      return onnx.node('Reshape', [sums, onnx.integers(value.shape)]);
    }
    const fits = kernel.every((size, i) => size > padding[i]!);
    if (plain(value.attributes) && outputs < channels && fits) {
      // Shifting dy instead of x, which has more channels.
      const margin = kernel.map((size, i) => size - 1 - padding[i]!);
      const shifts = taps.map(([a, b]) => ({
        start: [kernel[0]! - 1 - a, kernel[1]! - 1 - b],
        step: [1, 1],
      }));
      const shifted = columns(onnx, dyName!, [...margin, ...margin], shifts, [x[2]!, x[3]!], area(x));
      const maps = [shifted, forProducts(onnx, xName!, area(x))] as const;
      const sums = products(onnx, maps, [batch, taps.length * outputs, channels, area(x)]);
      return finish(sums, [taps.length, outputs, channels], [1, 2, 0]);
    }
    const reach = [0, 1].map((i) => (dy[2 + i]! - 1) * stride[i]! + dilation[i]! * (kernel[i]! - 1) + 1);
    const after = reach.map((size, i) => Math.max(size - x[2 + i]! - padding[i]!, 0));
    const windows = taps.map(([a, b]) => ({ start: [a * dilation[0], b * dilation[1]], step: stride }));
    const seen = columns(onnx, xName!, [...padding, ...after], windows, [dy[2]!, dy[3]!], area(dy));
    const maps = [forProducts(onnx, dyName!, area(dy)), seen] as const;
    const sums = products(onnx, maps, [batch, outputs, taps.length * channels, area(dy)]);
    return finish(sums, [outputs, taps.length, channels], [0, 2, 1]);
  };
  return { nodes };
}

/**
 * A convolution whose weight changes from run to run, in the layout that ONNX Runtime keeps for constant weights: maps
 * [N, C / block, H, W, block], weight [O / block, C / block, h, w, block of C, block of O].
 *
 * @param weight arranged so; `shape` is what it would be otherwise.
 */
function blockedConvolution(
  onnx: OnnxGraph,
  [x, weight, bias]: readonly string[],
  shape: Shape,
  { stride, padding, dilation }: ConvolutionAttributes,
  block: number,
): string {
  // Maps of less than a block of channels stay as they are.
  const map = shape[1]! < block ? x! : onnx.node('ReorderInput', [x!], {}, blocked);
  const y = onnx.node(
    'Conv',
    [map, onnx.node('Reshape', [weight!, onnx.integers(shape)]), ...(bias ? [bias] : [])],
    {
      kernel_shape: shape.slice(2),
      strides: stride,
      pads: [...padding, ...padding],
      dilations: dilation,
      group: 1,
    },
    blocked,
  );
  return onnx.node('ReorderOutput', [y], { channels: shape[0]! }, blocked);
}

/** A weight [O, C, h, w] in blocks. One axis at a time, and whole blocks, are several times faster than all at once. */
function inBlocks(onnx: OnnxGraph, weight: string, shape: Shape, block: number): string {
  const [outputs, inputs] = shape as [number, number];
  const reshaped = (name: string, to: Shape) => onnx.node('Reshape', [name, onnx.integers(to)]);
  const rows = reshaped(weight, [outputs / block, block, inputs * area(shape)]);
  const outputsLast = onnx.node('Transpose', [rows], { perm: [0, 2, 1] });
  if (inputs < block) return outputsLast;
  const split = reshaped(outputsLast, [outputs / block, inputs / block, block, area(shape), block]);
  return onnx.node('Transpose', [split], { perm: [0, 1, 3, 2, 4] });
}

/** The same for the weight with which a convolution gives dx from dy: inputs and outputs exchanged, taps reversed. */
function exchangedInBlocks(onnx: OnnxGraph, weight: string, shape: Shape, block: number): string {
  const [outputs, inputs, height, width] = shape as [number, number, number, number];
  const reshaped = (name: string, to: Shape) => onnx.node('Reshape', [name, onnx.integers(to)]);
  const rows = reshaped(weight, [outputs, inputs, height * width]);
  const inputsLast = onnx.node('Transpose', [rows], { perm: [0, 2, 1] });
  const split = reshaped(inputsLast, [outputs / block, block, height * width, inputs / block, block]);
  const blocks = onnx.node('Transpose', [split], { perm: [3, 0, 2, 1, 4] });
  const taps = reshaped(blocks, [(inputs * outputs) / block ** 2, height, width, block ** 2]);
  return reversed(onnx, taps, [1, 2], [height, width]);
}

/** Elements in reverse order along some axes. */
function reversed(onnx: OnnxGraph, name: string, axes: readonly number[], sizes: readonly number[]): string {
  const ends = [sizes.map(() => -1), sizes.map((size) => -size - 1), axes, sizes.map(() => -1)];
  return onnx.node('Slice', [name, ...ends.map((list) => onnx.integers(list))]);
}

/** Whether a weight has whole blocks of channels, and a window that is worth it (that of a weight's gradient is a map). */
const blockable = (weight: Shape, { groups }: ConvolutionAttributes, block: number) => {
  const worth = area(weight) > 1 && area(weight) < few;
  const inputs = weight[1]! % block === 0 || weight[1]! < block;
  return block > 0 && groups === 1 && worth && weight[0]! % block === 0 && inputs;
};

function forward(value: Value<ConvolutionAttributes>, block: number): Lowering | undefined {
  const weight = value.inputs[1]!;
  if (isA(weight, constantOperation) || !blockable(weight.shape, value.attributes, block)) return;
  const nodes = ([x, w, ...bias]: readonly string[], onnx: OnnxGraph) => {
    const arranged = inBlocks(onnx, w!, weight.shape, block);
    return blockedConvolution(onnx, [x!, arranged, ...bias], weight.shape, value.attributes, block);
  };
  return { nodes };
}

function inputGradient(
  value: Value<ConvolutionAttributes & { shape: Shape }>,
  block: number,
): Lowering | undefined {
  const [dy, weight] = value.inputs.map(({ shape }) => shape) as [Shape, Shape];
  const [outputs, channels, ...kernel] = weight as [number, number, number, number];
  const { padding } = value.attributes;
  const margin = kernel.map((size, i) => size - 1 - padding[i]!) as [number, number];
  if (!plain(value.attributes) || margin.some((size) => size < 0)) return;
  const nodes = ([dyName, weightName]: readonly string[], onnx: OnnxGraph) => {
    const shape = [channels, outputs, ...kernel];
    const attributes = { ...value.attributes, padding: margin };
    if (outputs >= block && blockable(shape, attributes, block)) {
      const arranged = exchangedInBlocks(onnx, weightName!, weight, block);
      return blockedConvolution(onnx, [dyName!, arranged], shape, attributes, block);
    }
    const exchanged = onnx.node('Transpose', [weightName!], { perm: [1, 0, 2, 3] });
    if (area(weight) === 1) {
      const matrices = [
        onnx.node('Reshape', [exchanged, onnx.integers([channels, outputs])]),
        onnx.node('Reshape', [dyName!, onnx.integers([dy[0]!, outputs, area(dy)])]),
      ];
      return onnx.node('Reshape', [onnx.node('MatMul', matrices), onnx.integers(value.shape)]);
    }
    const flipped = reversed(onnx, exchanged, [2, 3], kernel);
    return onnx.node('Conv', [dyName!, flipped], { kernel_shape: kernel, pads: [...margin, ...margin] });
  };
  return { nodes };
}

/** Repeats each element of the maps as a block, divided by the block's size. */
function averagePoolGradient(value: Value): Lowering | undefined {
  if (!isA(value, averagePoolGradientOperation)) return;
  const { kernel, stride } = value.attributes;
  const [batch, channels, height, width] = value.shape as [number, number, number, number];
  const rows = height / kernel[0];
  const places = width / kernel[1];
  if (String(kernel) !== String(stride) || !Number.isInteger(rows) || !Number.isInteger(places)) return;
  const share = 1 / (kernel[0] * kernel[1]);
  const repeat = Float32Array.from({ length: places * width }, (_, i) =>
    Math.floor((i % width) / kernel[1]) === Math.floor(i / width) ? share : 0,
  );
  const nodes = ([dy]: readonly string[], onnx: OnnxGraph) => {
    const lines = onnx.node('Reshape', [dy!, onnx.integers([batch * channels * rows, 1, places])]);
    const wide = onnx.node('MatMul', [lines, onnx.floats(repeat, [places, width])]);
    const tall = onnx.node('Concat', Array(kernel[0]).fill(wide), { axis: 1 });
    return onnx.node('Reshape', [tall, onnx.integers(value.shape)]);
  };
  return { nodes };
}

/** The sum over all maps of each channel; that of a product is one pass over both factors. */
function channelSums(value: Value): Lowering | undefined {
  if (!isA(value, reduceSumOperation) || String(value.attributes.axes) !== '0,2,3') return;
  const [x] = value.inputs as [Value];
  const [batch, channels] = x.shape as [number, number];
  const [a, b] = x.inputs;
  const finish = (onnx: OnnxGraph, sums: string) => {
    const total = onnx.node('ReduceSum', [sums, onnx.integers([0])], { keepdims: 0 });
    return value.attributes.keep ? onnx.node('Reshape', [total, onnx.integers(value.shape)]) : total;
  };
  if (isA(x, multiplyOperation) && String(a!.shape) === String(b!.shape) && area(x.shape) >= few)
    return {
      inputs: x.inputs,
      nodes: (names, onnx) => {
        const rows = onnx.integers([batch * channels, 1, area(x.shape)]);
        const factors = names.map((name) => onnx.node('Reshape', [name, rows]));
        const dots = onnx.node('FusedMatMul', factors, { transB: 1 }, microsoft);
        return finish(onnx, onnx.node('Reshape', [dots, onnx.integers([batch, channels])]));
      },
    };
  const perMap = (name: string, onnx: OnnxGraph) =>
    onnx.node('ReduceSum', [name, onnx.integers([2, 3])], { keepdims: 0 });
  return { nodes: ([name], onnx) => finish(onnx, perMap(name!, onnx)) };
}

/**
 * Chooses the lowerings for the CPU.
 *
 * @param values all of the model.
 * @param block how many channels ONNX Runtime keeps together on this CPU; 0 where it has no such layout.
 */
export function cpuChoice(values: readonly Value[], block: number): Choice {
  // A max pool whose gradient is needed also says where its maxima are.
  const differentiated = new Set(
    values.filter((v) => isA(v, maxPoolGradientOperation)).map((v) => v.inputs[1]!),
  );
  const indices = new Map<Value, string>();

  return (value) => {
    if (isA(value, convolutionOperation)) return forward(value, block);
    if (isA(value, convolutionInputGradientOperation)) return inputGradient(value, block);
    if (isA(value, convolutionWeightGradientOperation)) return weightGradient(value);
    if (isA(value, averagePoolGradientOperation)) return averagePoolGradient(value);
    if (isA(value, maxPoolOperation) && differentiated.has(value))
      return {
        nodes: (inputs, onnx) => {
          const { kernel, stride, padding } = value.attributes;
          const attributes = { kernel_shape: kernel, strides: stride, pads: [...padding, ...padding] };
          const [y, where] = onnx.nodeOf(2, 'MaxPool', inputs, attributes);
          indices.set(value, where!);
          return y!;
        },
      };
    if (isA(value, maxPoolGradientOperation) && isA(value.inputs[1]!, maxPoolOperation))
      return {
        nodes: ([, , dy], onnx) => {
          const y = value.inputs[1]!;
          const count = onnx.integers([elementCount(y.shape)]);
          const zeros = onnx.node('ConstantOfShape', [onnx.integers([elementCount(value.shape)])]);
          const flat = [indices.get(y)!, dy!].map((name) => onnx.node('Reshape', [name, count]));
          const dx = onnx.node('ScatterElements', [zeros, ...flat], { axis: 0, reduction: 'add' });
          return onnx.node('Reshape', [dx, onnx.integers(value.shape)]);
        },
      };
    return channelSums(value);
  };
}
