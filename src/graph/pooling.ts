import { elementCount } from '../support/tensor.ts';
import { pad, reduceMean, reshape, slice } from './arrays.ts';
import { convolution, convolutionInputGradient, type Pair, pair, places } from './convolution.ts';
import { equal, multiply, relu, subtract } from './elementwise.ts';
import { constant } from './leaves.ts';
import { matMul, transposed } from './matrices.ts';
import { type Shape, shapeText } from './shape.ts';
import { apply, type Operation, type Value } from './value.ts';

export interface PoolAttributes {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
}

const pooledShape = (name: string, x: Shape, { kernel, stride, padding }: PoolAttributes) => {
  const size = ([0, 1] as const).map((i) => places(x[2 + i] ?? 0, kernel[i], stride[i], padding[i]));
  if (x.length !== 4 || size.some((n) => n < 1))
    throw new TypeError(`${name}: no ${kernel.join('×')} window fits ${shapeText(x)}`);
  return [x[0]!, x[1]!, ...size];
};

/** Visits every element of x under each window, given as the indices of x and of the window. */
function visitWindows(
  [, , height, width]: Shape,
  [batch, channels, rows, columns]: Shape,
  { kernel, stride, padding }: PoolAttributes,
  visit: (x: number, y: number) => void,
): void {
  for (let map = 0; map < batch! * channels!; map++)
    for (let row = 0; row < rows!; row++)
      for (let column = 0; column < columns!; column++)
        for (let a = 0; a < kernel[0]; a++)
          for (let b = 0; b < kernel[1]; b++) {
            const top = row * stride[0] - padding[0] + a;
            const left = column * stride[1] - padding[1] + b;
            if (top >= 0 && top < height! && left >= 0 && left < width!)
              visit((map * height! + top) * width! + left, (map * rows! + row) * columns! + column);
          }
}

const onnxAttributes = ({ kernel, stride, padding }: PoolAttributes) => ({
  kernel_shape: kernel,
  strides: stride,
  pads: [...padding, ...padding],
});

export const maxPoolOperation: Operation<PoolAttributes> = {
  name: 'maxPool',
  shape: ([x], attributes) => pooledShape('maxPool', x!, attributes),
  reference: ({ shape, inputs, attributes }, [x]) => {
    const y = new Float64Array(elementCount(shape)).fill(Number.NEGATIVE_INFINITY);
    visitWindows(inputs[0]!.shape, shape, attributes, (i, j) => {
      y[j] = Math.max(y[j]!, x![i]!);
    });
    return y;
  },
  gradient: (y, dy) => [apply(maxPoolGradientOperation, [y.inputs[0]!, y, dy], y.attributes)],
  lower: ({ attributes }, inputs, onnx) => onnx.node('MaxPool', inputs, onnxAttributes(attributes)),
};

/** Inputs x, y and dy; of equal maxima the first in its window receives the gradient, as in PyTorch. */
export const maxPoolGradientOperation: Operation<PoolAttributes> = {
  name: 'maxPoolGradient',
  shape: ([x]) => x!,
  reference: ({ inputs, attributes }, [x, y, dy]) => {
    const dx = new Float64Array(x!.length);
    const given = new Uint8Array(y!.length);
    visitWindows(inputs[0]!.shape, inputs[1]!.shape, attributes, (i, j) => {
      if (given[j] || x![i] !== y![j]) return;
      given[j] = 1;
      dx[i]! += dy![j]!;
    });
    return dx;
  },
  // Each window's elements side by side by a convolution with one-hot windows; its transpose puts them back.
  expand: ({ inputs: [x, y, dy], attributes: { kernel, stride, padding } }) => {
    const [batch, channels, height, width] = x!.shape;
    const [rows, columns] = y!.shape.slice(2);
    const taps = kernel[0] * kernel[1];
    const margins = padding.map((size) => [size, size]);
    const lowest = -3e38;
    const padded = pad(x!, [[0, 0], [0, 0], ...margins], lowest);
    const oneHot = new Float64Array(channels! * taps * taps);
    for (let i = 0; i < channels! * taps; i++) oneHot[i * taps + (i % taps)] = 1;
    const windows = constant({ shape: [channels! * taps, 1, ...kernel], data: oneHot });
    const options = { stride, padding: [0, 0], dilation: [1, 1], groups: channels! } as const;
    const byWindow = (value: Value, count: number) =>
      reshape(value, [batch! * channels!, count, rows! * columns!]);
    const isMaximum = equal(byWindow(convolution(padded, windows, options), taps), byWindow(y!, 1));
    const earlier = constant({
      shape: [taps, taps],
      data: Float64Array.from({ length: taps * taps }, (_, i) => (i % taps < Math.floor(i / taps) ? 1 : 0)),
    });
    const isFirst = relu(subtract(isMaximum, matMul(earlier, isMaximum)));
    const given = multiply(isFirst, byWindow(dy!, 1));
    const spread = reshape(given, [batch!, channels! * taps, rows!, columns!]);
    const dx = convolutionInputGradient(spread, windows, padded.shape, options);
    return cropped(dx, padding, [height!, width!]);
  },
};

