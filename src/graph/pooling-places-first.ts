// Max pools of maps [H, W, N, C], one axis after the other: the largest of a few arrays, element by element, where ONNX
// Runtime's own, if it says where the maxima are, visits one element after the other.
import { elementCount } from '../support/tensor.ts';
import { places } from './convolution.ts';
import type { OnnxGraph } from './onnx.ts';
import type { PoolAttributes } from './pooling.ts';
import { shapeText } from './shape.ts';
import { apply, type Operation, type Value } from './value.ts';

/** Along one of the first two axes, the largest element under each window. */
interface AlongAttributes {
  readonly axis: 0 | 1;
  readonly kernel: number;
  readonly stride: number;
}

/** What one tap of all windows along an axis sees. */
function tapOf(onnx: OnnxGraph, x: string, tap: number, count: number, axis: number, stride: number): string {
  const part = [tap, tap + (count - 1) * stride + 1, axis, stride];
  return onnx.node('Slice', [x, ...part.map((number) => onnx.integers([number]))]);
}

const maxAlongOperation: Operation<AlongAttributes> = {
  name: 'maxAlong',
  shape: ([x], { axis, kernel, stride }) => {
    const count = places(x![axis]!, kernel, stride, 0);
    if (count < 1)
      throw new TypeError(`maxAlong: no window of ${kernel} fits axis ${axis} of ${shapeText(x!)}`);
    return x!.with(axis, count);
  },
  reference: ({ inputs, shape, attributes: { axis, kernel, stride } }, [x]) => {
    const inner = elementCount(shape.slice(axis + 1));
    const [size, count] = [inputs[0]!.shape[axis]!, shape[axis]!];
    return Float64Array.from({ length: elementCount(shape) }, (_, i) => {
      const [outer, place, rest] = [Math.floor(i / inner / count), Math.floor(i / inner) % count, i % inner];
      const under = Array.from(
        { length: kernel },
        (_, tap) => (outer * size + place * stride + tap) * inner + rest,
      );
      return Math.max(...under.map((j) => x![j]!));
    });
  },
  lower: ({ shape, attributes: { axis, kernel, stride } }, [x], onnx) => {
    const taps = Array.from({ length: kernel }, (_, tap) => tapOf(onnx, x!, tap, shape[axis]!, axis, stride));
    return onnx.node('Max', taps);
  },
};

/** Inputs x, y and dy of `maxAlong`; of equal maxima the first receives the gradient. */
const maxAlongGradientOperation: Operation<AlongAttributes> = {
  name: 'maxAlongGradient',
  shape: ([x]) => x!,
  reference: ({ inputs: [of, result], attributes: { axis, kernel, stride } }, [x, y, dy]) => {
    const inner = elementCount(of!.shape.slice(axis + 1));
    const [size, count] = [of!.shape[axis]!, result!.shape[axis]!];
    const dx = new Float64Array(x!.length);
    y!.forEach((largest, i) => {
      const [outer, place, rest] = [Math.floor(i / inner / count), Math.floor(i / inner) % count, i % inner];
      const start = (outer * size + place * stride) * inner + rest;
      const tap = Array.from({ length: kernel }, (_, k) => x![start + k * inner]).indexOf(largest);
      dx[start + tap * inner]! += dy![i]!;
    });
    return dx;
  },
  // What each tap receives; taps of the same place in a stride are added; places of strides are laid side by side.
  lower: ({ inputs: [of, result], attributes: { axis, kernel, stride } }, [x, y, dy], onnx) => {
    const [size, count] = [of!.shape[axis]!, result!.shape[axis]!];
    const outer = elementCount(of!.shape.slice(0, axis));
    const inner = elementCount(of!.shape.slice(axis + 1));
    const strides = count + Math.floor((kernel - 1) / stride);
    let left = dy!;
    const received = Array.from({ length: kernel }, (_, tap) => {
      if (tap === kernel - 1) return left;
      const equal = onnx.node('Equal', [tapOf(onnx, x!, tap, count, axis, stride), y!]);
      const given = onnx.node('Mul', [onnx.node('Cast', [equal], { to: 1 }), left]);
      left = onnx.node('Sub', [left, given]);
      return given;
    });
    const phases = Array.from({ length: stride }, (_, phase) => {
      const padded = received.flatMap((given, tap) => {
        if (tap % stride !== phase) return [];
        const first = Math.floor(tap / stride);
        const lines = onnx.node('Reshape', [given, onnx.integers([outer, count, 1, inner])]);
        const margins = [0, first, 0, 0, 0, strides - count - first, 0, 0];
        return [strides === count ? lines : onnx.node('Pad', [lines, onnx.integers(margins)])];
      });
      return padded.reduce((a, b) => onnx.node('Add', [a, b]));
    });
    const sides = onnx.node('Concat', phases, { axis: 2 });
    const flat = onnx.node('Reshape', [sides, onnx.integers([outer, strides * stride, inner])]);
    const beyond = size - strides * stride;
    const whole =
      beyond > 0
        ? onnx.node('Pad', [flat, onnx.integers([0, 0, 0, 0, beyond, 0])])
        : onnx.node('Slice', [flat, ...[0, size, 1].map((number) => onnx.integers([number]))]);
    return onnx.node('Reshape', [whole, onnx.integers(of!.shape)]);
  },
};

/** Whether the functions below can do it. */
export const canPoolPlacesFirst = ({ kernel, stride, padding }: PoolAttributes): boolean =>
  String(padding) === '0,0' && kernel.every((size, axis) => size >= stride[axis]!);

const along = (x: Value, axis: 0 | 1, { kernel, stride }: PoolAttributes) =>
  apply(maxAlongOperation, [x], { axis, kernel: kernel[axis], stride: stride[axis] });
const backAlong = (x: Value, y: Value, dy: Value, axis: 0 | 1, { kernel, stride }: PoolAttributes) =>
  apply(maxAlongGradientOperation, [x, y, dy], { axis, kernel: kernel[axis], stride: stride[axis] });

/** The largest element under each window of a map [H, W, N, C]; `rows`: along the width alone. */
export function pooledPlacesFirst(map: Value, pool: PoolAttributes): { pooled: Value; rows: Value } {
  const rows = along(map, 1, pool);
  return { pooled: along(rows, 0, pool), rows };
}

/** What the pool passes back: the first maximum of the first row that has it is the first of the window. */
export function poolGradientPlacesFirst(map: Value, dy: Value, pool: PoolAttributes): Value {
  const { pooled, rows } = pooledPlacesFirst(map, pool);
  return backAlong(map, rows, backAlong(rows, pooled, dy, 0, pool), 1, pool);
}
