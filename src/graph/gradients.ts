// The reverse walk: from the loss back to what it depends on.
import { elementCount } from '../support/tensor.ts';
import { broadcast, reduceSum, reshape } from './arrays.ts';
import { add } from './elementwise.ts';
import { constant } from './leaves.ts';
import { recomputed } from './recomputation.ts';
import { beforeGradients, rewrite } from './rewrites.ts';
import { type Shape, shapeText } from './shape.ts';
import { ordered, type Value } from './value.ts';

/**
 * The gradient of a loss by each of some values, as expressions to be evaluated with the loss.
 *
 * @param loss a value of one element.
 * @param recompute whether they compute batch norms and concatenations again, which takes less memory and more time.
 * @returns one value per entry of `by`, of the same shape; zeros where the loss does not depend on it.
 */
export function gradients(
  loss: Value,
  by: readonly Value[],
  { recompute = false }: { recompute?: boolean } = {},
): Value[] {
  if (elementCount(loss.shape) !== 1)
    throw new TypeError(`gradients: a loss is one number, got ${shapeText(loss.shape)}`);
  const [result, ...wanted] = beforeGradients.reduce(rewrite, [loss, ...by]);
  const gradientOf = walkBack(result!, wanted);
  const slopes = wanted.map((value) => gradientOf.get(value) ?? broadcast(constant(0), value.shape));
  return recompute ? recomputed(result!, slopes) : slopes;
}

function walkBack(loss: Value, wanted: readonly Value[]): Map<Value, Value> {
  const order = ordered([loss]);
  // What none of the wanted values reaches is frozen, and costs no backward pass.
  const reached = new Set(wanted);
  for (const value of order) if (value.inputs.some((input) => reached.has(input))) reached.add(value);

  const gradientOf = new Map([[loss, broadcast(constant(1), loss.shape)]]);
  for (const value of order.reverse()) {
    const dy = gradientOf.get(value);
    if (!dy || !value.inputs.some((input) => reached.has(input))) continue;
    if (!value.operation.gradient) throw new TypeError(`${value.operation.name} has no gradient`);
    value.operation.gradient(value, dy).forEach((given, i) => {
      const input = value.inputs[i];
      if (!input || !given || !reached.has(input)) return;
      const share = unbroadcast(given, input.shape);
      const sum = gradientOf.get(input);
      gradientOf.set(input, sum ? add(sum, share) : share);
    });
  }
  return gradientOf;
}

/** Where an input was stretched to the result's shape, its gradient is the sum over its copies. */
function unbroadcast(gradient: Value, shape: Shape): Value {
  const lead = gradient.shape.length - shape.length;
  const stretched = gradient.shape.flatMap((size, axis) =>
    size !== (axis < lead ? 0 : shape[axis - lead]) ? [axis] : [],
  );
  return stretched.length === 0 ? gradient : reshape(reduceSum(gradient, stretched), shape);
}
