// Rows that are moved, for ONNX Runtime's CPU provider. Of two exchanges of axes in turn, one within rows and one of whole
// rows, it makes one that moves single numbers, which takes three times as long: so the rows are looked up.
import { elementCount } from '../support/tensor.ts';
import { reshapeOperation, transpose, transposeOperation } from './arrays.ts';
import { constant } from './leaves.ts';
import type { OnnxGraph } from './onnx.ts';
import type { Shape } from './shape.ts';
import { isA, type Lowering, type Value } from './value.ts';

/** An exchange of axes that keeps the last one. */
export function rowsExchanged(
  onnx: OnnxGraph,
  name: string,
  shape: Shape,
  permutation: readonly number[],
): string {
  const outer = shape.slice(0, -1);
  const count = elementCount(outer);
  const numbers = Float64Array.from({ length: count }, (_, row) => row);
  const order = transpose(constant({ shape: outer, data: numbers }), permutation.slice(0, -1));
  const rows = onnx.node('Reshape', [name, onnx.integers([count, shape.at(-1)!])]);
  const looked = onnx.node('Gather', [rows, onnx.integers([...order.operation.reference(order, [numbers])])]);
  return onnx.node('Reshape', [looked, onnx.integers([...order.shape, shape.at(-1)!])]);
}

/** What is behind reshapes. */
const shaped = (value: Value): Value => (isA(value, reshapeOperation) ? shaped(value.inputs[0]!) : value);

/** The values that are exchanged by one of these, if through reshapes. */
export function exchangedBy(values: readonly Value[]): ReadonlySet<Value> {
  return new Set(
    values.filter((value) => isA(value, transposeOperation)).map(({ inputs: [x] }) => shaped(x!)),
  );
}

/** Shorter rows are as soon moved number by number. */
const leastRow = 16;

/** Of an exchange that keeps the last axis, beside another one; `exchanged` says what is exchanged again. */
export function movedRows(value: Value, exchanged: ReadonlySet<Value>): Lowering | undefined {
  if (!isA(value, transposeOperation)) return;
  const [x] = value.inputs as [Value];
  const { permutation } = value.attributes;
  if (permutation.at(-1) !== permutation.length - 1 || x.shape.at(-1)! < leastRow) return;
  if (!(isA(shaped(x), transposeOperation) || exchanged.has(value))) return;
  return { nodes: ([name], onnx) => rowsExchanged(onnx, name!, x.shape, permutation) };
}
