import { reduceMean, reduceSum, reshape } from './arrays.ts';
import { add, divide, multiply, sqrt, subtract } from './elementwise.ts';
import { shapeText } from './shape.ts';
import { apply, type Operation, type Value } from './value.ts';

/** One number per channel of each. */
export interface NormStatistics {
  scale: Value;
  bias: Value;
  mean: Value;
  variance: Value;
  /** 1e-5 unless given. */
  epsilon?: number;
}

/** [C] → [C, 1, 1], which broadcasts against [N, C, H, W]. */
const perChannel = (value: Value) => reshape(value, [value.shape[0]!, 1, 1]);
const overMaps = (value: Value) => reduceSum(value, [0, 2, 3]);

/** Inputs x [N, C, H, W], then scale, bias, mean, variance [C]. */
export const batchNormOperation: Operation<{ epsilon: number }> = {
  name: 'batchNorm',
  shape: ([x, ...statistics]) => {
    if (x!.length !== 4) throw new TypeError(`batchNorm: expects [N,C,H,W], got ${shapeText(x!)}`);
    for (const shape of statistics)
      if (String(shape) !== String([x![1]]))
        throw new TypeError(
          `batchNorm: expects statistics [${x![1]}] for ${shapeText(x!)}, got ${shapeText(shape)}`,
        );
    return x!;
  },
  reference: ({ shape, attributes: { epsilon } }, [x, scale, bias, mean, variance]) => {
    const place = shape[2]! * shape[3]!;
    return x!.map((element, i) => {
      const c = Math.floor(i / place) % shape[1]!;
      return ((element - mean![c]!) / Math.sqrt(variance![c]! + epsilon)) * scale![c]! + bias![c]!;
    });
  },
  // All by way of dx, so that nothing but dx is as large as x. In a float32, 1e-20 changes no slope but 0.
  gradient: ({ inputs: [x, scale, , mean, variance], attributes: { epsilon } }, dy) => {
    const deviation = sqrt(add(variance!, epsilon));
    const slope = add(divide(scale!, deviation), 1e-20);
    const dx = multiply(dy, perChannel(slope));
    const sum = overMaps(dx);
    const aligned = divide(subtract(overMaps(multiply(dx, x!)), multiply(mean!, sum)), deviation);
    return [
      dx,
      divide(aligned, slope),
      divide(sum, slope),
      multiply(sum, -1),
      multiply(divide(aligned, deviation), -0.5),
    ];
  },
  lower: ({ attributes }, inputs, onnx) =>
    onnx.node('BatchNormalization', inputs, { epsilon: { float: attributes.epsilon } }),
};

/** (x − mean) / √(variance + ε) · scale + bias for each channel of x [N, C, H, W]: frozen, with statistics as given. */
export function batchNorm(x: Value, { scale, bias, mean, variance, epsilon = 1e-5 }: NormStatistics): Value {
  return apply(batchNormOperation, [x, scale, bias, mean, variance], { epsilon });
}

/**
 * Batch norm with the mean and variance of x itself, as when training from scratch.
 *
 * @returns besides the output, what the running mean and variance become: moved by `momentum` towards those of the
 *   batch, the variance with Bessel's correction, as in PyTorch.
 */
export function batchNormOfBatch(
  x: Value,
  { momentum = 0.1, ...running }: NormStatistics & { momentum?: number },
): { output: Value; mean: Value; variance: Value } {
  const mean = reduceMean(x, [0, 2, 3]);
  const deviation = subtract(x, perChannel(mean));
  const variance = reduceMean(multiply(deviation, deviation), [0, 2, 3]);
  const count = x.shape[0]! * x.shape[2]! * x.shape[3]!;
  const unbiased = multiply(variance, count / Math.max(count - 1, 1));
  const moved = (from: Value, to: Value) => add(multiply(from, 1 - momentum), multiply(to, momentum));
  return {
    output: batchNorm(x, { ...running, mean, variance }),
    mean: moved(running.mean, mean),
    variance: moved(running.variance, unbiased),
  };
}

/** Numbers that are positive and sum to 1 along the last axis. */
export const softmaxOperation: Operation<Record<string, never>> = {
  name: 'softmax',
  shape: ([x]) => {
    if (x!.length === 0) throw new TypeError('softmax: expects at least one axis, got []');
    return x!;
  },
  reference: ({ shape }, [x]) => {
    const size = shape.at(-1)!;
    const y = new Float64Array(x!.length);
    for (let start = 0; start < x!.length; start += size) {
      const row = x!.subarray(start, start + size);
      const largest = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
      const powers = row.map((value) => Math.exp(value - largest));
      const sum = powers.reduce((total, value) => total + value, 0);
      y.set(
        powers.map((value) => value / sum),
        start,
      );
    }
    return y;
  },
  gradient: (y, dy) => {
    const last = [y.shape.length - 1];
    return [multiply(y, subtract(dy, reduceSum(multiply(dy, y), last, true)))];
  },
  lower: (_, inputs, onnx) => onnx.node('Softmax', inputs, { axis: -1 }),
};

/** eˣ divided by its sum along the last axis. */
export function softmax(x: Value): Value {
  return apply(softmaxOperation, [x], {});
}
