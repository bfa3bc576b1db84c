// Element by element, with NumPy's broadcasting.
import { elementCount } from '../support/tensor.ts';
import { constant } from './leaves.ts';
import { type Shape, shapeText } from './shape.ts';
import { apply, type Operation, type Value } from './value.ts';

type Attributes = Record<string, never>;
const none: Attributes = {};

function unary(
  name: string,
  type: string,
  reference: (x: number) => number,
  gradient?: (y: Value, dy: Value, x: Value) => Value,
): Operation<Attributes> {
  return {
    name,
    shape: ([x]) => x!,
    reference: (_, [x]) => x!.map(reference),
    ...(gradient && { gradient: (y: Value, dy: Value) => [gradient(y, dy, y.inputs[0]!)] }),
    lower: (_, inputs, onnx) => onnx.node(type, inputs),
  };
}

/** The shape both operands are stretched to: aligned at the last axis, a size of 1 repeats. */
export function broadcastShape(name: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = [a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1];
    if (sizes[0] !== sizes[1] && !sizes.includes(1))
      throw new TypeError(`${name}: ${shapeText(a)} and ${shapeText(b)} do not broadcast`);
    return sizes[0] === 1 ? sizes[1]! : sizes[0]!;
  });
}

/** For each element of `to`, in order, the index of the element of `from` that broadcasting puts there. */
export function broadcastIndices(from: Shape, to: Shape): Int32Array {
  const indices = new Int32Array(elementCount(to));
  let filled = 1;
  let stride = 1;
  // From the last axis outwards: repeat what is filled, moved on by the stride where the axis is not stretched.
  for (let axis = to.length - 1; axis >= 0; axis--) {
    const size = from[axis - to.length + from.length] ?? 1;
    const step = size === 1 ? 0 : stride;
    for (let i = 1; i < to[axis]!; i++)
      for (let j = 0; j < filled; j++) indices[i * filled + j] = indices[j]! + i * step;
    filled *= to[axis]!;
    stride *= size;
  }
  return indices;
}

/** How many of the last axes each operand has in full or not at all: a run of elements goes through both by steps. */
function runAxes(operands: readonly Shape[], to: Shape): number {
  const inFull = (from: Shape, axes: number) => String(from.slice(-axes)) === String(to.slice(-axes));
  const notAtAll = (from: Shape, axes: number) => from.slice(-axes).every((size) => size === 1);
  let axes = 1;
  while (axes < to.length && operands.every((from) => inFull(from, axes + 1) || notAtAll(from, axes + 1)))
    axes++;
  return axes;
}

/** Where the runs begin in an operand, and how far apart neighbors of a run lie in it. */
function runsOf(from: Shape, to: Shape, axes: number): { starts: Int32Array; step: number } {
  const length = elementCount(from.slice(-axes));
  const starts = broadcastIndices(from.slice(0, -axes), to.slice(0, -axes));
  return { starts: starts.map((start) => start * length), step: length === 1 ? 0 : 1 };
}

function binary(
  name: string,
  type: string,
  reference: (a: number, b: number) => number,
  gradient: (dy: Value, a: Value, b: Value) => [Value, Value],
): Operation<Attributes> {
  return {
    name,
    shape: ([a, b]) => broadcastShape(name, a!, b!),
    reference: (value, [a, b]) => {
      const shapes = value.inputs.map((input) => input.shape);
      const axes = runAxes(shapes, value.shape);
      const length = elementCount(value.shape.slice(-axes));
      const [ofA, ofB] = shapes.map((shape) => runsOf(shape, value.shape, axes));
      const result = new Float64Array(elementCount(value.shape));
      for (let run = 0, i = 0; i < result.length; run++) {
        let inA = ofA!.starts[run]!;
        let inB = ofB!.starts[run]!;
        for (const end = i + length; i < end; i++, inA += ofA!.step, inB += ofB!.step)
          result[i] = reference(a![inA]!, b![inB]!);
      }
      return result;
    },
    gradient: ({ inputs: [a, b] }, dy) => gradient(dy, a!, b!),
    lower: (_, inputs, onnx) => onnx.node(type, inputs),
  };
}

export const reluOperation: Operation<Attributes> = unary(
  'relu',
  'Relu',
  (x) => Math.max(x, 0),
  (y, dy) => multiply(dy, step(y)),
);
export const expOperation: Operation<Attributes> = unary('exp', 'Exp', Math.exp, (y, dy) => multiply(dy, y));
export const logOperation: Operation<Attributes> = unary('log', 'Log', Math.log, (_, dy, x) => divide(dy, x));
export const sqrtOperation: Operation<Attributes> = unary('sqrt', 'Sqrt', Math.sqrt, (y, dy) =>
  divide(multiply(dy, 0.5), y),
);
export const sigmoidOperation: Operation<Attributes> = unary(
  'sigmoid',
  'Sigmoid',
  (x) => 1 / (1 + Math.exp(-x)),
  (y, dy) => multiply(multiply(dy, y), subtract(1, y)),
);

