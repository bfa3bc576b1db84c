// From an expression to the bytes of an ONNX model.
import type { Tensor } from '../support/tensor.ts';
import type { InputAttributes } from './leaves.ts';
import { OnnxGraph } from './onnx.ts';
import {
  bind,
  foldBatchNorm,
  foldConstants,
  type Outputs,
  poolBeforePointwise,
  type Rule,
  rewrite,
} from './rewrites.ts';
import { ordered, type Shape, shapeText, type Value } from './value.ts';

export interface Model {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What has to be given with every run. */
  readonly inputs: ReadonlyMap<string, Shape>;
  readonly outputs: ReadonlyMap<string, Shape>;
}

/** Replaces an operation that has no ONNX nodes of its own. */
const expand: Rule = (value) => value.operation.expand?.(value);

/** Lowers outputs to a model of standard ONNX operators; given parameters become part of it. */
export function lower(outputs: Outputs, parameters: ReadonlyMap<string, Tensor> = new Map()): Model {
  const rules = [bind(parameters), foldBatchNorm, poolBeforePointwise, expand, foldConstants];
  const rewritten = rules.reduce(rewrite, outputs);
  const onnx = new OnnxGraph();
  const names = new Map<Value, string>();
  const inputs = new Map<string, Shape>();
  for (const value of ordered(Object.values(rewritten))) {
    const { operation, shape } = value;
    if (operation.lower) {
      const given = value.inputs.map((input) => names.get(input)!);
      names.set(value, operation.lower(value, given, onnx));
      continue;
    }
    const { name } = value.attributes as InputAttributes;
    const known = inputs.get(name);
    if (known && String(known) !== String(shape))
      throw new TypeError(`'${name}' is used as ${shapeText(known)} and as ${shapeText(shape)}`);
    if (!known) onnx.input(name, shape);
    inputs.set(name, shape);
    names.set(value, name);
  }
  const results = new Map<string, Shape>();
  for (const [name, value] of Object.entries(rewritten)) {
    onnx.output(name, value.shape, names.get(value)!);
    results.set(name, value.shape);
  }
  return { bytes: onnx.encoded(), inputs, outputs: results };
}
