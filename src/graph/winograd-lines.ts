// Convolutions of windows of 5×5 whose weights train, by Winograd's algorithm along the height alone: with tiles along both
// axes they would round too much for gradients. Along the width, places are gathered. Eight products then take the place of
// twenty for four results, and a map [H, W, N, C] is transformed by one product with a constant matrix.
import { concat, pad, reshape, slice, transpose } from './arrays.ts';
import {
  convolutionInputGradientOperation,
  convolutionOperation,
  convolutionWeightGradientOperation,
  plain,
} from './convolution.ts';
import { add } from './elementwise.ts';
import { constantOperation } from './leaves.ts';
import { matMul, transposed } from './matrices.ts';
import { placesFirst, placesLast } from './places-first.ts';
import type { Rule } from './rewrites.ts';
import type { Shape } from './shape.ts';
import { isA, type Value } from './value.ts';
import { withoutFactor } from './winograd.ts';
import { type Axis, axisOf, exactTiling, lineTransform, type Strip, scaled } from './winograd-matrices.ts';

const sum = (parts: readonly Value[]) => parts.reduce((a, b) => add(a, b));

/** Rows of a map [H, W, N, C] that a strip of tiles takes, transformed: [points · tiles, W, N, C]. */
function linesOf(map: Value, matrix: Value, [from, to]: readonly [number, number]): Value {
  const [height, width, batch, channels] = map.shape as [number, number, number, number];
  const rows = to - from === height ? map : slice(map, 0, from, to);
  const lines = matMul(matrix, reshape(rows, [to - from, width * batch * channels]));
  return reshape(lines, [matrix.shape[0]!, width, batch, channels]);
}

/** [points · tiles, W, N, C] → [points, tiles · W · N, C]. */
const byPoints = (lines: Value, { tiles }: Strip): Value => {
  const [rows, width, batch, channels] = lines.shape as [number, number, number, number];
  return reshape(lines, [rows / tiles, tiles * width * batch, channels]);
};

/** What all places of a row of windows see: [points, tiles · places · N, taps · C], for each strip. */
function gathered(x: Value, axis: Axis, taps: number, padding: number, count: number): Value[] {
  const map = placesFirst(x);
  const padded =
    padding > 0
      ? pad(map, [
          [0, 0],
          [padding, padding],
          [0, 0],
          [0, 0],
        ])
      : map;
  return axis.strips.map((strip) => {
    const lines = linesOf(padded, strip.into, strip.seen);
    const parts = Array.from({ length: taps }, (_, tap) =>
      byPoints(slice(lines, 1, tap, tap + count), strip),
    );
    return concat(parts, 2);
  });
}

/** dy as the tiles' adjoint sees it: [points, tiles · W · N, O] for each strip. */
const gradientLines = (dy: Value, axis: Axis): Value[] =>
  axis.strips.map((strip) => byPoints(linesOf(placesFirst(dy), strip.backAdjoint, strip.given), strip));

/** A weight [O, C, h, w] → [points, w, C, O]. */
function transformedLines(weight: Value): Value {
  const [outputs, channels, height, width] = weight.shape as [number, number, number, number];
  const rows = reshape(transpose(weight, [2, 3, 1, 0]), [height, width * channels * outputs]);
  const matrix = lineTransform(exactTiling(height));
  return reshape(matMul(matrix, rows), [matrix.shape[0]!, width, channels, outputs]);
}

/** What `transformedLines` passes back from [points, w · C, O]. */
function weightFromLines(gradient: Value, [outputs, channels, height, width]: Shape): Value {
  const rows = reshape(gradient, [gradient.shape[0]!, width! * channels! * outputs!]);
  const taps = matMul(transposed(lineTransform(exactTiling(height!))), rows);
  return transpose(reshape(taps, [height!, width!, channels!, outputs!]), [3, 2, 0, 1]);
}

/** From products [points, tiles · W · N, C] of a strip the rows [rows, W, N, C] that a matrix makes of them. */
const rowsFrom = (products: Value, matrix: Value, [width, batch]: readonly [number, number]): Value => {
  const channels = products.shape[2]!;
  const y = matMul(matrix, reshape(products, [matrix.shape[1]!, width * batch * channels]));
  return reshape(y, [matrix.shape[0]!, width, batch, channels]);
};

/** What one tap of a row passes back to a map of this width: moved by its place in the window. */
function moved(rows: Value, tap: number, padding: number, width: number): Value {
  const count = rows.shape[1]!;
  const before = tap - padding;
  const after = width - before - count;
  const seen = slice(rows, 1, Math.max(-before, 0), count + Math.min(after, 0));
  return pad(seen, [
    [0, 0],
    [Math.max(before, 0), Math.max(after, 0)],
    [0, 0],
    [0, 0],
  ]);
}

/**
 * Convolutions with windows of 5×5 and weights that train, and their gradients.
 *
 * @param isWorth whether it gains, given the shapes of the map and the weight.
 */
export const winogradLines =
  (isWorth: (map: Shape, weight: Shape) => boolean): Rule =>
  (value) => {
    const isInputs = isA(value, convolutionInputGradientOperation);
    const isWeights = isA(value, convolutionWeightGradientOperation);
    if (!isInputs && !isWeights && !isA(value, convolutionOperation)) return;
    const [x, second, bias] = value.inputs as [Value, Value, Value?];
    const weight = isWeights ? value.shape : second.shape;
    const [map, results] = isInputs
      ? [value.shape, x.shape]
      : [x.shape, isWeights ? second.shape : value.shape];
    const suits = plain(value.attributes) && weight[2] === 5 && weight[3] === 5 && isWorth(map, weight);
    if (!suits || isA(second, constantOperation)) return;
    const [padding, beside] = value.attributes.padding;
    const axis = axisOf(map[2]!, exactTiling(5), padding);
    const [batch, , , count] = results as [number, number, number, number];
    if (isWeights) {
      const lines = gradientLines(second, axis);
      const seen = gathered(x, axis, 5, beside, count);
      return weightFromLines(sum(seen.map((each, i) => matMul(transposed(each), lines[i]!))), weight);
    }
    if (isInputs) {
      const [unscaled, factor] = withoutFactor(second);
      const [outputs, channels] = weight as [number, number];
      const transformed = transformedLines(unscaled);
      const lines = gradientLines(x, axis);
      const { strips } = scaled(axis, factor);
      const taps = Array.from({ length: 5 }, (_, tap) => {
        const ofTap = reshape(slice(transformed, 1, tap, tap + 1), [axis.points, channels, outputs]);
        const rows = strips.map(({ intoAdjoint }, i) =>
          rowsFrom(matMul(lines[i]!, transposed(ofTap)), intoAdjoint, [count, batch]),
        );
        return moved(sum(rows), tap, beside, map[3]!);
      });
      return placesLast(sum(taps));
    }
    const transformed = transformedLines(second);
    const [points, , , outputs] = transformed.shape as [number, number, number, number];
    const factors = reshape(transformed, [points, 5 * weight[1]!, outputs]);
    const rows = gathered(x, axis, 5, beside, count).map((each, i) =>
      rowsFrom(matMul(each, factors), axis.strips[i]!.back, [count, batch]),
    );
    const y = rows.length === 1 ? rows[0]! : concat(rows, 0);
    return placesLast(bias ? add(y, bias) : y);
  };
