// Moving elements without changing them, and summing over axes.
import { elementCount } from '../support/tensor.ts';
import { broadcastIndices, broadcastShape, multiply } from './elementwise.ts';
import { type Shape, shapeText } from './shape.ts';
import { apply, type Operation, type Value } from './value.ts';

const inOrder = (rank: number) => Array.from({ length: rank }, (_, axis) => axis);

/** How far apart neighbors along each axis lie. */
function strides(shape: Shape): number[] {
  return shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
}

/** Calls `visit(i, j)` with i counting the elements of a box, j = offset + Σ position × step. */
function walk(
  box: Shape,
  steps: readonly number[],
  offset: number,
  visit: (i: number, j: number) => void,
): void {
  const position = box.map(() => 0);
  const count = elementCount(box);
  for (let i = 0, j = offset; i < count; i++) {
    visit(i, j);
    for (let axis = box.length - 1; axis >= 0; axis--) {
      j += steps[axis]!;
      if (++position[axis]! < box[axis]!) break;
      j -= steps[axis]! * box[axis]!;
      position[axis] = 0;
    }
  }
}

export const reshapeOperation: Operation<{ shape: Shape }> = {
  name: 'reshape',
  shape: ([x], { shape }) => {
    if (elementCount(x!) !== elementCount(shape))
      throw new TypeError(
        `reshape: ${shapeText(x!)} has ${elementCount(x!)} elements, ${shapeText(shape)} has ${elementCount(shape)}`,
      );
    return shape;
  },
  reference: (_, [x]) => x!,
  gradient: ({ inputs: [x] }, dy) => [reshape(dy, x!.shape)],
  lower: ({ shape }, [x], onnx) => onnx.node('Reshape', [x!, onnx.integers(shape)]),
};

export const transposeOperation: Operation<{ permutation: readonly number[] }> = {
  name: 'transpose',
  shape: ([x], { permutation }) => {
    if (String([...permutation].sort((a, b) => a - b)) !== String(inOrder(x!.length)))
      throw new TypeError(`transpose: (${permutation}) is no order of the axes of ${shapeText(x!)}`);
    return permutation.map((axis) => x![axis]!);
  },
  reference: ({ shape, inputs, attributes }, [x]) => {
    const steps = strides(inputs[0]!.shape);
    const y = new Float64Array(x!.length);
    walk(
      shape,
      attributes.permutation.map((axis) => steps[axis]!),
      0,
      (i, j) => {
        y[i] = x![j]!;
      },
    );
    return y;
  },
  gradient: ({ attributes: { permutation } }, dy) => [
    transpose(
      dy,
      inOrder(permutation.length).map((axis) => permutation.indexOf(axis)),
    ),
  ],
  lower: ({ attributes }, inputs, onnx) => onnx.node('Transpose', inputs, { perm: attributes.permutation }),
};

export const sliceOperation: Operation<{ axis: number; start: number; end: number }> = {
  name: 'slice',
  shape: ([x], { axis, start, end }) => {
    if (!(start >= 0 && start < end && end <= (x![axis] ?? 0)))
      throw new TypeError(`slice: ${start}..${end} is not within axis ${axis} of ${shapeText(x!)}`);
    return x!.with(axis, end - start);
  },
  reference: ({ shape, inputs, attributes: { axis, start } }, [x]) => {
    const steps = strides(inputs[0]!.shape);
    const y = new Float64Array(elementCount(shape));
    walk(shape, steps, start * steps[axis]!, (i, j) => {
      y[i] = x![j]!;
    });
    return y;
  },
  gradient: ({ inputs: [x], attributes: { axis, start, end } }, dy) => [
    pad(
      dy,
      inOrder(x!.shape.length).map((a) => (a === axis ? [start, x!.shape[axis]! - end] : [0, 0])),
    ),
  ],
  lower: ({ attributes: { axis, start, end } }, [x], onnx) =>
    onnx.node('Slice', [x!, onnx.integers([start]), onnx.integers([end]), onnx.integers([axis])]),
};

export const padOperation: Operation<{ before: Shape; after: Shape; fill: number }> = {
  name: 'pad',
  shape: ([x], { before, after }) => {
    if (before.length !== x!.length || [...before, ...after].some((size) => !(size >= 0)))
      throw new TypeError(
        `pad: ${shapeText(before)} before and ${shapeText(after)} after do not suit ${shapeText(x!)}`,
      );
    return x!.map((size, axis) => size + before[axis]! + after[axis]!);
  },
  reference: ({ shape, inputs, attributes: { before, fill } }, [x]) => {
    const steps = strides(shape);
    const y = new Float64Array(elementCount(shape)).fill(fill);
    walk(
      inputs[0]!.shape,
      steps,
      before.reduce((sum, size, axis) => sum + size * steps[axis]!, 0),
      (i, j) => {
        y[j] = x![i]!;
      },
    );
    return y;
  },
  gradient: ({ inputs: [x], attributes: { before } }, dy) => [
    before.reduce(
      (piece, start, axis) =>
        piece.shape[axis] === x!.shape[axis] ? piece : slice(piece, axis, start, start + x!.shape[axis]!),
      dy,
    ),
  ],
  lower: ({ attributes: { before, after, fill } }, [x], onnx) =>
    onnx.node('Pad', [x!, onnx.integers([...before, ...after]), onnx.floats([fill], [])]),
};

