import {
  add,
  averagePool,
  clip,
  concat,
  constant,
  convolution,
  input as graphInput,
  linear,
  maxPool,
  multiply,
  pad,
  parameter,
  reduceMean,
  relu,
  reshape,
  sigmoid,
  softmax,
  type Value,
} from '../graph/index.ts';
import { InputError } from '../support/errors.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import { Allowance, naming, readWhole } from './bytes.ts';
import { marginsOf, permuted, reshaped } from './channels-last.ts';
import { toFloat32 } from './elements.ts';
import { parseTfliteModel, type TfliteModel, type TfliteOperator, type TfliteTensor } from './tflite.ts';

/** A TensorFlow Lite model as an expression. */
export interface TfliteExpression {
  /**
   * By the index of the tensor, in real numbers whatever the file's type; maps as [N, C, H, W]. The inputs are called
   * `input0`, `input1`, …
   */
  values: ReadonlyMap<number, Value>;
  /** Weights: `convolutions.0.weight`, `convolutions.0.bias`, …, `linears.0.weight`, … in order of the operators. */
  parameters: Map<string, Tensor>;
}

/**
 * What the model computes, in floating point: weights are dequantized, and what rounding to whole numbers limits to a
 * range is limited to it, so that the results differ from TensorFlow Lite's by the rounding alone.
 *
 * @param batch how many inputs at a time; the file says one.
 * @param given values that stand for tensors the model computes, for all that needs these.
 * @throws InputError for what does not fit together, or is not read.
 */
export function tfliteExpression(
  model: TfliteModel,
  { batch = 1, given = new Map() }: { batch?: number; given?: ReadonlyMap<number, Value> } = {},
): TfliteExpression {
  const translation = new Translation(model, batch);
  const values = new Map<number, Value>();
  const used = (index: number) => given.get(index) ?? values.get(index);
  for (const [i, index] of model.inputs.entries())
    values.set(index, graphInput(`input${i}`, translation.shapeOf(model.tensors[index]!)));
  for (const [i, operator] of model.operators.entries())
    try {
      values.set(operator.output, translation.valueOf(operator, operator.inputs.map(used)));
    } catch (error) {
      // the rules of shapes speak of numbers that come from the file
      if (!(error instanceof InputError || error instanceof TypeError)) throw error;
      throw new InputError(`operator ${i} (${operator.name}): ${error.message}`);
    }
  return { values, parameters: translation.parameters };
}

/** The weights of a TensorFlow Lite file; see `tfliteExpression` for their names. @throws InputError */
export async function readTflite(path: string): Promise<Map<string, Tensor>> {
  const bytes = await readWhole(path);
  return naming(path, () => parseTflite(bytes));
}

/** A TensorFlow Lite file as a model. @throws InputError */
export async function readTfliteModel(path: string): Promise<TfliteModel> {
  const bytes = await readWhole(path);
  return naming(path, () => parseTfliteModel(bytes));
}

/** The same weights from bytes in memory. */
export function parseTflite(bytes: Uint8Array): Map<string, Tensor> {
  const { parameters } = tfliteExpression(parseTfliteModel(bytes));
  if (parameters.size === 0) throw new InputError('it holds no weights');
  return parameters;
}

/** Operators to values, one after the other, and their weights by name. */
class Translation {
  private readonly model: TfliteModel;
  private readonly allowance: Allowance;
  private readonly batch: number;
  readonly parameters: Map<string, Tensor> = new Map();
  private readonly counts = { convolutions: 0, linears: 0 };

  constructor(model: TfliteModel, batch: number) {
    this.model = model;
    this.allowance = new Allowance(model.size);
    this.batch = batch;
  }

  /** The shape of a tensor's value: of the whole batch, channels before places. */
  shapeOf({ shape }: TfliteTensor): number[] {
    const [count = 1, ...rest] = shape;
    const sizes = [count * this.batch, ...rest];
    return sizes.length === 4 ? [sizes[0]!, sizes[3]!, sizes[1]!, sizes[2]!] : sizes;
  }

  /** @param values of the operator's inputs; undefined for those that are constant or left out. */
  valueOf(operator: TfliteOperator, values: readonly (Value | undefined)[]): Value {
    const result = this.computed(operator, values);
    const output = this.model.tensors[operator.output]!;
    if (String(result.shape) !== String(this.shapeOf(output)))
      throw new InputError(`gives [${result.shape}], its tensor is [${this.shapeOf(output)}]`);
    return result;
  }

