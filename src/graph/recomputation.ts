// Less memory for some time: gradients that compute a part of the forward pass again (Pleiss et al. 2017, "Memory-Efficient
// Implementation of DenseNets").
import { concatOperation } from './arrays.ts';
import { reluOperation, subtractOperation } from './elementwise.ts';
import { batchNormOperation } from './normalization.ts';
import { apply, isA, type Operation, ordered, type Value } from './value.ts';

/**
 * A value of the forward pass, to be computed with again. As another value with other nodes, which copy nothing, it keeps
 * what is computed from it apart from the same in the forward pass: neither `share` nor ONNX Runtime makes one of both.
 */
export const keptOperation: Operation<Record<string, never>> = {
  name: 'kept',
  shape: ([x]) => x!,
  reference: (_, [x]) => x!,
  lower: ({ shape }, [x], onnx) => onnx.node('Reshape', [x!, onnx.integers(shape)]),
};

/** What makes large arrays at little cost: laying features side by side, batch norms, deviations from the mean of a batch. */
const cheap: ReadonlySet<Operation> = new Set<Operation>([
  concatOperation,
  batchNormOperation,
  subtractOperation,
]);

/**
 * The same gradients, that need less of the forward pass: in place of large arrays that cost little, and the ReLUs of these,
 * they depend on copies, which are computed when the first gradient needs them. Convolutions and pools are kept.
 */
export function recomputed(loss: Value, gradients: readonly Value[]): Value[] {
  const forward = new Set(ordered([loss]));
  const copies = new Map<Value, Value>();
  const results = new Map<Value, Value>();
  for (const value of ordered(gradients)) {
    const ofCopy = isA(value, reluOperation) && copies.has(value.inputs[0]!);
    if (!forward.has(value)) {
      results.set(value, { ...value, inputs: value.inputs.map((input) => results.get(input)!) });
    } else if (cheap.has(value.operation) || ofCopy) {
      const inputs = value.inputs.map((input) => copies.get(input) ?? apply(keptOperation, [input], {}));
      copies.set(value, { ...value, inputs });
      results.set(value, copies.get(value)!);
    } else results.set(value, value);
  }
  return gradients.map((value) => results.get(value)!);
}