const cropped = (
  x: Value,
  [top, left]: readonly [number, number],
  [height, width]: readonly [number, number],
) => slice(slice(x, 2, top, top + height), 3, left, left + width);

export const averagePoolOperation: Operation<PoolAttributes> = {
  name: 'averagePool',
  shape: ([x], attributes) => pooledShape('averagePool', x!, attributes),
  reference: ({ shape, inputs, attributes }, [x]) => {
    const y = new Float64Array(elementCount(shape));
    const share = 1 / (attributes.kernel[0] * attributes.kernel[1]);
    visitWindows(inputs[0]!.shape, shape, attributes, (i, j) => {
      y[j]! += x![i]! * share;
    });
    return y;
  },
  gradient: ({ inputs: [x], attributes }, dy) => [
    apply(averagePoolGradientOperation, [dy], { ...attributes, shape: x!.shape }),
  ],
  lower: ({ attributes }, inputs, onnx) => onnx.node('AveragePool', inputs, onnxAttributes(attributes)),
};

export const averagePoolGradientOperation: Operation<PoolAttributes & { shape: Shape }> = {
  name: 'averagePoolGradient',
  shape: (_, { shape }) => shape,
  reference: ({ inputs, shape, attributes }, [dy]) => {
    const dx = new Float64Array(elementCount(shape));
    const share = 1 / (attributes.kernel[0] * attributes.kernel[1]);
    visitWindows(shape, inputs[0]!.shape, attributes, (i, j) => {
      dx[i]! += dy![j]! * share;
    });
    return dx;
  },
  gradient: ({ attributes }, g) => [apply(averagePoolOperation, [g], attributes)],
  expand: ({ inputs: [dy], attributes: { kernel, stride, padding, shape } }) => {
    const channels = shape[1]!;
    const window = {
      shape: [channels, 1, ...kernel],
      data: new Float64Array(channels * kernel[0] * kernel[1]),
    };
    window.data.fill(1 / (kernel[0] * kernel[1]));
    return convolutionInputGradient(dy!, constant(window), shape, {
      stride,
      padding,
      dilation: [1, 1],
      groups: channels,
    });
  },
};

/** Of a pool over height and width; a number stands for both. */
export interface PoolOptions {
  kernel: Pair;
  /** The kernel's size unless given. */
  stride?: Pair;
}

/** The largest element under each window; x [N, C, H, W]. Padding never wins. */
export function maxPool(
  x: Value,
  { kernel, stride = kernel, padding = 0 }: PoolOptions & { padding?: Pair },
): Value {
  return apply(maxPoolOperation, [x], { kernel: pair(kernel), stride: pair(stride), padding: pair(padding) });
}

/** The mean of the elements under each window; x [N, C, H, W]. */
export function averagePool(x: Value, { kernel, stride = kernel }: PoolOptions): Value {
  return apply(averagePoolOperation, [x], { kernel: pair(kernel), stride: pair(stride), padding: [0, 0] });
}

/** [N, C, H, W] → [N, C]. */
export function globalAveragePool(x: Value): Value {
  return reduceMean(x, [2, 3]);
}

/** PyTorch's AdaptiveAvgPool2d: [N, C, H, W] → [N, C, height, width], each place the mean of its share of x, which may overlap. */
export function adaptiveAveragePool(x: Value, [height, width]: readonly [number, number]): Value {
  const [, , fromHeight, fromWidth] = x.shape;
  if (fromHeight! % height === 0 && fromWidth! % width === 0)
    return averagePool(x, { kernel: [fromHeight! / height, fromWidth! / width] });
  return matMul(matMul(shares(height, fromHeight!), x), transposed(shares(width, fromWidth!)));
}

/** [places, size]: place i is the mean of the elements from ⌊i · size / places⌋ up to ⌈(i + 1) · size / places⌉. */
function shares(count: number, size: number): Value {
  const data = new Float64Array(count * size);
  for (let i = 0; i < count; i++) {
    const start = Math.floor((i * size) / count);
    const end = Math.ceil(((i + 1) * size) / count);
    data.fill(1 / (end - start), i * size + start, i * size + end);
  }
  return constant({ shape: [count, size], data });
}
