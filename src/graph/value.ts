import type { OnnxGraph } from './onnx.ts';
import type { Shape } from './shape.ts';

/** One array in a computation: what computes it, from which others. Immutable; a network is an expression of these. */
export interface Value<Attributes = unknown> {
  readonly operation: Operation<Attributes>;
  readonly inputs: readonly Value[];
  readonly attributes: Attributes;
  readonly shape: Shape;
}

/** One row of the operation table: everything known about one operation. */
export interface Operation<Attributes = unknown> {
  readonly name: string;
  /** The result's shape; throws a TypeError that names the shapes when they do not fit. */
  shape(inputs: readonly Shape[], attributes: Attributes): Shape;
  /** The result in float64, written to be read: the oracle of every test, and what constants are folded with. */
  reference(value: Value<Attributes>, inputs: readonly Float64Array[]): Float64Array;
  /** The loss's gradient by each input, given that by the result; broadcasting may be left to the caller. */
  gradient?(value: Value<Attributes>, dy: Value): readonly (Value | undefined)[];
  /** The same as standard ONNX nodes; returns the name of the result. */
  lower?(value: Value<Attributes>, inputs: readonly string[], onnx: OnnxGraph): string;
  /** The same in terms of other operations, for an operation without `lower`. */
  expand?(value: Value<Attributes>): Value;
}

/** Nodes in place of those that an operation has itself, from other values than its inputs if any are given. */
export interface Lowering {
  readonly inputs?: readonly Value[];
  nodes(inputs: readonly string[], onnx: OnnxGraph): string;
}

export function apply<A>(operation: Operation<A>, inputs: readonly Value[], attributes: A): Value<A> {
  const shape = operation.shape(
    inputs.map((input) => input.shape),
    attributes,
  );
  return { operation, inputs: [...inputs], attributes, shape };
}

export function isA<A>(value: Value, operation: Operation<A>): value is Value<A> {
  return value.operation === operation;
}

/** Every value the outputs depend on, each after its inputs, or after those that `inputsOf` says it needs instead. */
export function ordered(
  outputs: Iterable<Value>,
  inputsOf: (value: Value) => readonly Value[] = ({ inputs }) => inputs,
): Value[] {
  const order: Value[] = [];
  const seen = new Set<Value>();
  const stack: { value: Value; inputs: readonly Value[]; next: number }[] = [];
  const visit = (value: Value) => {
    if (seen.has(value)) return;
    seen.add(value);
    stack.push({ value, inputs: inputsOf(value), next: 0 });
  };
  for (const output of outputs) {
    visit(output);
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const input = top.inputs[top.next++];
      if (input) visit(input);
      else order.push(stack.pop()!.value);
    }
  }
  return order;
}
