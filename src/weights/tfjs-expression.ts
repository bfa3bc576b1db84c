import {
  add,
  constant,
  convolution,
  input as graphInput,
  maxPool,
  pad,
  parameter,
  reduceMean,
  relu,
  reshape,
  softmax,
  type Value,
} from '../graph/index.ts';
import { InputError } from '../support/errors.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import { quoted } from './bytes.ts';
import { marginsOf, permuted, reshaped } from './channels-last.ts';
import type { GraphModel, GraphNode } from './tfjs.ts';

/** A graph model of TensorFlow.js as an expression. */
export interface GraphModelExpression {
  /** One for each of the model's outputs, in their order; maps as [N, C, H, W]. The inputs are `input0`, `input1`, … */
  outputs: Value[];
  /** Weights, by the names of their nodes; of convolutions as [O, C / groups, h, w]. */
  parameters: Map<string, Tensor>;
}

/** Operations on one place or more that are read. */
const known = [
  ...['Placeholder', 'Const', 'Identity', 'AddV2', 'Relu', 'Pad', 'MaxPool', 'Mean', 'Softmax', 'Reshape'],
  ...['_FusedConv2D', 'DepthwiseConv2dNative'],
];

/**
 * What the model computes.
 *
 * @param batch how many inputs at a time, where the model leaves that open.
 * @throws InputError for operations that are not read, and for what does not fit together, naming the node.
 */
export function graphModelExpression(model: GraphModel, batch = 1): GraphModelExpression {
  const translation = new Translation(model, batch);
  const outputs = model.outputs.map((name) => translation.valueOf(name));
  return { outputs, parameters: translation.parameters };
}

/** Nodes to values, each after what it takes, and the weights they use. */
class Translation {
  readonly parameters: Map<string, Tensor> = new Map();
  private readonly model: GraphModel;
  private readonly batch: number;
  private readonly values = new Map<string, Value>();
  /** Nodes under way: one that needs itself goes round in a circle. */
  private readonly begun = new Set<string>();

  constructor(model: GraphModel, batch: number) {
    this.model = model;
    this.batch = batch;
  }

  valueOf(name: string): Value {
    const found = this.values.get(name);
    if (found) return found;
    const node = this.model.nodes.get(name)!;
    const wrong = (what: string) => new InputError(`node ${quoted(name)} (${quoted(node.op)}): ${what}`);
    if (!known.includes(node.op))
      throw wrong(`is an operation that is not read; read are: ${known.join(', ')}`);
    if (this.begun.has(name)) throw wrong('takes what it gives');
    this.begun.add(name);
    const given = node.inputs.map((other) => (this.isConstant(other) ? undefined : this.valueOf(other)));
    try {
      const value = this.computed(node, given);
      this.values.set(name, value);
      return value;
    } catch (error) {
      // the rules of shapes speak of numbers that come from the file
      if (!(error instanceof InputError || error instanceof TypeError)) throw error;
      throw wrong(error.message);
    }
  }

  /** @param given values of what the node takes; undefined for what is constant. */
  private computed(node: GraphNode, given: readonly (Value | undefined)[]): Value {
    const x = (i = 0): Value => {
      const value = given[i] ?? (node.inputs[i] === undefined ? undefined : this.constantOf(node, i));
      if (!value) throw new InputError(`its operand ${i} is missing`);
      return value;
    };
    switch (node.op) {
      case 'Placeholder':
        return this.input(node);
      case 'Const':
        throw new InputError('is an output of the model, and constant');
      case 'Identity':
        return x();
      case 'AddV2':
        return add(x(0), x(1));
      case 'Relu':
        return relu(x());
      case 'Softmax':
        if (x().shape.length !== 2) throw new InputError('over vectors is read');
        return softmax(x());
      case '_FusedConv2D':
        return this.fused(node, x());
      case 'DepthwiseConv2dNative':
        return this.convolved(node, x());
      case 'MaxPool': {
        const [kernel, stride] = [window(node, 'ksize'), window(node, 'strides')];
        const margins = marginsOf(maps(x()), paddingOf(node), kernel, stride);
        return maxPool(pad(x(), margins, -3e38), { kernel, stride });
      }
      case 'Mean': {
        if (String(this.integers(node, 1)) !== '1,2') throw new InputError('over the places of maps is read');
        return reduceMean(maps(x()), [2, 3], flag(node, 'keep_dims'));
      }
      case 'Pad': {
        const sizes = this.integers(node, 1);
        if (sizes.length !== 8) throw new InputError('of maps is read');
        const [count, height, width, channels] = [0, 2, 4, 6].map((i) => sizes.slice(i, i + 2));
        return pad(maps(x()), [count!, channels!, height!, width!]);
      }
      default:
        return this.reshaped(node, x()); // 'Reshape', the last of those known
    }
  }

  private isConstant(name: string): boolean {
    return this.model.nodes.get(name)!.op === 'Const';
  }

  private input(node: GraphNode): Value {
    const place = this.model.inputs.indexOf(node.name);
    if (place < 0) throw new InputError('is no input of the signature');
    const sizes = (attribute(node, 'shape') as { shape?: { dim?: { size?: unknown }[] } } | undefined)?.shape;
    const shape = (sizes?.dim ?? []).map(({ size }, axis) => {
      const number = Number(size);
      return axis === 0 && number === -1 ? this.batch : number;
    });
    if (shape.length !== 4 || !shape.every((size) => Number.isInteger(size) && size >= 1 && size <= 4096))
      throw new InputError(`its shape [${shape}] is not that of pictures`);
    const [count, height, width, channels] = shape as [number, number, number, number];
    return graphInput(`input${place}`, [count, channels, height, width]);
  }

