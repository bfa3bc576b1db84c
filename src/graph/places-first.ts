// Maps as [H, W, N, C]: a rule that keeps values in this layout from one that gives it to one that takes it.
import { reduceSum, reduceSumOperation, transpose, transposeOperation } from './arrays.ts';
import { add, addOperation, multiplyOperation, reluOperation, stepOperation } from './elementwise.ts';
import { tinyStepOperation } from './masks.ts';
import { maxPoolGradientOperation, maxPoolOperation } from './pooling.ts';
import { canPoolPlacesFirst, pooledPlacesFirst, poolGradientPlacesFirst } from './pooling-places-first.ts';
import type { Rule } from './rewrites.ts';
import { apply, isA, type Operation, type Value } from './value.ts';

// Two steps, each of which moves one axis: many times faster than both at once.
const first = [
  [0, 2, 3, 1],
  [1, 2, 0, 3],
] as const;
const last = [
  [2, 0, 1, 3],
  [0, 3, 1, 2],
] as const;

/** [N, C, H, W] → [H, W, N, C]. */
export const placesFirst = (map: Value): Value => transpose(transpose(map, first[0]), first[1]);

/** [H, W, N, C] → [N, C, H, W]. */
export const placesLast = (map: Value): Value => transpose(transpose(map, last[0]), last[1]);

/** What was transposed in these two steps, where a value is their result. */
function before(value: Value, [one, two]: typeof first | typeof last): Value | undefined {
  const [middle] = value.inputs;
  const moved = (of: Value | undefined, axes: readonly number[]) =>
    of && isA(of, transposeOperation) && String(of.attributes.permutation) === String(axes);
  return moved(value, two) && moved(middle, one) ? middle!.inputs[0] : undefined;
}

const elementwise: ReadonlySet<Operation> = new Set<Operation>([
  addOperation,
  multiplyOperation,
  reluOperation,
  stepOperation,
  tinyStepOperation,
]);

/** Exchanges of axes move outwards, towards the outputs, until they meet another, which undoes them. */
export const placesFirstRule: Rule = (value) => {
  const inner = value.inputs.map((input) => before(input, last));
  const [x] = inner;
  const turned = before(value, first);
  if (turned && before(turned, last)) return before(turned, last);
  if (elementwise.has(value.operation)) {
    const given = value.inputs.map((input, i) => inner[i] ?? (input.shape.length === 0 ? input : undefined));
    if (inner.some(Boolean) && given.every((input) => input !== undefined))
      return placesLast(apply(value.operation, given, value.attributes));
  }
  if (
    x &&
    isA(value, reduceSumOperation) &&
    String(value.attributes.axes) === '0,2,3' &&
    !value.attributes.keep
  )
    return reduceSum(x, [0, 1, 2]);
  if (x && isA(value, maxPoolOperation) && canPoolPlacesFirst(value.attributes)) {
    // The same number added to all elements of a channel is added to fewer of them afterwards.
    const [map, bias] = withoutBias(x);
    const { pooled } = pooledPlacesFirst(map, value.attributes);
    return placesLast(bias ? add(pooled, bias) : pooled);
  }
  if (x && isA(value, maxPoolGradientOperation) && canPoolPlacesFirst(value.attributes)) {
    const [map] = withoutBias(x);
    const dy = inner[2] ?? placesFirst(value.inputs[2]!);
    return placesLast(poolGradientPlacesFirst(map, dy, value.attributes));
  }
  return;
};

/** A map to which a number is added for each channel. */
function withoutBias(map: Value): [map: Value, bias?: Value] {
  const [x, bias] = map.inputs;
  return isA(map, addOperation) && bias!.shape.length === 1 ? [x!, bias!] : [map];
}
