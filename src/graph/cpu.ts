// Other ONNX nodes for some operations, which ONNX Runtime's CPU provider computes faster than the standard ones.
import { elementCount } from '../support/tensor.ts';
import { reduceSumOperation, reshape, reshapeOperation } from './arrays.ts';
import {
  area,
  convolutionInputGradientOperation,
  convolutionOperation,
  convolutionWeightGradientOperation,
} from './convolution.ts';
import { inputGradient, trainedConvolution } from './cpu-convolutions.ts';
import { few, weightGradient } from './cpu-weight-gradients.ts';
import { multiplyOperation, relu, reluOperation } from './elementwise.ts';
import { constantOperation } from './leaves.ts';
import { maskByClip } from './masks.ts';
import { microsoft, type OnnxGraph } from './onnx.ts';
import { placesFirstRule } from './places-first.ts';
import { averagePoolGradientOperation, maxPoolGradientOperation, maxPoolOperation } from './pooling.ts';
import type { Rule } from './rewrites.ts';
import type { Shape } from './shape.ts';
import { stridesAsChannels } from './strides-as-channels.ts';
import { apply, isA, type Lowering, type Operation, type Value } from './value.ts';
import { isWorthTiles, winograd } from './winograd.ts';
import { winogradLines } from './winograd-lines.ts';

/** Says how to lower a value; undefined leaves it to the operation. */
export type Choice = (value: Value) => Lowering | undefined;

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

/**
 * Tiles round more than sums in order do. Where weights train, only windows of 3×3 are computed in them, which keeps every
 * gradient of the ConvNet within twice PyTorch's error; with those of 5×5 the largest error was four times that. These have
 * tiles along one axis.
 */
const inTiles: Rule = (value, usedOnce) => {
  const weight = isA(value, convolutionWeightGradientOperation) ? value : value.inputs[1];
  const isExact = weight && (isA(weight, constantOperation) || weight.shape[2] === 3);
  return isExact ? winograd(isWorthTiles)(value, usedOnce) : undefined;
};

/**
 * Passes that suit an expression to the CPU.
 *
 * @param runsOften whether what takes longer to open and less long to run is worth it.
 */
export const cpuRules = (runsOften: boolean): readonly Rule[] => [
  maskByClip,
  layDown,
  ...(runsOften ? [stridesAsChannels(isWorthTiles), inTiles, winogradLines(isWorthTiles)] : []),
  placesFirstRule,
];

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
    if (isA(value, convolutionOperation)) return trainedConvolution(value, block);
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