export const clipOperation: Operation<{ lowest: number; highest: number }> = {
  name: 'clip',
  shape: ([x], { lowest, highest }) => {
    if (!(lowest < highest)) throw new TypeError(`clip: ${lowest} … ${highest} is no range`);
    return x!;
  },
  reference: ({ attributes: { lowest, highest } }, [x]) =>
    x!.map((value) => Math.min(Math.max(value, lowest), highest)),
  gradient: (y, dy) => {
    const { lowest, highest } = y.attributes;
    return [multiply(multiply(dy, step(subtract(y, lowest))), step(subtract(highest, y)))];
  },
  lower: ({ attributes: { lowest, highest } }, [x], onnx) =>
    onnx.node('Clip', [x!, onnx.floats([lowest], []), onnx.floats([highest], [])]),
};

export const stepOperation: Operation<Attributes> = {
  ...unary('step', '', (x) => (x > 0 ? 1 : 0)),
  // Where and Sign are very slow on CPUs; every float32 above 1e-30 becomes exactly 1.
  lower: (_, [x], onnx) =>
    onnx.node('Clip', [
      onnx.node('Mul', [x!, onnx.floats([1e30], [])]),
      onnx.floats([0], []),
      onnx.floats([1], []),
    ]),
};

export const addOperation: Operation<Attributes> = binary(
  'add',
  'Add',
  (a, b) => a + b,
  (dy) => [dy, dy],
);
export const subtractOperation: Operation<Attributes> = binary(
  'subtract',
  'Sub',
  (a, b) => a - b,
  (dy) => [dy, multiply(dy, -1)],
);
export const multiplyOperation: Operation<Attributes> = binary(
  'multiply',
  'Mul',
  (a, b) => a * b,
  (dy, a, b) => [multiply(dy, b), multiply(dy, a)],
);
export const divideOperation: Operation<Attributes> = binary(
  'divide',
  'Div',
  (a, b) => a / b,
  (dy, a, b) => [divide(dy, b), multiply(divide(multiply(dy, a), multiply(b, b)), -1)],
);
/** 1 where both are equal, else 0; no gradient. */
export const equalOperation: Operation<Attributes> = {
  name: 'equal',
  shape: addOperation.shape,
  reference: binary(
    'equal',
    '',
    (a, b) => (a === b ? 1 : 0),
    (dy) => [dy, dy],
  ).reference,
  lower: (_, inputs, onnx) => onnx.node('Cast', [onnx.node('Equal', inputs)], { to: 1 }),
};

type Operand = Value | number;
const operands = (a: Operand, b: Operand) => [a, b].map((x) => (typeof x === 'number' ? constant(x) : x));

/** max(x, 0); its gradient at 0 is 0. */
export function relu(x: Value): Value {
  return apply(reluOperation, [x], none);
}
/** min(max(x, lowest), highest); its gradient at both ends is 0. */
export function clip(x: Value, lowest: number, highest: number): Value {
  return apply(clipOperation, [x], { lowest, highest });
}
/** 1 / (1 + e⁻ˣ) */
export function sigmoid(x: Value): Value {
  return apply(sigmoidOperation, [x], none);
}

/** eˣ, element by element. */
export function exp(x: Value): Value {
  return apply(expOperation, [x], none);
}
/** The natural logarithm. */
export function log(x: Value): Value {
  return apply(logOperation, [x], none);
}

/** √x, element by element; not a number below 0. */
export function sqrt(x: Value): Value {
  return apply(sqrtOperation, [x], none);
}
/** 1 where x > 0, else 0; no gradient. */
export function step(x: Value): Value {
  return apply(stepOperation, [x], none);
}

/** a + b, element by element; shapes are broadcast as NumPy does. */
export function add(a: Operand, b: Operand): Value {
  return apply(addOperation, operands(a, b), none);
}

/** a − b, element by element; shapes are broadcast as NumPy does. */
export function subtract(a: Operand, b: Operand): Value {
  return apply(subtractOperation, operands(a, b), none);
}

/** a · b, element by element; shapes are broadcast as NumPy does. */
export function multiply(a: Operand, b: Operand): Value {
  return apply(multiplyOperation, operands(a, b), none);
}

/** a / b, element by element; shapes are broadcast as NumPy does. */
export function divide(a: Operand, b: Operand): Value {
  return apply(divideOperation, operands(a, b), none);
}
export function equal(a: Operand, b: Operand): Value {
  return apply(equalOperation, operands(a, b), none);
}