  private computed(operator: TfliteOperator, values: readonly (Value | undefined)[]): Value {
    const { name, options, inputs } = operator;
    const output = this.model.tensors[operator.output]!;
    const x = (i = 0): Value => values[i] ?? this.constantOf(operator, i);
    const limitedBy = (slot: number, value: Value) => limited(value, options?.uint8(slot) ?? 0, output);
    switch (name) {
      case 'QUANTIZE':
        return limited(x(), 0, output);
      case 'DEQUANTIZE':
        return x();
      case 'CONV_2D':
        return this.convolved(operator, x());
      case 'DEPTHWISE_CONV_2D':
        return this.convolved(operator, x());
      case 'FULLY_CONNECTED':
        return limitedBy(0, this.connected(operator, x()));
      case 'ADD':
        return limitedBy(0, add(...aligned(x(0), x(1))));
      case 'MUL':
        return limitedBy(0, multiply(...aligned(x(0), x(1))));
      case 'AVERAGE_POOL_2D':
      case 'MAX_POOL_2D':
        return limitedBy(5, pooled(operator, x()));
      case 'MEAN':
        return limited(this.mean(operator, x()), 0, output);
      case 'RELU':
        return limited(x(), 1, output);
      case 'RELU6':
        return limited(x(), 3, output);
      case 'LOGISTIC':
        return sigmoid(x());
      case 'SOFTMAX':
        if (x().shape.length === 4) throw new InputError('over the channels of maps is not read');
        return softmax(multiply(x(), options?.float32(0) ?? 0));
      case 'CONCATENATION': {
        const axis = axisOf(options?.int32(0) ?? 0, x().shape.length);
        return limitedBy(
          1,
          concat(
            inputs.map((_, i) => x(i)),
            axis,
          ),
        );
      }
      case 'PAD':
        return this.padded(operator, x());
      case 'SPLIT': // the operand comes second; into one part it stays as it is
        return x(1);
      case 'RESHAPE':
      case 'SQUEEZE':
        return reshaped(x(), this.shapeOf(output));
    }
  }

  private operand({ inputs }: TfliteOperator, i: number): TfliteTensor {
    const tensor = this.model.tensors[inputs[i] ?? -1];
    if (!tensor) throw new InputError(`its operand ${i} is missing`);
    return tensor;
  }

  /** Whole numbers that say how: axes, margins. */
  private integers(operator: TfliteOperator, i: number): number[] {
    const { data, type, title } = this.operand(operator, i);
    if (!data || !['int32', 'int64'].includes(type))
      throw new InputError(`${title} is not constant and whole`);
    return Array.from(toFloat32(data, type));
  }

  /** A constant operand as real numbers. */
  private constantOf(operator: TfliteOperator, i: number): Value {
    const tensor = this.operand(operator, i);
    const data = this.dequantized(tensor);
    const { shape } = tensor;
    if (shape.length !== 4) return constant({ shape, data });
    return constant(permuted({ shape, data }, [0, 3, 1, 2]));
  }

  private dequantized({ data, type, shape, title, quantization }: TfliteTensor): Float32Array {
    if (!data) throw new InputError(`${title} is not constant`);
    this.allowance.spend(2 * 4 * elementCount(shape));
    const numbers = toFloat32(data, type);
    if (!quantization) {
      if (type.startsWith('float')) return numbers;
      throw new InputError(`${title} holds ${type} without a scale`);
    }
    const { scales, zeroPoints, axis } = quantization;
    const inner = scales.length === 1 ? Number.POSITIVE_INFINITY : elementCount(shape.slice(axis + 1));
    return numbers.map((number, i) => {
      const place = Math.floor(i / inner) % scales.length;
      return (number - zeroPoints[place]!) * scales[place]!;
    });
  }

  private weight(name: string, tensor: Tensor): Value {
    this.parameters.set(name, tensor);
    return parameter(name, tensor.shape);
  }

  /** A layer's bias, which may be left out. */
  private biasOf(operator: TfliteOperator, name: string): Value | undefined {
    if ((operator.inputs[2] ?? -1) === -1) return undefined;
    const tensor = this.operand(operator, 2);
    return this.weight(name, { shape: tensor.shape, data: this.dequantized(tensor) });
  }

  private convolved(operator: TfliteOperator, x: Value): Value {
    const isDepthwise = operator.name === 'DEPTHWISE_CONV_2D';
    const { options } = operator;
    const tensor = this.operand(operator, 1);
    if (x.shape.length !== 4 || tensor.shape.length !== 4)
      throw new InputError('expects maps and a weight of 4 axes');
    const name = `convolutions.${this.counts.convolutions++}`;
    // [O, h, w, C / groups], or [1, h, w, O] of as many groups as channels
    const order = isDepthwise ? [3, 0, 1, 2] : [0, 3, 1, 2];
    const numbers = { shape: tensor.shape, data: this.dequantized(tensor) };
    const weight = this.weight(`${name}.weight`, permuted(numbers, order));
    const bias = this.biasOf(operator, `${name}.bias`);
    const stride = [options?.int32(2) ?? 0, options?.int32(1) ?? 0] as const;
    const [down, right] = isDepthwise ? [6, 5] : [5, 4];
    const dilation = [options?.int32(down, 1) ?? 1, options?.int32(right, 1) ?? 1] as const;
    if ([...stride, ...dilation].some((size) => size < 1)) throw new InputError('its strides are not from 1');
    const reach = ([0, 1] as const).map((i) => dilation[i] * (weight.shape[2 + i]! - 1) + 1);
    const margins = marginsOf(x, paddingOf(options?.uint8(0) ?? 0), reach, stride);
    const groups = x.shape[1]! / weight.shape[1]!;
    if (!Number.isInteger(groups)) throw new InputError(`its channels ${x.shape[1]} do not suit its weight`);
    const y = convolution(pad(x, margins), weight, { stride, dilation, groups, ...(bias && { bias }) });
    return limited(y, options?.uint8(isDepthwise ? 4 : 3) ?? 0, this.model.tensors[operator.output]!);
  }

