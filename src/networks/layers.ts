import {
  batchNorm,
  batchNormOfBatch,
  type ConvolutionOptions,
  convolution,
  parameter,
  relu,
  type Value,
} from '../graph/index.ts';

/** Batch norms use their running averages, frozen, as when fine-tuning; this tells which do not. */
export interface BatchStatistics {
  /** Whether the batch norm of this path uses the statistics of the batch, as when training from scratch. */
  uses(path: string): boolean;
  /** Receives, by parameter name, what the running averages of those become. */
  readonly averages: Map<string, Value>;
}

/** Where a network's layers get their names from, and how its batch norms work. */
export interface Layers {
  /** What the names of all parameters start with, as `picture.`. */
  readonly prefix: string;
  readonly batch?: BatchStatistics | undefined;
}

export interface ConvolutionLayer extends Omit<ConvolutionOptions, 'bias'> {
  channels: number;
  /** Height and width of the window, or both at once. */
  kernel: number | readonly [number, number];
  /** True unless told. */
  bias?: boolean;
}

/** A convolution with its own parameters `NAME.weight` and `NAME.bias`. */
export function convolutionLayer(x: Value, layers: Layers, name: string, options: ConvolutionLayer): Value {
  const { channels, kernel, bias = true, ...rest } = options;
  const window = typeof kernel === 'number' ? [kernel, kernel] : kernel;
  const path = layers.prefix + name;
  const weight = parameter(`${path}.weight`, [channels, x.shape[1]! / (rest.groups ?? 1), ...window]);
  return convolution(x, weight, { ...rest, ...(bias && { bias: parameter(`${path}.bias`, [channels]) }) });
}

/** A batch norm with its own parameters `NAME.{weight,bias,running_mean,running_var}`, and the ReLU that follows it. */
export function normRelu(x: Value, layers: Layers, name: string): Value {
  const path = layers.prefix + name;
  const shape = [x.shape[1]!];
  const statistics = {
    scale: parameter(`${path}.weight`, shape),
    bias: parameter(`${path}.bias`, shape),
    mean: parameter(`${path}.running_mean`, shape, { trainable: false }),
    variance: parameter(`${path}.running_var`, shape, { trainable: false }),
  };
  if (!layers.batch?.uses(path)) return relu(batchNorm(x, statistics));
  const { output, mean, variance } = batchNormOfBatch(x, statistics);
  layers.batch.averages.set(`${path}.running_mean`, mean).set(`${path}.running_var`, variance);
  return relu(output);
}
