// Gradients of convolutions' weights as products of matrices, for ONNX Runtime's CPU provider.
import { area, type ConvolutionAttributes, plain } from './convolution.ts';
import { microsoft, type OnnxGraph } from './onnx.ts';
import type { Shape } from './shape.ts';
import type { Lowering, Value } from './value.ts';

/** Below this many places, the images of a batch are better multiplied side by side than one by one. */
export const few = 200;

/** The layout in which `products` takes maps: [N, C, H, W], or [C, N, H, W] for few places. */
const forProducts = (onnx: OnnxGraph, map: string, places: number) =>
  places < few ? onnx.node('Transpose', [map], { perm: [1, 0, 2, 3] }) : map;

/** Σ over images of left · rightᵀ, of maps of A and B channels → [A, B]. */
function products(
  onnx: OnnxGraph,
  maps: readonly [string, string],
  [batch, a, b, places]: readonly [number, number, number, number],
): string {
  const multiplied = (shapes: readonly Shape[]) => {
    const matrices = maps.map((map, i) => onnx.node('Reshape', [map, onnx.integers(shapes[i]!)]));
    return onnx.node('FusedMatMul', matrices, { transB: 1 }, microsoft);
  };
  if (places < few) return multiplied([a, b].map((rows) => [rows, batch * places]));
  const each = multiplied([a, b].map((rows) => [batch, rows, places]));
  // A product with ones sums several times faster than ReduceSum over the first axis.
  const rows = onnx.node('Reshape', [each, onnx.integers([batch, a * b])]);
  return onnx.node('MatMul', [onnx.floats(new Float32Array(batch).fill(1), [1, batch]), rows]);
}

/** The parts of a padded map that each tap of a window sees, for each channel one above the other, for `products`. */
function columns(
  onnx: OnnxGraph,
  map: string,
  padding: readonly number[],
  taps: readonly { start: readonly number[]; step: readonly number[] }[],
  [batch, channels, rows, width]: readonly [number, number, number, number],
  places: number,
): string {
  const seen = places < few ? [channels, 1, batch * rows * width] : [batch, channels, 1, rows * width];
  const margins = [0, 0, padding[0]!, padding[1]!, 0, 0, padding[2]!, padding[3]!];
  const arranged = forProducts(onnx, map, places);
  const padded = padding.some((size) => size > 0)
    ? onnx.node('Pad', [arranged, onnx.integers(margins)])
    : arranged;
  const parts = taps.map(({ start, step }) => {
    const end = [start[0]! + (rows - 1) * step[0]! + 1, start[1]! + (width - 1) * step[1]! + 1];
    const part = [start, end, [2, 3], step].map((list) => onnx.integers(list));
    return onnx.node('Reshape', [onnx.node('Slice', [padded, ...part]), onnx.integers(seen)]);
  });
  return onnx.node('Concat', parts, { axis: places < few ? 1 : 2 });
}

const tapsOf = ([height, width]: readonly number[]) =>
  Array.from({ length: height! * width! }, (_, i) => [Math.floor(i / width!), i % width!] as const);

/**
 * The gradient of a weight [O, 1, 1, k] that slides over one channel, as over a waveform: 64 places at a time as a product
 * of a stretch of dy with the stretch of x under it. That gives each place with each sample; those that belong to the
 * same element of the weight lie on diagonals, which are columns once each row is one stride longer.
 */
