// Convolutions whose weights train, and what they pass back to their inputs, for ONNX Runtime's CPU provider.
import { area, type ConvolutionAttributes, plain } from './convolution.ts';
import { few } from './cpu-weight-gradients.ts';
import { constantOperation } from './leaves.ts';
import type { OnnxGraph } from './onnx.ts';
import type { Shape } from './shape.ts';
import { isA, type Lowering, type Value } from './value.ts';

const blocked = 'com.microsoft.nchwc';

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

/** A convolution in blocks, where its weight is not constant: of those that are, ONNX Runtime takes care itself. */
export function trainedConvolution(value: Value<ConvolutionAttributes>, block: number): Lowering | undefined {
  const weight = value.inputs[1]!;
  if (isA(weight, constantOperation) || !blockable(weight.shape, value.attributes, block)) return;
  const nodes = ([x, w, ...bias]: readonly string[], onnx: OnnxGraph) => {
    const arranged = inBlocks(onnx, w!, weight.shape, block);
    return blockedConvolution(onnx, [x!, arranged, ...bias], weight.shape, value.attributes, block);
  };
  return { nodes };
}

/** What a convolution passes back to its input: a convolution of dy with the weight exchanged and reversed. */
export function inputGradient(
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
