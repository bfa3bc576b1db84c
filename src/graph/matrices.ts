import { elementCount } from '../support/tensor.ts';
import { transpose } from './arrays.ts';
import { add, broadcastIndices, broadcastShape } from './elementwise.ts';
import { shapeText } from './shape.ts';
import { apply, type Operation, type Value } from './value.ts';

export const matMulOperation: Operation<Record<string, never>> = {
  name: 'matMul',
  shape: ([a, b]) => {
    if (a!.length < 2 || b!.length < 2 || a!.at(-1) !== b!.at(-2))
      throw new TypeError(
        `matMul: ${shapeText(a!)} × ${shapeText(b!)}: columns of the first must match rows of the second`,
      );
    return [...broadcastShape('matMul', a!.slice(0, -2), b!.slice(0, -2)), a!.at(-2)!, b!.at(-1)!];
  },
  reference: ({ shape, inputs }, [a, b]) => {
    const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
    const inner = inputs[0]!.shape.at(-1)!;
    const batch = shape.slice(0, -2);
    const [ofA, ofB] = inputs.map((input) => broadcastIndices(input.shape.slice(0, -2), batch));
    const y = new Float64Array(elementCount(shape));
    for (let n = 0; n < ofA!.length; n++)
      for (let i = 0; i < rows; i++)
        for (let k = 0; k < inner; k++) {
          const left = a![(ofA![n]! * rows + i) * inner + k]!;
          const row = (ofB![n]! * inner + k) * columns;
          const to = (n * rows + i) * columns;
          for (let j = 0; j < columns; j++) y[to + j]! += left * b![row + j]!;
        }
    return y;
  },
  gradient: ({ inputs: [a, b] }, dy) => [matMul(dy, transposed(b!)), matMul(transposed(a!), dy)],
  lower: (_, inputs, onnx) => onnx.node('MatMul', inputs),
};

/** The last two axes exchanged. */
export function transposed(x: Value): Value {
  const axes = x.shape.map((_, axis) => axis);
  return transpose(x, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
}

/** [..., rows, inner] × [..., inner, columns] → [..., rows, columns]; leading axes broadcast. */
export function matMul(a: Value, b: Value): Value {
  return apply(matMulOperation, [a, b], {});
}

/** A fully connected layer: x [N, in], weight [out, in], bias [out] → [N, out]. */
export function linear(x: Value, weight: Value, bias?: Value): Value {
  if (x.shape.length !== 2 || weight.shape.length !== 2 || x.shape[1] !== weight.shape[1])
    throw new TypeError(
      `linear: weight ${shapeText(weight.shape)} expects ${weight.shape[1]} features, got ${shapeText(x.shape)}`,
    );
  const y = matMul(x, transposed(weight));
  return bias ? add(y, bias) : y;
}
