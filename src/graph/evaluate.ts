import { elementCount } from '../support/tensor.ts';
import type { InputAttributes } from './leaves.ts';
import { type Shape, shapeText } from './shape.ts';
import { ordered, type Value } from './value.ts';

/** A float64 array in row-major order. */
export interface Array64 {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/**
 * Computes the outputs in float64 by each operation's reference: slow, and the oracle of the tests.
 *
 * @param feeds arrays for the inputs and parameters, by name.
 */
export function evaluate<Name extends string>(
  outputs: Record<Name, Value>,
  feeds: Readonly<Record<string, { shape: Shape; data: ArrayLike<number> }>> = {},
): Record<Name, Array64> {
  const results = new Map<Value, Float64Array>();
  for (const value of ordered(Object.values<Value>(outputs))) {
    const { name } = value.attributes as Partial<InputAttributes>;
    const feed = name === undefined ? undefined : feeds[name];
    if (feed && (String(feed.shape) !== String(value.shape) || feed.data.length !== elementCount(feed.shape)))
      throw new TypeError(`evaluate: '${name}' is ${shapeText(value.shape)}, got ${shapeText(feed.shape)}`);
    const inputs = value.inputs.map((input) => results.get(input)!);
    results.set(value, feed ? Float64Array.from(feed.data) : value.operation.reference(value, inputs));
  }
  const arrays = Object.entries<Value>(outputs).map(([name, value]) => [
    name,
    { shape: value.shape, data: results.get(value)! },
  ]);
  return Object.fromEntries(arrays) as Record<Name, Array64>;
}