export const concatOperation: Operation<{ axis: number }> = {
  name: 'concat',
  shape: (inputs, { axis }) => {
    const first = inputs[0];
    if (first?.[axis] === undefined)
      throw new TypeError(`concat: no axis ${axis} in ${inputs.map(shapeText).join(', ') || 'no values'}`);
    if (
      inputs.some(
        (shape) =>
          shape.length !== first.length || String(shape.with(axis, 0)) !== String(first.with(axis, 0)),
      )
    )
      throw new TypeError(`concat: ${inputs.map(shapeText).join(', ')} differ beyond axis ${axis}`);
    return first.with(
      axis,
      inputs.reduce((sum, shape) => sum + shape[axis]!, 0),
    );
  },
  reference: ({ shape, inputs, attributes: { axis } }, arrays) => {
    const steps = strides(shape);
    const y = new Float64Array(elementCount(shape));
    let offset = 0;
    arrays.forEach((x, k) => {
      walk(inputs[k]!.shape, steps, offset, (i, j) => {
        y[j] = x[i]!;
      });
      offset += inputs[k]!.shape[axis]! * steps[axis]!;
    });
    return y;
  },
  gradient: ({ inputs, attributes: { axis } }, dy) => {
    let end = 0;
    return inputs.map(({ shape }) => {
      end += shape[axis]!;
      return slice(dy, axis, end - shape[axis]!, end);
    });
  },
  lower: ({ attributes: { axis } }, inputs, onnx) => onnx.node('Concat', inputs, { axis }),
};

export const broadcastOperation: Operation<{ shape: Shape }> = {
  name: 'broadcast',
  shape: ([x], { shape }) => {
    if (String(broadcastShape('broadcast', x!, shape)) !== String(shape))
      throw new TypeError(`broadcast: ${shapeText(x!)} does not stretch to ${shapeText(shape)}`);
    return shape;
  },
  reference: ({ shape, inputs }, [x]) =>
    Float64Array.from(broadcastIndices(inputs[0]!.shape, shape), (i) => x![i]!),
  gradient: (_, dy) => [dy],
  lower: ({ shape }, [x], onnx) => onnx.node('Expand', [x!, onnx.integers(shape)]),
};

export const reduceSumOperation: Operation<{ axes: readonly number[]; keep: boolean }> = {
  name: 'reduceSum',
  shape: ([x], { axes, keep }) => {
    if (axes.some((axis) => x![axis] === undefined))
      throw new TypeError(`reduceSum: no axes ${axes} in ${shapeText(x!)}`);
    const kept = x!.map((size, axis) => (axes.includes(axis) ? 1 : size));
    return keep ? kept : kept.filter((_, axis) => !axes.includes(axis));
  },
  reference: ({ shape, inputs, attributes: { axes } }, [x]) => {
    const full = inputs[0]!.shape;
    const y = new Float64Array(elementCount(shape));
    broadcastIndices(summedShape(full, axes), full).forEach((to, from) => {
      y[to]! += x![from]!;
    });
    return y;
  },
  gradient: ({ inputs: [x], attributes: { axes } }, dy) => [
    broadcast(reshape(dy, summedShape(x!.shape, axes)), x!.shape),
  ],
  lower: ({ attributes: { axes, keep } }, [x], onnx) =>
    onnx.node('ReduceSum', [x!, onnx.integers(axes)], { keepdims: keep ? 1 : 0 }),
};

const summedShape = (shape: Shape, axes: readonly number[]) =>
  shape.map((size, axis) => (axes.includes(axis) ? 1 : size));

/** The same elements in the same order under another shape. */
export function reshape(x: Value, shape: Shape): Value {
  return String(x.shape) === String(shape) ? x : apply(reshapeOperation, [x], { shape });
}

/** Axis i of the result is axis `permutation[i]` of x. */
export function transpose(x: Value, permutation: readonly number[]): Value {
  return apply(transposeOperation, [x], { permutation });
}

/** The elements from `start` up to, not including, `end` along one axis. */
export function slice(x: Value, axis: number, start: number, end: number): Value {
  return apply(sliceOperation, [x], { axis, start, end });
}

/** Adds `[before, after]` elements of value `fill` on each axis. */
export function pad(
  x: Value,
  margins: readonly (readonly [number, number] | readonly number[])[],
  fill = 0,
): Value {
  return apply(padOperation, [x], {
    before: margins.map((m) => m[0]!),
    after: margins.map((m) => m[1]!),
    fill,
  });
}

/** Values one after the other along an axis; their other sizes are equal. */
export function concat(values: readonly Value[], axis: number): Value {
  return apply(concatOperation, values, { axis });
}

/** Repeats x along axes of size 1, and along new leading axes. */
export function broadcast(x: Value, shape: Shape): Value {
  return String(x.shape) === String(shape) ? x : apply(broadcastOperation, [x], { shape });
}

/** The sum over some axes, which stay with size 1 if `keep`. */
export function reduceSum(x: Value, axes: readonly number[], keep = false): Value {
  return apply(reduceSumOperation, [x], { axes, keep });
}

/** The mean over some axes (default: all), which stay with size 1 if `keep`. */
export function reduceMean(x: Value, axes: readonly number[] = inOrder(x.shape.length), keep = false): Value {
  const count = elementCount(axes.map((axis) => x.shape[axis] ?? 1));
  return multiply(reduceSum(x, axes, keep), 1 / count);
}
