// Where values come from: inputs of a run, parameters of a network, constants.
import { elementCount, type Tensor } from '../support/tensor.ts';
import { type Shape, shapeText } from './shape.ts';
import { apply, type Operation, ordered, type Value } from './value.ts';

export interface InputAttributes {
  readonly name: string;
  readonly shape: Shape;
}

export interface ParameterAttributes extends InputAttributes {
  readonly trainable: boolean;
}

/** A parameter, which carries its name where the caller needs it. */
export interface ParameterValue extends Value<ParameterAttributes> {
  readonly name: string;
  readonly trainable: boolean;
}

function leaf<A extends InputAttributes>(name: string): Operation<A> {
  return {
    name,
    shape: (_, { name: label, shape }) => {
      if (shape.some((size) => !Number.isInteger(size) || size < 1))
        throw new TypeError(`${name} '${label}': sizes must be positive integers, got ${shapeText(shape)}`);
      return shape;
    },
    reference: (value) => {
      throw new Error(`internal: no array was given for ${name} '${value.attributes.name}'`);
    },
  };
}

export const inputOperation: Operation<InputAttributes> = leaf('input');
export const parameterOperation: Operation<ParameterAttributes> = leaf('parameter');

export const constantOperation: Operation<{ shape: Shape; data: ArrayLike<number> }> = {
  name: 'constant',
  shape: (_, { shape, data }) => {
    if (data.length !== elementCount(shape))
      throw new TypeError(`constant: ${data.length} numbers do not fill ${shapeText(shape)}`);
    return shape;
  },
  reference: ({ attributes: { data } }) => (data instanceof Float64Array ? data : new Float64Array(data)),
  lower: ({ attributes: { data, shape } }, _, onnx) => {
    const whole = data instanceof Uint8Array || data instanceof Int8Array || data instanceof Int32Array;
    return whole ? onnx.wholes(data, shape) : onnx.floats(data, shape);
  },
};

/** An array given with every run. */
export function input(name: string, shape: Shape): Value {
  return apply(inputOperation, [], { name, shape });
}

/** A named array of the network; `trainable: false` for a running average. */
export function parameter(
  name: string,
  shape: Shape,
  { trainable = true }: { trainable?: boolean } = {},
): ParameterValue {
  return { ...apply(parameterOperation, [], { name, shape, trainable }), name, trainable };
}

/** A number (of shape []), or a tensor, that never changes. What is given in a whole-number array stays in its type. */
export function constant(content: number | Tensor | { shape: Shape; data: ArrayLike<number> }): Value {
  const { shape, data } = typeof content === 'number' ? { shape: [], data: [content] } : content;
  return apply(constantOperation, [], { shape, data });
}

/** The parameters that the outputs depend on, each name once, in order of use. */
export function parametersOf(outputs: Value | readonly Value[] | Record<string, Value>): ParameterValue[] {
  const roots = 'operation' in outputs ? [outputs as Value] : Object.values(outputs as readonly Value[]);
  const byName = new Map<string, ParameterValue>();
  for (const value of ordered(roots))
    if (value.operation.name === 'parameter') {
      const found = value as ParameterValue;
      const known = byName.get(found.name);
      if (known && String(known.shape) !== String(found.shape))
        throw new TypeError(
          `parameter '${found.name}' is used as ${shapeText(known.shape)} and as ${shapeText(found.shape)}`,
        );
      if (!known) byName.set(found.name, found);
    }
  return [...byName.values()];
}
