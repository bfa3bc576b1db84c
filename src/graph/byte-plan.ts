// Which parts of a network can be computed in bytes, and what has to be known of them first.
import type { Tensor } from '../support/tensor.ts';
import { concatOperation } from './arrays.ts';
import { convolutionOperation } from './convolution.ts';
import { clipOperation, multiply, reluOperation } from './elementwise.ts';
import { parametersOf } from './leaves.ts';
import { batchNormOperation } from './normalization.ts';
import { averagePoolOperation, maxPool, maxPoolOperation } from './pooling.ts';
import { flattenConcat, foldBatchNorm, poolBeforePointwise, type Rule, rewrite } from './rewrites.ts';
import { isA, ordered, type Value } from './value.ts';

/**
 * Lowest and highest of each channel, [2, C], of what is kept in bytes: under the name of the weight of the convolution or
 * batch norm that it comes out of after a ReLU, with `signedOf` where there is none, or, with `inputOf`, of the
 * convolution that it goes into.
 */
export type Ranges = ReadonlyMap<string, Tensor>;

/** The name of the range of what goes into a convolution that no other one in bytes comes before. */
export const inputOf = (weight: string): string => `${weight}:input`;

// A max pool of bytes costs next to nothing, and a ReLU nothing if it follows its convolution: it stays there.
const before: readonly Rule[] = [foldBatchNorm, poolBeforePointwise, flattenConcat];
/** The name of the range of what comes out of a convolution or batch norm that no ReLU follows: another range than after one. */
export const signedOf = (weight: string): string => `${weight}:signed`;

/** Outputs in the form that plans are made of. */
export const prepared = (outputs: readonly Value[]): readonly Value[] => before.reduce(rewrite, outputs);

/** A convolution or batch norm that is computed in bytes. */
export interface Source {
  readonly value: Value;
  /** The name of its weight. */
  readonly weight: string;
  /** Of the range of what is kept. */
  readonly name: string;
  /** What is kept: itself, or the ReLU or clip after it. */
  readonly kept: Value;
  /** Whether it never falls below 0. */
  readonly rectified: boolean;
}

/** What is computed in bytes. */
export interface Plan {
  readonly order: readonly Value[];
  /** By what is kept. */
  readonly sources: ReadonlyMap<Value, Source>;
  /** Other values that become bytes from those of others: pools and concatenations. */
  readonly derived: ReadonlySet<Value>;
}

/** @param isQuantized whether what has this range may be computed in bytes. */
export function planOf(outputs: readonly Value[], isQuantized: (range: string) => boolean): Plan {
  const order = ordered(outputs);
  const users = new Map<Value, Value[]>();
  for (const value of order)
    for (const input of value.inputs) users.set(input, [...(users.get(input) ?? []), value]);
  const sources = new Map<Value, Source>();
  const derived = new Set<Value>();
  const inBytes = (value: Value) => sources.has(value) || derived.has(value);
  for (const value of order) {
    const [x] = value.inputs;
    const weight = weightOf(value);
    if (weight !== undefined && (isA(value, convolutionOperation) || inBytes(x!))) {
      const [user, ...others] = outputs.includes(value) ? [] : (users.get(value) ?? []);
      const rectified = user !== undefined && others.length === 0 && rectifies(user);
      const kept = rectified ? user : value;
      const name = rectified ? weight : signedOf(weight);
      if (isQuantized(name)) sources.set(kept, { value, weight, name, kept, rectified });
    } else if (
      isA(value, maxPoolOperation) ||
      isA(value, averagePoolOperation) ||
      (isA(value, concatOperation) && value.attributes.axis === 1)
    ) {
      if (value.shape.length === 4 && value.inputs.every(inBytes)) derived.add(value);
    }
  }
  return { order, sources, derived };
}

const rectifies = (value: Value) =>
  isA(value, reluOperation) || (isA(value, clipOperation) && value.attributes.lowest === 0);

/**
 * The name of the weight of a convolution or batch norm with frozen statistics, if it can be computed in bytes. Of a part
 * of a weight, or of one that several share, no range is known by its name.
 */
function weightOf(value: Value): string | undefined {
  const [x, weight] = value.inputs;
  if (isA(value, convolutionOperation)) {
    const { groups } = value.attributes;
    if (groups !== 1 && (groups !== x!.shape[1] || groups !== value.shape[1])) return;
    const named = parametersOf([weight!]).filter(({ shape }) => shape.length === 4);
    return named.length === 1 && String(named[0]!.shape) === String(weight!.shape)
      ? named[0]!.name
      : undefined;
  }
  return isA(value, batchNormOperation) ? parametersOf([weight!])[0]?.name : undefined;
}

/** What is watched of a map: of each channel [N, C, 1, 1]. */
export interface Watched {
  readonly highest: Value;
  /** With the sign changed; none where it is never below 0. */
  readonly lowest?: Value;
}

/**
 * The outputs, and with them what is to be watched: the highest elements of each map and, where they can be negative, the
 * lowest ones.
 *
 * @param isQuantized whether what has this range will be computed in bytes.
 * @returns `outputs` as they were, in a form whose values are watched; `watched` by the names of ranges.
 */
export function observed(
  outputs: Readonly<Record<string, Value>>,
  isQuantized: (range: string) => boolean,
): { outputs: Record<string, Value>; watched: Map<string, Watched> } {
  const labels = Object.keys(outputs);
  const values = prepared(Object.values(outputs));
  const plan = planOf(values, isQuantized);
  const watched = new Map<string, Watched>();
  const extremes = (value: Value) => maxPool(value, { kernel: [value.shape[2]!, value.shape[3]!] });
  const watch = (name: string, value: Value, rectified: boolean) =>
    watched.set(name, {
      highest: extremes(value),
      ...(!rectified && { lowest: extremes(multiply(value, -1)) }),
    });
  for (const { name, weight, kept, rectified, value } of plan.sources.values()) {
    watch(name, kept, rectified);
    const [x] = value.inputs as [Value];
    if (!plan.sources.has(x) && !plan.derived.has(x)) watch(inputOf(weight), x, false);
  }
  return { outputs: Object.fromEntries(labels.map((label, i) => [label, values[i]!])), watched };
}
