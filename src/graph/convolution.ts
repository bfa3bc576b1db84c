// Convolution, and the two operations that are its gradients. All three visit the same pairs of elements.
import { elementCount } from '../support/tensor.ts';
import { reduceSum, reshape, slice, transpose } from './arrays.ts';
import { type Shape, shapeText } from './shape.ts';
import { apply, type Operation, type Value } from './value.ts';

/** Vertical and horizontal; one number means both. */
export type Pair = number | readonly [number, number];
export const pair = (size: Pair): readonly [number, number] =>
  typeof size === 'number' ? [size, size] : size;

export interface ConvolutionAttributes {
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/** Of a convolution over height and width; a number stands for both. */
export interface ConvolutionOptions {
  stride?: Pair;
  padding?: Pair;
  dilation?: Pair;
  groups?: number;
  bias?: Value;
}

/** How many places a window has along one axis. */
export function places(size: number, window: number, stride: number, padding: number, dilation = 1): number {
  return Math.floor((size + 2 * padding - dilation * (window - 1) - 1) / stride) + 1;
}

/** How many places a map [N, C, H, W] has, or a weight's window. */
export const area = (shape: Shape): number => shape[2]! * shape[3]!;

/** Whether a convolution has neither stride nor dilation nor groups. */
export const plain = ({ stride, dilation, groups }: ConvolutionAttributes): boolean =>
  groups === 1 && String([stride, dilation]) === '1,1,1,1';

const checkedPlaces = (x: Shape, w: Shape, { stride, padding, dilation }: ConvolutionAttributes) => {
  const size = ([0, 1] as const).map((i) => places(x[2 + i]!, w[2 + i]!, stride[i], padding[i], dilation[i]));
  if (size.some((n) => n < 1))
    throw new TypeError(
      `convolution: the window of weight ${shapeText(w)} is larger than ${shapeText(x)} with its padding`,
    );
  return size;
};

/** Visits every (x, weight, y) triple of elements that the convolution multiplies and adds. */
function visitProducts(
  [, inputs, height, width]: Shape,
  [outputs, perGroup, kernelHeight, kernelWidth]: Shape,
  [batch, , rows, columns]: Shape,
  { stride, padding, dilation, groups }: ConvolutionAttributes,
  visit: (x: number, w: number, y: number) => void,
): void {
  for (let n = 0; n < batch!; n++)
    for (let o = 0; o < outputs!; o++)
      for (let row = 0; row < rows!; row++)
        for (let column = 0; column < columns!; column++) {
          const y = ((n * outputs! + o) * rows! + row) * columns! + column;
          const firstInput = Math.floor((o * groups) / outputs!) * perGroup!;
          for (let i = 0; i < perGroup!; i++)
            for (let a = 0; a < kernelHeight!; a++)
              for (let b = 0; b < kernelWidth!; b++) {
                const top = row * stride[0] - padding[0] + a * dilation[0];
                const left = column * stride[1] - padding[1] + b * dilation[1];
                if (top < 0 || top >= height! || left < 0 || left >= width!) continue;
                const x = ((n * inputs! + firstInput + i) * height! + top) * width! + left;
                visit(x, ((o * perGroup! + i) * kernelHeight! + a) * kernelWidth! + b, y);
              }
        }
}

const onnxAttributes = ({ stride, padding, dilation, groups }: ConvolutionAttributes, weight: Shape) => ({
  kernel_shape: weight.slice(2),
  strides: stride,
  pads: [...padding, ...padding],
  dilations: dilation,
  group: groups,
});

export const convolutionOperation: Operation<ConvolutionAttributes> = {
  name: 'convolution',
  shape: ([x, weight, bias], attributes) => {
    if (x!.length !== 4 || weight!.length !== 4)
      throw new TypeError(
        `convolution: expects [N,C,H,W] and weight [O,C,h,w], got ${shapeText(x!)} and ${shapeText(weight!)}`,
      );
    const channels = weight![1]! * attributes.groups;
    if (x![1] !== channels)
      throw new TypeError(
        `convolution: weight ${shapeText(weight!)} expects ${channels} input channels, got ${x![1]} in ${shapeText(x!)}`,
      );
    if (weight![0]! % attributes.groups !== 0)
      throw new TypeError(
        `convolution: weight ${shapeText(weight!)} does not divide into ${attributes.groups} groups`,
      );
    if (bias && String(bias) !== String([weight![0]]))
      throw new TypeError(
        `convolution: weight ${shapeText(weight!)} expects bias [${weight![0]}], got ${shapeText(bias)}`,
      );
    return [x![0]!, weight![0]!, ...checkedPlaces(x!, weight!, attributes)];
  },
  reference: ({ shape, inputs, attributes }, [x, weight, bias]) => {
    const y = new Float64Array(elementCount(shape));
    const place = shape[2]! * shape[3]!;
    if (bias)
      y.forEach((_, i) => {
        y[i] = bias[Math.floor(i / place) % bias.length]!;
      });
    visitProducts(inputs[0]!.shape, inputs[1]!.shape, shape, attributes, (i, j, k) => {
      y[k]! += x![i]! * weight![j]!;
    });
    return y;
  },
  gradient: ({ inputs: [x, weight], attributes }, dy) => [
    convolutionInputGradient(dy, weight!, x!.shape, attributes),
    convolutionWeightGradient(x!, dy, weight!.shape, attributes),
    reduceSum(dy, [0, 2, 3]),
  ],
  lower: ({ inputs: [, weight], attributes }, inputs, onnx) =>
    onnx.node('Conv', inputs, onnxAttributes(attributes, weight!.shape)),
};

type GradientAttributes = ConvolutionAttributes & { readonly shape: Shape };

/** Inputs dy and weight; the shape is x's. Also known as transposed convolution. */
export const convolutionInputGradientOperation: Operation<GradientAttributes> = {
  name: 'convolutionInputGradient',
  shape: (_, { shape }) => shape,
  reference: ({ shape, inputs, attributes }, [dy, weight]) => {
    const dx = new Float64Array(elementCount(shape));
    visitProducts(shape, inputs[1]!.shape, inputs[0]!.shape, attributes, (i, j, k) => {
      dx[i]! += dy![k]! * weight![j]!;
    });
    return dx;
  },
  gradient: ({ inputs: [dy, weight], attributes }, g) => [
    convolution(g, weight!, attributes),
    convolutionWeightGradient(g, dy!, weight!.shape, attributes),
  ],
  lower: ({ inputs: [dy, weight], attributes, shape }, inputs, onnx) => {
    const { stride, padding, dilation } = attributes;
    const reached = (i: 0 | 1) =>
      (dy!.shape[2 + i]! - 1) * stride[i] + dilation[i] * (weight!.shape[2 + i]! - 1) + 1 - 2 * padding[i];
    return onnx.node('ConvTranspose', inputs, {
      ...onnxAttributes(attributes, weight!.shape),
      output_padding: ([0, 1] as const).map((i) => shape[2 + i]! - reached(i)),
    });
  },
};

/** Inputs x and dy; the shape is the weight's. */
export const convolutionWeightGradientOperation: Operation<GradientAttributes> = {
  name: 'convolutionWeightGradient',
  shape: (_, { shape }) => shape,
  reference: ({ shape, inputs, attributes }, [x, dy]) => {
    const dw = new Float64Array(elementCount(shape));
    visitProducts(inputs[0]!.shape, shape, inputs[1]!.shape, attributes, (i, j, k) => {
      dw[j]! += x![i]! * dy![k]!;
    });
    return dw;
  },
  gradient: ({ inputs: [x, dy], attributes }, g) => [
    convolutionInputGradient(dy!, g, x!.shape, attributes),
    convolution(x!, g, attributes),
  ],
  // A convolution of x with dy as its window, where batch and channels, and stride and dilation, change places.
  expand: ({ inputs: [x, dy], attributes: { stride, padding, dilation, groups }, shape }) => {
    const [batch, channels, height, width] = x!.shape;
    const perGroup = channels! / groups;
    const grouped = reshape(x!, [batch!, groups, perGroup, height! * width!]);
    const channelsFirst = reshape(transpose(grouped, [2, 1, 0, 3]), [
      perGroup,
      groups * batch!,
      height!,
      width!,
    ]);
    const products = convolution(channelsFirst, transpose(dy!, [1, 0, 2, 3]), {
      stride: dilation,
      dilation: stride,
      padding,
      groups,
    });
    // Rows and columns that the stride never reached give more offsets than the weight has.
    const cut = slice(slice(products, 2, 0, shape[2]!), 3, 0, shape[3]!);
    return transpose(cut, [1, 0, 2, 3]);
  },
};

/** x [N, C, H, W] with weight [O, C / groups, h, w], bias [O] → [N, O, H', W']. As in PyTorch, the window is not flipped. */
export function convolution(x: Value, weight: Value, options: ConvolutionOptions = {}): Value {
  const { stride = 1, padding = 0, dilation = 1, groups = 1, bias } = options;
  const attributes = { stride: pair(stride), padding: pair(padding), dilation: pair(dilation), groups };
  return apply(convolutionOperation, bias ? [x, weight, bias] : [x, weight], attributes);
}

/** What a convolution with this weight and these attributes passes back from dy to its input of this shape. */
export function convolutionInputGradient(
  dy: Value,
  weight: Value,
  shape: Shape,
  { stride, padding, dilation, groups }: ConvolutionAttributes,
): Value {
  return apply(convolutionInputGradientOperation, [dy, weight], { stride, padding, dilation, groups, shape });
}

export function convolutionWeightGradient(
  x: Value,
  dy: Value,
  shape: Shape,
  { stride, padding, dilation, groups }: ConvolutionAttributes,
): Value {
  return apply(convolutionWeightGradientOperation, [x, dy], { stride, padding, dilation, groups, shape });
}
