// Convolutions of bytes as products of matrices, for processors that multiply tiles of bytes (Intel's AMX): ONNX Runtime
// has its products use them, but not its convolutions that gather bytes while they multiply.
import { elementCount } from '../support/tensor.ts';
import { byteConvolutionOperation } from './bytes.ts';
import { constant, constantOperation } from './leaves.ts';
import type { Rule } from './rewrites.ts';
import { apply, isA } from './value.ts';

/** Below so many outputs or products for each, gathering the bytes first takes longer than multiplying them. */
const leastOutputs = 96;
const leastProducts = 256;

/**
 * Moves the byte that stands for 0 in the weights to −1, and each of them, of −127 … 127, with it: ONNX Runtime gathers
 * first and multiplies then where that byte is not 0. The numbers stay the same.
 */
export const byByteProducts: Rule = (value) => {
  if (!isA(value, byteConvolutionOperation) || value.attributes.weightZero !== 0) return;
  const [bytes, weight, ...others] = value.inputs;
  const [outputs, ...window] = weight!.shape;
  const isWorth = outputs! >= leastOutputs && elementCount(window) >= leastProducts;
  if (value.attributes.groups !== 1 || !isWorth || !isA(weight!, constantOperation)) return;
  const bytesOfWeight = weight.attributes.data;
  const data = new Int8Array(bytesOfWeight.length);
  for (let i = 0; i < data.length; i++) data[i] = bytesOfWeight[i]! - 1; // a loop, for there are millions
  const moved = constant({ shape: weight.shape, data });
  return apply(byteConvolutionOperation, [bytes!, moved, ...others], { ...value.attributes, weightZero: -1 });
};
