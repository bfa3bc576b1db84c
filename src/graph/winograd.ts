// Convolutions by Winograd's algorithm: tiles of the map and the window are transformed, multiplied place by place of the
// transform, which is one product of matrices for each, and transformed back (Lavin and Gray 2016). A window of 3×3 then
// takes 2.25 products (or 1.96, in larger tiles) for a number of the result in place of 9, one of 5×5 4 in place of 25, but
// for tiles that reach beyond the edges. Maps lie as [H, W, N, C], so that every transform is a product with a small constant matrix.
import { elementCount } from '../support/tensor.ts';
import { concat, reshape, slice, transpose } from './arrays.ts';
import {
  type ConvolutionAttributes,
  convolutionInputGradientOperation,
  convolutionOperation,
  convolutionWeightGradientOperation,
  plain,
} from './convolution.ts';
import { add, multiplyOperation } from './elementwise.ts';
import { constantOperation } from './leaves.ts';
import { matMul, transposed } from './matrices.ts';
import { placesFirst, placesLast } from './places-first.ts';
import type { Rule } from './rewrites.ts';
import type { Shape } from './shape.ts';
import { apply, isA, type Operation, type Value } from './value.ts';
import {
  type Axis,
  axisOf,
  canTransform,
  exactTiling,
  leastTiling,
  type Range,
  type Strip,
  scaled,
  type Tiling,
  windowTransform,
} from './winograd-matrices.ts';

/**
 * A weight [O, C, h, w] and the matrix that transforms its window → [points², C, O]. One operation, so that ONNX Runtime
 * computes it when a session opens, many times faster than constants are folded here.
 */
const transformedWeightOperation: Operation<Record<string, never>> = {
  name: 'transformedWeight',
  shape: ([weight, matrix]) => [matrix![0]!, weight![1]!, weight![0]!],
  reference: ({ shape, inputs }, [weight, matrix]) => {
    const [, channels, outputs] = shape as [number, number, number];
    const taps = inputs[1]!.shape[1]!;
    return Float64Array.from({ length: elementCount(shape) }, (_, i) => {
      const [point, channel, output] = [
        Math.floor(i / outputs / channels),
        Math.floor(i / outputs) % channels,
        i % outputs,
      ];
      let sum = 0;
      for (let tap = 0; tap < taps; tap++)
        sum += matrix![point * taps + tap]! * weight![(output * channels + channel) * taps + tap]!;
      return sum;
    });
  },
  // One axis at a time, which is faster than all at once.
  lower: ({ shape, inputs: [weight] }, [name, matrix], onnx) => {
    const [outputs, channels, height, width] = weight!.shape as [number, number, number, number];
    const taps = height * width;
    const reshaped = (from: string, to: Shape) => onnx.node('Reshape', [from, onnx.integers(to)]);
    const rows = reshaped(name!, [outputs, channels * taps]);
    const outputsLast = onnx.node('Transpose', [rows], { perm: [1, 0] });
    const tapsFirst = onnx.node('Transpose', [reshaped(outputsLast, [channels, taps, outputs])], {
      perm: [1, 0, 2],
    });
    const y = onnx.node('MatMul', [matrix!, reshaped(tapsFirst, [taps, channels * outputs])]);
    return reshaped(y, shape);
  },
};

const transformedWeight = (weight: Value, tiling: Tiling): Value =>
  apply(transformedWeightOperation, [weight, windowTransform(tiling)], {});

/** What `transformedWeight` passes back to a weight of this shape. */
function weightFromTransformed(gradient: Value, shape: Shape, tiling: Tiling): Value {
  const [outputs, channels, height, width] = shape as [number, number, number, number];
  const taps = height * width;
  const rows = reshape(gradient, [gradient.shape[0]!, channels * outputs]);
  const tapsFirst = reshape(matMul(transposed(windowTransform(tiling)), rows), [taps, channels, outputs]);
  const tapsInside = reshape(transpose(tapsFirst, [1, 0, 2]), [channels * taps, outputs]);
  return reshape(transposed(tapsInside), shape);
}

/** Some places of one axis of a map. */
const within = (map: Value, axis: number, [from, to]: Range) =>
  to - from === map.shape[axis] ? map : slice(map, axis, from, to);

/** Tiles of a map [H, W, N, C], transformed: for each strip of rows and of columns [points², tiles · N, C]. */
function intoTiles(
  map: Value,
  [rows, columns]: readonly [Axis, Axis],
  through: (strip: Strip) => readonly [matrix: Value, places: Range],
): Value[] {
  const [, width, batch, channels] = map.shape as [number, number, number, number];
  const { points } = rows;
  return rows.strips.flatMap((strip) => {
    const [matrix, places] = through(strip);
    const seen = within(map, 0, places);
    const y = matMul(matrix, reshape(seen, [seen.shape[0]!, width * batch * channels]));
    const parts = reshape(y, [points, strip.tiles, width, batch * channels]);
    const lines = reshape(transpose(parts, [0, 2, 1, 3]), [points, width, strip.tiles * batch * channels]);
    return columns.strips.map((other) => {
      const [otherMatrix, otherPlaces] = through(other);
      const tiles = matMul(otherMatrix, within(lines, 1, otherPlaces));
      return reshape(tiles, [points * points, other.tiles * strip.tiles * batch, channels]);
    });
  });
}