function slidingWeightGradient(value: Value<ConvolutionAttributes>): Lowering {
  const { stride, padding } = value.attributes;
  const [outputs, , , size] = value.shape as [number, number, number, number];
  const [x, dy] = value.inputs as [Value, Value];
  const [batch, , , places] = dy.shape as [number, number, number, number];
  const step = stride[1];
  const stretch = 64;
  const count = Math.ceil(places / stretch);
  const under = (stretch - 1) * step + size;
  // Stretches overlap: each is a whole number of strides' worth of samples, and what its last place reaches beyond it.
  const own = stretch * step;
  const beyond = Math.ceil(under / own);
  const needed = (count + beyond - 1) * own;
  const nodes = ([xName, dyName]: readonly string[], onnx: OnnxGraph) => {
    const reshaped = (name: string, shape: Shape) => onnx.node('Reshape', [name, onnx.integers(shape)]);
    const margins = [0, 0, 0, padding[1], 0, 0, 0, Math.max(needed - x.shape[3]! - padding[1], 0)];
    const padded = onnx.node('Pad', [xName!, onnx.integers(margins)]);
    const samples = (from: number, width: number) => {
      const length = count * own;
      const part = [[from], [from + length], [3]].map((list) => onnx.integers(list));
      const cut = reshaped(onnx.node('Slice', [padded, ...part]), [batch, 1, count, own]);
      return width === own
        ? cut
        : onnx.node('Slice', [cut, ...[[0], [width], [3]].map((list) => onnx.integers(list))]);
    };
    const parts = Array.from({ length: beyond }, (_, i) => samples(i * own, Math.min(own, under - i * own)));
    const stretches = onnx.node('Concat', parts, { axis: 3 });
    const evened = onnx.node('Pad', [
      dyName!,
      onnx.integers([0, 0, 0, 0, 0, 0, 0, count * stretch - places]),
    ]);
    const rows = reshaped(evened, [batch, outputs, count, stretch]);
    const each = onnx.node('FusedMatMul', [rows, stretches], { transA: 1 }, microsoft);
    const sum = onnx.node('ReduceSum', [each, onnx.integers([0])], { keepdims: 0 });
    const flat = reshaped(sum, [outputs, stretch * under]);
    const longer = onnx.node('Pad', [flat, onnx.integers([0, 0, 0, stretch * step])]);
    const skewed = reshaped(longer, [outputs, stretch, under + step]);
    const columns = [[0], [size], [2]].map((list) => onnx.integers(list));
    const diagonals = onnx.node('Slice', [skewed, ...columns]);
    return reshaped(onnx.node('ReduceSum', [diagonals, onnx.integers([1])], { keepdims: 0 }), value.shape);
  };
  return { nodes };
}

/** The gradient of a convolution's weight, from its input and the gradient of its result. */
export function weightGradient(value: Value<ConvolutionAttributes>): Lowering | undefined {
  const { stride, padding, dilation, groups } = value.attributes;
  if (String(value.shape.slice(1, 3)) === '1,1' && value.inputs[1]!.shape[3]! > few && dilation[1] === 1)
    return slidingWeightGradient(value);
  // From a few channels, as of a picture, the convolution that `expand` makes is faster.
  if (groups !== 1 || value.shape[1]! < 4) return;
  const [x, dy] = value.inputs.map(({ shape }) => shape) as [Shape, Shape];
  const [outputs, channels, ...kernel] = value.shape as [number, number, number, number];
  const batch = x[0]!;
  const taps = tapsOf(kernel);
  const nodes = ([xName, dyName]: readonly string[], onnx: OnnxGraph) => {
    const whole = (name: string) => onnx.node('Reshape', [name, onnx.integers(value.shape)]);
    if (taps.length === 1 && plain(value.attributes) && String(padding) === '0,0') {
      const maps = [forProducts(onnx, dyName!, area(x)), forProducts(onnx, xName!, area(x))] as const;
      const sums = products(onnx, maps, [batch, outputs, channels, area(x)]);
      return whole(sums);
    }
    const fits = kernel.every((size, i) => size > padding[i]!);
    if (plain(value.attributes) && outputs < channels && fits) {
      // Shifting dy instead of x, which has more channels.
      const margin = kernel.map((size, i) => size - 1 - padding[i]!);
      const shifts = taps.map(([a, b]) => ({
        start: [kernel[0]! - 1 - a, kernel[1]! - 1 - b],
        step: [1, 1],
      }));
      const shifted = columns(
        onnx,
        dyName!,
        [...margin, ...margin],
        shifts,
        [batch, outputs, x[2]!, x[3]!],
        area(x),
      );
      const maps = [shifted, forProducts(onnx, xName!, area(x))] as const;
      const sums = products(onnx, maps, [batch, outputs * taps.length, channels, area(x)]);
      const split = onnx.node('Reshape', [sums, onnx.integers([outputs, taps.length, channels])]);
      return whole(onnx.node('Transpose', [split], { perm: [0, 2, 1] }));
    }
    const reach = [0, 1].map((i) => (dy[2 + i]! - 1) * stride[i]! + dilation[i]! * (kernel[i]! - 1) + 1);
    const after = reach.map((size, i) => Math.max(size - x[2 + i]! - padding[i]!, 0));
    const windows = taps.map(([a, b]) => ({ start: [a * dilation[0], b * dilation[1]], step: stride }));
    const seen = columns(
      onnx,
      xName!,
      [...padding, ...after],
      windows,
      [batch, channels, dy[2]!, dy[3]!],
      area(dy),
    );
    const maps = [forProducts(onnx, dyName!, area(dy)), seen] as const;
    return whole(products(onnx, maps, [batch, outputs, channels * taps.length, area(dy)]));
  };
  return { nodes };
}
