// From an expression to the bytes of an ONNX model.
import type { Tensor } from '../support/tensor.ts';
import type { Ranges } from './byte-plan.ts';
import { byByteProducts } from './byte-products.ts';
import { type Choice, cpuChoice, cpuRules } from './cpu.ts';
import { inputOperation, parameterOperation } from './leaves.ts';
import { OnnxGraph, type Reader } from './onnx.ts';
import { quantized } from './quantization.ts';
import { keptOperation } from './recomputation.ts';
import {
  beforeGradients,
  bind,
  flattenConcat,
  foldConstants,
  type Rule,
  rewrite,
  share,
  slopeIntoWeight,
} from './rewrites.ts';
import { type Shape, shapeText } from './shape.ts';
import { isA, ordered, type Value } from './value.ts';

export interface OnnxModel {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Large arrays of a model for a session, in a resizable buffer: its file `weightsFile`. */
  readonly weights?: Uint8Array<ArrayBuffer> | undefined;
  /** What has to be given with every run. */
  readonly inputs: ReadonlyMap<string, Shape>;
}

/** What a graph is lowered for. */
export interface Target {
  /** `portable`: standard operators only. `cpu`: also those that ONNX Runtime adds for CPUs. */
  readonly lowering: 'portable' | 'cpu';
  /** For `cpu`: see `cpuChoice`. */
  readonly block: number;
  /** For `cpu`, with all parameters given: what is computed in bytes, and on which grids. */
  readonly ranges?: Ranges | undefined;
  /** For `cpu`: whether it runs so few times that it had better open fast. */
  readonly runsRarely?: boolean;
  /** For `cpu`: whether the processor multiplies tiles of bytes, for which they are gathered first. */
  readonly byteTiles?: boolean;
}

/** Standard ONNX operators alone: for any runtime, and for GPUs. */
export const portable: Target = { lowering: 'portable', block: 0 };

/** Lowers outputs to a model for a session; given parameters become part of it. */
export function lower(
  outputs: Readonly<Record<string, Value>>,
  parameters: ReadonlyMap<string, Tensor> = new Map(),
  target: Target = portable,
): OnnxModel {
  const { onnx, inputs } = lowered(outputs, parameters, target, 'sessions');
  return { bytes: onnx.encoded(), weights: onnx.weights(), inputs };
}

/**
 * An ONNX file for other programs: standard operators (opset 17), nodes in order, outputs under the names given.
 *
 * @param metadata texts that the file carries beside the network (`metadata_props`).
 * @throws TypeError when an output is called as an input, which the format does not have.
 */
export function onnxFile(
  outputs: Readonly<Record<string, Value>>,
  parameters: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>>,
): OnnxModel {
  const { onnx, inputs } = lowered(outputs, parameters, portable, 'others');
  const twice = Object.keys(outputs).find((name) => inputs.has(name));
  if (twice !== undefined) throw new TypeError(`'${twice}' is an input and an output`);
  return { bytes: onnx.encoded(metadata), inputs };
}

function lowered(
  outputs: Readonly<Record<string, Value>>,
  parameters: ReadonlyMap<string, Tensor>,
  { lowering, block, ranges, byteTiles, runsRarely = false }: Target,
  reader: Reader,
): { onnx: OnnxGraph; inputs: ReadonlyMap<string, Shape> } {
  const forCpu = lowering === 'cpu';
  const rules = [
    bind(parameters),
    ...beforeGradients,
    flattenConcat,
    share(),
    slopeIntoWeight,
    ...(forCpu ? [...cpuRules(!runsRarely), share()] : []),
    ...(forCpu && byteTiles ? [byByteProducts] : []),
  ];
  const written = Object.values(outputs);
  const exact = rules.reduce(rewrite, ranges ? quantized(written, ranges, parameters) : written);
  // An operation that is not lowered here, and has no nodes of its own, is made of others.
  const choiceFor = (values: Value[]): Choice => (forCpu ? cpuChoice(values, block) : () => undefined);
  const special = choiceFor(ordered(exact));
  const expand: Rule = (value) => (special(value) ? undefined : value.operation.expand?.(value));
  const rewritten = rewrite(rewrite(exact, expand), foldConstants);
  const choice = choiceFor(ordered(rewritten));
  const inputsOf = (value: Value) => choice(value)?.inputs ?? value.inputs;

  const onnx = new OnnxGraph(reader);
  const names = new Map<Value, string>();
  const inputs = new Map<string, Shape>();
  const labels = Object.keys(outputs);
  const order = inOrderOfUse(rewritten, inputsOf);
  // ONNX Runtime holds a dead array for the next one of its shape. That one is not to be in the backward pass if that
  // computes again: the forward pass is not told the size of the batch, `kept` values are, and have other shapes.
  const anyBatch = order.some((value) => isA(value, keptOperation));
  for (const value of order) {
    if (isA(value, inputOperation) || isA(value, parameterOperation)) {
      names.set(value, addInput(value.attributes, anyBatch && isA(value, inputOperation)));
    } else {
      const given = inputsOf(value).map((input) => names.get(input)!);
      names.set(value, choice(value)?.nodes(given, onnx) ?? value.operation.lower!(value, given, onnx));
    }
    // An output is named where it is computed, or it would count as computed last.
    for (const [i, label] of labels.entries())
      if (rewritten[i] === value) onnx.output(label, value.shape, names.get(value)!);
  }
  return { onnx, inputs };

  function addInput({ name, shape }: { name: string; shape: Shape }, anyBatch: boolean): string {
    const known = inputs.get(name);
    if (known && String(known) !== String(shape))
      throw new TypeError(`'${name}' is used as ${shapeText(known)} and as ${shapeText(shape)}`);
    if (!known) onnx.input(name, shape, anyBatch);
    inputs.set(name, shape);
    return name;
  }
}

/**
 * An order that frees memory early: outputs that need the least come first, which are the gradients of the last layers,
 * so that a gradient is finished when the walk back passes its layer.
 */
export function inOrderOfUse(
  outputs: readonly Value[],
  inputsOf: (value: Value) => readonly Value[],
): Value[] {
  const depth = new Map<Value, number>();
  for (const value of ordered(outputs, inputsOf))
    depth.set(value, 1 + Math.max(0, ...inputsOf(value).map((input) => depth.get(input)!)));
  const shallowFirst = [...outputs].sort((a, b) => depth.get(a)! - depth.get(b)!);
  return ordered(shallowFirst, inputsOf);
}
