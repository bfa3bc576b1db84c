// TensorFlow keeps maps as [N, height, width, channels], the graph as [N, channels, height, width].
import { reshape, transpose, type Value } from '../graph/index.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import { gather } from './strided.ts';

/** Axis i of the result is axis `order[i]` of the tensor. */
export function permuted({ shape, data }: Tensor, order: readonly number[]): Tensor {
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  const to = order.map((axis) => shape[axis]!);
  return {
    shape: to,
    data: gather(data, { offset: 0, shape: to, strides: order.map((axis) => strides[axis]!) }),
  };
}

/**
 * Margins of [N, C, H, W], before and after along each axis: none (VALID), or as many that ⌈size / stride⌉ places remain,
 * one more after than before where their number is odd (SAME).
 *
 * @param reach of the window, down and to the right.
 */
export function marginsOf(
  x: Value,
  padding: 'SAME' | 'VALID',
  reach: readonly number[],
  stride: readonly number[],
): number[][] {
  const sides = ([0, 1] as const).map((i) => {
    const size = x.shape[2 + i]!;
    const missing = Math.max(0, (Math.ceil(size / stride[i]!) - 1) * stride[i]! + reach[i]! - size);
    return padding === 'VALID' ? [0, 0] : [Math.floor(missing / 2), Math.ceil(missing / 2)];
  });
  return [[0, 0], [0, 0], ...sides];
}

/** The elements in the file's order under another shape; of maps, channels come last there. */
export function reshaped(x: Value, shape: readonly number[]): Value {
  const last = x.shape.length === 4 && x.shape[2]! * x.shape[3]! > 1 ? transpose(x, [0, 2, 3, 1]) : x;
  if (shape.length !== 4 || shape[2]! * shape[3]! === 1) return reshape(last, shape);
  const [count, channels, height, width] = shape as [number, number, number, number];
  return transpose(reshape(last, [count, height, width, channels]), [0, 3, 1, 2]);
}