/** The way back: [points², tiles · N, C] for each strip of rows and of columns → [H, W, N, C]. */
function fromTiles(
  tiles: readonly Value[],
  [rows, columns]: readonly [Axis, Axis],
  matrixOf: (strip: Strip) => Value,
  join: (parts: readonly Value[], axis: number) => Value,
  batch: number,
): Value {
  const { points } = rows;
  const channels = tiles[0]!.shape[2]!;
  const parts = rows.strips.map((strip, i) => {
    const lines = join(
      columns.strips.map((other, j) => {
        const y = tiles[i * columns.strips.length + j]!;
        const inLines = [points, points * other.tiles, strip.tiles * batch * channels];
        return matMul(matrixOf(other), reshape(y, inLines));
      }),
      1,
    );
    const width = lines.shape[1]!;
    const split = transpose(reshape(lines, [points, width, strip.tiles, batch * channels]), [0, 2, 1, 3]);
    const y = matMul(matrixOf(strip), reshape(split, [points * strip.tiles, width * batch * channels]));
    return reshape(y, [y.shape[0]!, width, batch, channels]);
  });
  return join(parts, 0);
}

const oneAfterTheOther = (parts: readonly Value[], axis: number) =>
  parts.length === 1 ? parts[0]! : concat(parts, axis);

const sum = (parts: readonly Value[]) => parts.reduce((a, b) => add(a, b));

/**
 * Whether a convolution without a stride is worth it: where products of matrices are what takes time, not the transforms.
 *
 * @param map [N, C, H, W]. @param weight [O, C, h, w].
 */
export function isWorthTiles(map: Shape, weight: Shape): boolean {
  const [batch, channels, height, width] = map as [number, number, number, number];
  const [outputs, , window] = weight as [number, number, number, number];
  return (
    canTransform(window) &&
    Math.min(channels, outputs) >= 48 &&
    Math.max(channels, outputs) >= 64 &&
    Math.max(height, width) <= 64 &&
    batch * height * width >= 800
  );
}

/** The axes of a map [N, C, H, W] under a window. */
const axesOf = ([, , height, width]: Shape, tiling: Tiling, { padding }: ConvolutionAttributes) =>
  [axisOf(height!, tiling, padding[0]), axisOf(width!, tiling, padding[1])] as const;

const tilesOfGradient = (dy: Value, axes: readonly [Axis, Axis]) =>
  intoTiles(placesFirst(dy), axes, ({ backAdjoint, given }) => [backAdjoint, given]);

/** A weight that is another one times a number. */
export function withoutFactor(weight: Value): [weight: Value, factor: number] {
  const [inner, factor] = weight.inputs;
  const isNumber = factor && isA(factor, constantOperation) && factor.shape.length === 0;
  return isA(weight, multiplyOperation) && isNumber ? [inner!, factor.attributes.data[0]!] : [weight, 1];
}

/** Whether it can be done: square windows of some sizes, without a stride. */
const canTile = ([, , height, width]: Shape, attributes: ConvolutionAttributes) =>
  plain(attributes) && height === width && canTransform(height!);

/**
 * Convolutions and their gradients. What they have in common is written alike, to be computed once.
 *
 * @param isWorth whether it gains, given the shapes of the map and the weight.
 */
export const winograd =
  (isWorth: (map: Shape, weight: Shape) => boolean): Rule =>
  (value) => {
    if (isA(value, convolutionOperation)) {
      const [x, weight, bias] = value.inputs as [Value, Value, Value?];
      if (!canTile(weight.shape, value.attributes) || !isWorth(x.shape, weight.shape)) return;
      // Where weights train, tiles are those that round the least.
      const tiling = isA(weight, constantOperation)
        ? leastTiling(weight.shape[2]!, value.shape.slice(2))
        : exactTiling(weight.shape[2]!);
      const axes = axesOf(x.shape, tiling, value.attributes);
      const transformed = transformedWeight(weight, tiling);
      const tiles = intoTiles(placesFirst(x), axes, ({ into, seen }) => [into, seen]);
      const products = tiles.map((each) => matMul(each, transformed));
      const y = fromTiles(products, axes, ({ back }) => back, oneAfterTheOther, x.shape[0]!);
      return placesLast(bias ? add(y, bias) : y);
    }
    if (isA(value, convolutionInputGradientOperation)) {
      const [dy, weight] = value.inputs as [Value, Value];
      if (!canTile(weight.shape, value.attributes) || !isWorth(value.shape, weight.shape)) return;
      const tiling = exactTiling(weight.shape[2]!);
      const axes = axesOf(value.shape, tiling, value.attributes);
      // A number that the weight is multiplied with goes into a constant matrix: the transformed weight stays what it was.
      const [unscaled, factor] = withoutFactor(weight);
      const backwards = transposed(transformedWeight(unscaled, tiling));
      const products = tilesOfGradient(dy, axes).map((each) => matMul(each, backwards));
      const scaledAxes = [scaled(axes[0], factor), axes[1]] as const;
      return placesLast(fromTiles(products, scaledAxes, ({ intoAdjoint }) => intoAdjoint, sum, dy.shape[0]!));
    }
    if (isA(value, convolutionWeightGradientOperation)) {
      const [x, dy] = value.inputs as [Value, Value];
      if (!canTile(value.shape, value.attributes) || !isWorth(x.shape, value.shape)) return;
      const tiling = exactTiling(value.shape[2]!);
      const axes = axesOf(x.shape, tiling, value.attributes);
      const tiles = intoTiles(placesFirst(x), axes, ({ into, seen }) => [into, seen]);
      const products = tilesOfGradient(dy, axes).map((each, i) => matMul(transposed(tiles[i]!), each));
      return weightFromTransformed(sum(products), value.shape, tiling);
    }
    return;
  };
