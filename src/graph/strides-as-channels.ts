// A convolution with a stride over few channels, as over a picture: the places of a stride are laid side by side as
// channels, over which the same convolution has a smaller window and no stride.
import { pad, reshape, slice, transpose } from './arrays.ts';
import {
  type ConvolutionAttributes,
  convolution,
  convolutionOperation,
  convolutionWeightGradient,
  convolutionWeightGradientOperation,
} from './convolution.ts';
import { constantOperation } from './leaves.ts';
import { placesLast } from './places-first.ts';
import type { Rule } from './rewrites.ts';
import type { Shape } from './shape.ts';
import { isA, type Value } from './value.ts';

/** Places of a stride, and the window in strides. */
interface Strides {
  readonly stride: number;
  readonly window: number;
}

/** A map [N, C, H, W] in `count` × `count` strides, after a margin: [N, C · stride², count, count]. */
function mapInStrides(x: Value, margin: number, count: number, stride: number): Value {
  const [batch, channels, height] = x.shape as [number, number, number, number];
  const after = count * stride - height - margin;
  const cut = after < 0 ? slice(slice(x, 2, 0, height + after), 3, 0, height + after) : x;
  const margins = [margin, Math.max(after, 0)];
  const padded = pad(cut, [[0, 0], [0, 0], margins, margins]);
  // Axis by axis, whole rows first, then the places of a stride.
  const rows = reshape(padded, [batch * channels, count, stride * count * stride]);
  const rowsFirst = reshape(transpose(rows, [1, 0, 2]), [count, batch * channels * stride, count, stride]);
  return placesLast(
    reshape(transpose(rowsFirst, [0, 2, 1, 3]), [count, count, batch, channels * stride * stride]),
  );
}

/** A weight [O, C, h, w] as [O, C · stride², window, window], with zeros beyond its size. */
function weightInStrides(weight: Value, { stride, window }: Strides): Value {
  const [outputs, channels, size] = weight.shape as [number, number, number, number];
  const margins = [0, window * stride - size];
  const padded = pad(weight, [[0, 0], [0, 0], margins, margins]);
  const split = transpose(
    reshape(padded, [outputs, channels, window, stride, window, stride]),
    [0, 1, 3, 5, 2, 4],
  );
  return reshape(split, [outputs, channels * stride * stride, window, window]);
}

/** What `weightInStrides` passes back to a weight of this shape. */
function weightOutOfStrides(gradient: Value, shape: Shape, { stride, window }: Strides): Value {
  const [outputs, channels, size] = shape as [number, number, number, number];
  const split = transpose(
    reshape(gradient, [outputs, channels, stride, stride, window, window]),
    [0, 1, 4, 2, 5, 3],
  );
  const whole = reshape(split, [outputs, channels, window * stride, window * stride]);
  return slice(slice(whole, 2, 0, size), 3, 0, size);
}

/** Of a square window over a square map with a stride, if there are few channels. */
function stridesOf(x: Shape, weight: Shape, attributes: ConvolutionAttributes): Strides | undefined {
  const { stride, padding, dilation, groups } = attributes;
  const isSquare = [x.slice(2), weight.slice(2), stride, padding].every(([a, b]) => a === b);
  if (!isSquare || stride[0] === 1 || String(dilation) !== '1,1' || groups !== 1 || x[1]! > 4) return;
  return { stride: stride[0], window: Math.ceil(weight[2]! / stride[0]) };
}

/**
 * Convolutions that train, and the gradient of their weights: those of constant weights are fast as they are.
 *
 * @param isWorth whether what a convolution becomes gains by it, given its map's shape and its weight's.
 */
export const stridesAsChannels =
  (isWorth: (map: Shape, weight: Shape) => boolean): Rule =>
  (value) => {
    if (isA(value, convolutionOperation)) {
      const [x, weight, bias] = value.inputs as [Value, Value, Value?];
      const strides = stridesOf(x.shape, weight.shape, value.attributes);
      if (!strides || isA(weight, constantOperation)) return;
      const map = mapInStrides(
        x,
        value.attributes.padding[0],
        value.shape[2]! + strides.window - 1,
        strides.stride,
      );
      const given = weightInStrides(weight, strides);
      return isWorth(map.shape, given.shape) ? convolution(map, given, bias ? { bias } : {}) : undefined;
    }
    if (isA(value, convolutionWeightGradientOperation)) {
      const [x, dy] = value.inputs as [Value, Value];
      const strides = stridesOf(x.shape, value.shape, value.attributes);
      if (!strides) return;
      const { stride, window } = strides;
      const map = mapInStrides(x, value.attributes.padding[0], dy.shape[2]! + window - 1, stride);
      const shape = [value.shape[0]!, map.shape[1]!, window, window];
      const plainly = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 } as const;
      return isWorth(map.shape, shape)
        ? weightOutOfStrides(convolutionWeightGradient(map, dy, shape, plainly), value.shape, strides)
        : undefined;
    }
    return;
  };
