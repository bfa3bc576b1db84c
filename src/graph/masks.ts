// The gradient of a ReLU, as ONNX Runtime's CPU provider computes it fast.
import { multiply, multiplyOperation, stepOperation } from './elementwise.ts';
import { constant } from './leaves.ts';
import { type Rule, scaledByWeight } from './rewrites.ts';
import { apply, isA, type Operation } from './value.ts';

/**
 * 2⁻⁶⁴ where x > 0, else 0: what one Clip can do, where `step` takes a Mul and a Clip.
 * Activations below 2⁻⁶⁴ and gradients above 2⁶³ do not occur.
 */
export const tinyStepOperation: Operation<Record<string, never>> = {
  name: 'tinyStep',
  shape: ([x]) => x!,
  reference: (_, [x]) => x!.map((value) => (value > 0 ? 2 ** -64 : 0)),
  lower: (_, [x], onnx) => onnx.node('Clip', [x!, onnx.floats([0], []), onnx.floats([2 ** -64], [])]),
};

/** The gradient of a ReLU, where a weight can make up for a `tinyStep`. */
export const maskByClip: Rule = (value, usedOnce) => {
  const [gradient, mask] = value.inputs;
  if (!isA(value, multiplyOperation) || !mask || !isA(mask, stepOperation)) return;
  const scaled = scaledByWeight(gradient!, constant(2 ** 64), usedOnce);
  return scaled && multiply(scaled, apply(tinyStepOperation, mask.inputs, {}));
};