  private connected(operator: TfliteOperator, x: Value): Value {
    const { options } = operator;
    if ((options?.uint8(1) ?? 0) !== 0) throw new InputError('its weights are shuffled, which is not read');
    if ((options?.uint8(2) ?? 0) !== 0 && x.shape.length !== 2)
      throw new InputError('it keeps axes, which is not read');
    const name = `linears.${this.counts.linears++}`;
    const tensor = this.operand(operator, 1);
    if (tensor.shape.length !== 2) throw new InputError('expects a weight of 2 axes');
    const weight = this.weight(`${name}.weight`, { shape: tensor.shape, data: this.dequantized(tensor) });
    const bias = this.biasOf(operator, `${name}.bias`);
    const features = weight.shape[1]!;
    return linear(reshaped(x, [elementCount(x.shape) / features, features]), weight, bias);
  }

  private mean(operator: TfliteOperator, x: Value): Value {
    const rank = x.shape.length;
    const axes = this.integers(operator, 1).map((axis) => axisOf(axis, rank));
    const keep = (operator.options?.uint8(0) ?? 0) !== 0;
    if (rank === 4 && !keep && String(axes) !== '2,3')
      throw new InputError('means over places of maps are read');
    return reduceMean(x, axes, keep);
  }

  private padded(operator: TfliteOperator, x: Value): Value {
    const sizes = this.integers(operator, 1);
    const margins = x.shape.map((_, axis) => sizes.slice(2 * axis, 2 * axis + 2));
    if (sizes.length !== 2 * x.shape.length) throw new InputError('its margins are not two for each axis');
    return pad(x, x.shape.length === 4 ? [margins[0]!, margins[3]!, margins[1]!, margins[2]!] : margins);
  }
}

/** An axis as the file counts it, also from the last one, in the order that the values have. */
function axisOf(axis: number, rank: number): number {
  const counted = axis < 0 ? axis + rank : axis;
  if (!(counted >= 0 && counted < rank)) throw new InputError(`it has no axis ${axis}`);
  return rank === 4 ? [0, 2, 3, 1][counted]! : counted;
}

/** Operands of which one may be a number, or one per channel of maps, which come last in the file. */
function aligned(a: Value, b: Value): [Value, Value] {
  const [rank, other] = [a.shape.length, b.shape.length];
  if (rank === other) return [a, b];
  const perChannel = (x: Value) => {
    if (x.shape.length > 1) throw new InputError(`[${a.shape}] with [${b.shape}] is not read`);
    return Math.max(rank, other) === 4 ? reshape(x, [1, x.shape[0] ?? 1, 1, 1]) : x;
  };
  return rank < other ? [perChannel(a), b] : [a, perChannel(b)];
}

function paddingOf(number: number): 'SAME' | 'VALID' {
  if (number > 1) throw new InputError(`its padding has number ${number}; SAME and VALID are read`);
  return number === 1 ? 'VALID' : 'SAME';
}

function pooled({ name, options }: TfliteOperator, x: Value): Value {
  if (x.shape.length !== 4 || !options) throw new InputError('expects maps and a window');
  const stride = [options.int32(2), options.int32(1)] as const;
  const kernel = [options.int32(4), options.int32(3)] as const;
  if ([...stride, ...kernel].some((size) => size < 1)) throw new InputError('its windows are not from 1');
  const margins = marginsOf(x, paddingOf(options.uint8(0)), kernel, stride);
  if (name === 'MAX_POOL_2D') return maxPool(pad(x, margins, -3e38), { kernel, stride });
  if (margins.flat().some((size) => size > 0)) throw new InputError('an average over margins is not read');
  return averagePool(x, { kernel, stride });
}

/** Numbers of the schema's ActivationFunctionType, as ranges. */
const activations: Readonly<Record<number, readonly [number, number]>> = {
  0: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  1: [0, Number.POSITIVE_INFINITY],
  2: [-1, 1],
  3: [0, 6],
};
const wholeRanges: Readonly<Record<string, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  int16: [-32768, 32767],
};

/** A value within the range of its activation, and of what its tensor can hold. */
function limited(value: Value, activation: number, { type, quantization }: TfliteTensor): Value {
  const range = activations[activation];
  if (!range) throw new InputError(`its activation has number ${activation}; RELU, RELU6 and ±1 are read`);
  let [lowest, highest] = range;
  const whole = wholeRanges[type];
  if (quantization && whole) {
    const [scale, zero] = [quantization.scales[0]!, quantization.zeroPoints[0]!];
    lowest = Math.max(lowest, (whole[0] - zero) * scale);
    highest = Math.min(highest, (whole[1] - zero) * scale);
  }
  if (lowest === Number.NEGATIVE_INFINITY) return value;
  return highest === Number.POSITIVE_INFINITY ? relu(value) : clip(value, lowest, highest);
}
