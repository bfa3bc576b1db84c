// Passes that turn an expression into one of the same numbers that computes faster.
import { elementCount, type Tensor } from '../support/tensor.ts';
import { concat, concatOperation, reshape, reshapeOperation } from './arrays.ts';
import { convolution, convolutionInputGradientOperation, convolutionOperation } from './convolution.ts';
import {
  add,
  addOperation,
  divide,
  divideOperation,
  multiply,
  multiplyOperation,
  relu,
  reluOperation,
  sqrt,
  stepOperation,
  subtract,
  subtractOperation,
} from './elementwise.ts';
import { constant, constantOperation, parameterOperation } from './leaves.ts';
import { batchNormOperation } from './normalization.ts';
import {
  averagePool,
  averagePoolGradientOperation,
  averagePoolOperation,
  maxPoolOperation,
} from './pooling.ts';
import { shapeText } from './shape.ts';
import { apply, isA, type Operation, ordered, type Value } from './value.ts';

/** Whether nothing else needs a value. */
export type UsedOnce = (input: Value) => boolean;

/** What a value becomes, if anything. */
export type Rule = (value: Value, usedOnce: UsedOnce) => Value | undefined;

/** Applies a rule to everything that some values depend on, inputs first; returns what the values become. */
export function rewrite(outputs: readonly Value[], rule: Rule): Value[] {
  const order = ordered(outputs);
  const uses = new Map<Value, number>();
  for (const value of [...order.flatMap(({ inputs }) => inputs), ...outputs])
    uses.set(value, (uses.get(value) ?? 0) + 1);
  const results = new Map<Value, Value>();
  const origin = new Map<Value, Value>();
  const usedOnce = (input: Value) => uses.get(origin.get(input) ?? input) === 1;
  for (const value of order) {
    const inputs = value.inputs.map((input) => results.get(input)!);
    const current = inputs.some((input, i) => input !== value.inputs[i]) ? { ...value, inputs } : value;
    origin.set(current, value);
    const result = rule(current, usedOnce) ?? current;
    if (!origin.has(result)) origin.set(result, value);
    results.set(value, result);
  }
  return outputs.map((value) => results.get(value)!);
}

/** Makes a rule that computes equal expressions once. */
export function share(): Rule {
  const known = new Map<string, Value>();
  const numbers = new Map<Value, number>();
  return (value) => {
    const { operation, attributes, inputs } = value;
    const data = isA(value, constantOperation) ? value.attributes.data : undefined;
    // A large array is equal only to itself: comparing numbers costs more than it saves.
    const content = data
      ? data.length > 64
        ? numbers.size
        : [value.shape, typeOf(data), Array.from(data)]
      : attributes;
    const key = JSON.stringify([operation.name, content, inputs.map((input) => numbers.get(input))]);
    const same = known.get(key) ?? value;
    known.set(key, same);
    if (!numbers.has(same)) numbers.set(same, numbers.size);
    return same;
  };
}

/** Parameters that are given become constants. */
export function bind(parameters: ReadonlyMap<string, Tensor>): Rule {
  return (value) => {
    if (!isA(value, parameterOperation)) return;
    const { name, shape } = value.attributes;
    const tensor = parameters.get(name);
    if (tensor && String(tensor.shape) !== String(shape))
      throw new TypeError(`parameter '${name}' is ${shapeText(shape)}, got ${shapeText(tensor.shape)}`);
    return tensor && constant(tensor);
  };
}

/** Operations that read each number where it is needed: of what they are given float32 need not be copied as float64. */
const readInPlace: ReadonlySet<Operation> = new Set<Operation>([
  addOperation,
  subtractOperation,
  multiplyOperation,
  divideOperation,
]);

/** What depends on constants alone is computed now, unless the result is larger than what it is computed from. */
export const foldConstants: Rule = (value) => {
  const { inputs, operation, shape } = value;
  if (inputs.length === 0 || !inputs.every((input) => isA(input, constantOperation))) return;
  if (elementCount(shape) > Math.max(...inputs.map((input) => elementCount(input.shape)))) return;
  const [first] = inputs;
  // moved about, numbers stay in their type
  if (isA(value, reshapeOperation) && isA(first!, constantOperation))
    return constant({ shape, data: first.attributes.data });
  const data = inputs.map((input) =>
    readInPlace.has(operation) && isA(input, constantOperation)
      ? (input.attributes.data as Float64Array)
      : input.operation.reference(input, []),
  );
  return constant({ shape, data: operation.reference(value, data) });
};