  private tensorOf(node: GraphNode, i: number): Tensor {
    const tensor = this.model.constants.get(node.inputs[i] ?? '');
    if (!tensor) throw new InputError(`its operand ${i} is not constant`);
    return tensor;
  }

  private constantOf(node: GraphNode, i: number): Value {
    const tensor = this.tensorOf(node, i);
    return constant(tensor.shape.length === 4 ? permuted(tensor, [0, 3, 1, 2]) : tensor);
  }

  /** Whole numbers that say how: axes, margins, a shape. */
  private integers(node: GraphNode, i: number): number[] {
    const numbers = [...this.tensorOf(node, i).data];
    if (!numbers.every((number) => Number.isInteger(number)))
      throw new InputError(`its operand ${i} is not whole`);
    return numbers;
  }

  private weight(name: string, tensor: Tensor): Value {
    const before = this.parameters.get(name);
    if (before && String(before.shape) !== String(tensor.shape))
      throw new InputError(`takes ${quoted(name)} in another way than a node before it`);
    this.parameters.set(name, tensor);
    return parameter(name, tensor.shape);
  }

  private fused(node: GraphNode, x: Value): Value {
    const { list } = (attribute(node, 'fused_ops') ?? {}) as { list?: { s?: unknown } };
    const after = (Array.isArray(list?.s) ? list.s : []).map((text) => textOf(text));
    const [bias, activation] = after;
    if (bias !== 'BiasAdd' || after.length > 2 || (activation ?? 'Relu') !== 'Relu')
      throw new InputError(`with ${quoted(after.join())} is not read; BiasAdd and Relu are`);
    const y = this.convolved(node, x, this.weight(node.inputs[2] ?? '', this.tensorOf(node, 2)));
    return activation ? relu(y) : y;
  }

  private convolved(node: GraphNode, x: Value, bias?: Value): Value {
    const isDepthwise = node.op === 'DepthwiseConv2dNative';
    const tensor = this.tensorOf(node, 1);
    if (tensor.shape.length !== 4) throw new InputError('expects a weight of 4 axes');
    if (!windows(node, 'dilations').every((size) => size === 1))
      throw new InputError('with dilations is not read');
    // [h, w, C, O], or [h, w, C, m]: of each channel m, in groups of one
    const turned = permuted(tensor, isDepthwise ? [2, 3, 0, 1] : [3, 2, 0, 1]);
    const [first, second, ...kernel] = turned.shape as [number, number, number, number];
    const shape = isDepthwise ? [first * second, 1, ...kernel] : turned.shape;
    const weight = this.weight(node.inputs[1]!, { shape, data: turned.data });
    const stride = window(node, 'strides');
    const margins = marginsOf(maps(x), paddingOf(node), kernel, stride);
    const groups = isDepthwise ? x.shape[1]! : 1;
    return convolution(pad(x, margins), weight, { stride, groups, ...(bias && { bias }) });
  }

  private reshaped(node: GraphNode, x: Value): Value {
    const asked = this.integers(node, 1);
    const rest = elementCount(asked.filter((size) => size !== -1));
    const shape = asked.map((size) => (size === -1 ? elementCount(x.shape) / rest : size));
    const order = shape.length === 4 ? [0, 3, 1, 2].map((axis) => shape[axis]!) : shape;
    if (elementCount(shape) !== elementCount(x.shape)) return reshape(x, shape); // says what does not fit
    return reshaped(x, order);
  }
}

function maps(x: Value): Value {
  if (x.shape.length !== 4) throw new InputError(`expects maps, got [${x.shape}]`);
  return x;
}

function attribute(node: GraphNode, key: string): unknown {
  return Object.hasOwn(node.attributes, key) ? node.attributes[key] : undefined;
}

/** Texts stand in base64. */
function textOf(text: unknown): string {
  return typeof text === 'string' ? Buffer.from(text, 'base64').toString('latin1') : '';
}

function flag(node: GraphNode, key: string): boolean {
  return (attribute(node, key) as { b?: unknown } | undefined)?.b === true;
}

/** A size for each axis of [N, height, width, channels]; numbers may stand in the file as texts. */
function windows(node: GraphNode, key: string): number[] {
  const { list } = (attribute(node, key) ?? {}) as { list?: { i?: unknown } };
  const sizes = Array.isArray(list?.i) ? list.i.map(Number) : [];
  const format = (attribute(node, 'data_format') as { s?: unknown } | undefined)?.s;
  if (format !== undefined && textOf(format) !== 'NHWC') throw new InputError('expects data_format NHWC');
  if (sizes.length !== 4 || !sizes.every((size) => Number.isInteger(size) && size >= 1 && size <= 4096))
    throw new InputError(`its ${key} are not four sizes from 1`);
  return sizes;
}

/** Of those, height and width. */
function window(node: GraphNode, key: string): [number, number] {
  const [count, height, width, channels] = windows(node, key) as [number, number, number, number];
  if (count !== 1 || channels !== 1) throw new InputError(`its ${key} go over inputs or channels`);
  return [height, width];
}

function paddingOf(node: GraphNode): 'SAME' | 'VALID' {
  const padding = textOf((attribute(node, 'padding') as { s?: unknown } | undefined)?.s);
  if (padding !== 'SAME' && padding !== 'VALID')
    throw new InputError(`its padding is ${quoted(padding)}; SAME and VALID are read`);
  return padding;
}
