// An expression as plain data, for programs that compute it by other means.
import { ordered, type Value } from './value.ts';

/** One operation: its name in the table of operations, and from which nodes before it it is computed. */
export interface DescribedNode {
  readonly operation: string;
  readonly inputs: readonly number[];
  /** Those of the operation, and of an input, a parameter or a constant its name, shape and numbers. */
  readonly attributes: unknown;
}

/** An expression: nodes, each after those it needs, and which of them are outputs. */
export interface DescribedGraph {
  readonly nodes: readonly DescribedNode[];
  readonly outputs: Readonly<Record<string, number>>;
}

/** Outputs and all they depend on, as they were written: no rewrites, ready for JSON. */
export function describeGraph(outputs: Readonly<Record<string, Value>>): DescribedGraph {
  const order = ordered(Object.values(outputs));
  const numbers = new Map(order.map((value, number) => [value, number]));
  return {
    nodes: order.map(({ operation, inputs, attributes }) => ({
      operation: operation.name,
      inputs: inputs.map((input) => numbers.get(input)!),
      attributes: plain(attributes),
    })),
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, value]) => [name, numbers.get(value)!] as const),
    ),
  };
}

/** Typed arrays as lists, which JSON has. */
function plain(attributes: unknown): unknown {
  const entries = Object.entries(attributes as Record<string, unknown>);
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<number>) : value,
    ]),
  );
}