/** A batch norm with given statistics after a convolution only scales its weight and moves its bias. */
export const foldBatchNorm: Rule = (value, usedOnce) => {
  if (!isA(value, batchNormOperation)) return;
  const [before, scale, bias, mean, variance] = value.inputs as [Value, Value, Value, Value, Value];
  const frozen = mean.inputs.length === 0 && variance.inputs.length === 0;
  if (!isA(before, convolutionOperation) || !frozen || !usedOnce(before)) return;
  const [x, weight, oldBias] = before.inputs;
  const slope = divide(scale, sqrt(add(variance, value.attributes.epsilon)));
  const offset = oldBias ? subtract(oldBias, mean) : multiply(mean, -1);
  return convolution(x!, multiply(weight!, reshape(slope, [slope.shape[0]!, 1, 1, 1])), {
    ...before.attributes,
    bias: add(multiply(offset, slope), bias),
  });
};

/** Averages commute with a 1×1 convolution, which is cheaper on the smaller map. */
export const poolBeforePointwise: Rule = (value, usedOnce) => {
  if (!isA(value, averagePoolOperation)) return;
  const [before] = value.inputs as [Value];
  if (!isA(before, convolutionOperation) || !usedOnce(before)) return;
  const [x, weight, bias] = before.inputs;
  const { stride, padding } = before.attributes;
  const pointwise = weight!.shape[2]! * weight!.shape[3]! === 1 && String([stride, padding]) === '1,1,0,0';
  if (!pointwise) return;
  return convolution(averagePool(x!, value.attributes), weight!, {
    ...before.attributes,
    ...(bias && { bias }),
  });
};

/** The largest of some values is positive if one of them is: a ReLU does as well after a max pool, on a smaller map. */
export const poolBeforeRelu: Rule = (value, usedOnce) => {
  const [before] = value.inputs;
  if (!isA(value, maxPoolOperation) || !isA(before!, reluOperation) || !usedOnce(before)) return;
  return relu(apply(maxPoolOperation, before.inputs, value.attributes));
};

/** A concatenation of concatenations is one; the inner ones then need not wait for it. */
export const flattenConcat: Rule = (value) => {
  if (!isA(value, concatOperation)) return;
  const { axis } = value.attributes;
  const parts = value.inputs.flatMap((input) =>
    isA(input, concatOperation) && input.attributes.axis === axis ? input.inputs : [input],
  );
  return parts.length > value.inputs.length ? concat(parts, axis) : undefined;
};

/** What is done to every expression, also before it is differentiated: its gradient then has the benefit too. */
export const beforeGradients: readonly Rule[] = [foldBatchNorm, poolBeforePointwise, poolBeforeRelu];

/**
 * A gradient that passed back through a convolution, scaled by scaling the weight, which is much smaller.
 *
 * @param factor one number, or one per channel [C, 1, 1].
 */
export function scaledByWeight(value: Value, factor: Value, usedOnce: UsedOnce): Value | undefined {
  if (!usedOnce(value)) return;
  const [first, second] = value.inputs as [Value, Value];
  if (isA(value, convolutionInputGradientOperation) && value.attributes.groups === 1)
    return apply(convolutionInputGradientOperation, [first, scaledWeight(second, factor)], value.attributes);
  const through =
    isA(value, averagePoolGradientOperation) || (isA(value, multiplyOperation) && isA(second, stepOperation));
  const scaled = through && scaledByWeight(first, factor, usedOnce);
  return scaled ? apply(value.operation, [scaled, ...value.inputs.slice(1)], value.attributes) : undefined;
}

function scaledWeight(weight: Value, factor: Value): Value {
  const [inner, before] = weight.inputs;
  const small =
    before && factor.shape.length === 0 && elementCount(before.shape) < elementCount(weight.shape);
  if (isA(weight, multiplyOperation) && small) return multiply(inner!, multiply(before, factor));
  return multiply(weight, factor);
}

/** A batch norm's slope, which its gradient is multiplied with, goes into the weight of the convolution after it. */
export const slopeIntoWeight: Rule = (value, usedOnce) => {
  const [gradient, slope] = value.inputs;
  const perChannel = slope?.shape.length === 3 && slope.shape[1] === 1 && slope.shape[2] === 1;
  if (isA(value, multiplyOperation) && perChannel) return scaledByWeight(gradient!, slope, usedOnce);
  return;
};

/** What an array's numbers are kept as. */
function typeOf(data: ArrayLike<number>): string {
  return Object.prototype.toString.call(data);
}
