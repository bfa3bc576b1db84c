import { backboneOf, streamOfParameter } from '../streams/index.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';

/** Named weights, or their gradients. */
export type Tensors = ReadonlyMap<string, Tensor>;

/**
 * What an optimizer remembers between steps, made to be saved: how many steps were taken, and its tensors
 * (`first.NAME` and `second.NAME` for Adam, `velocity.NAME` for SGD).
 */
export interface OptimizerState {
  step: number;
  readonly tensors: Map<string, Tensor>;
}

/** The learning rate, one for all parameters or one per name. */
export type LearningRate = number | ((name: string) => number);

export interface Optimizer {
  /** The state before the first step. */
  init(parameters: Tensors): OptimizerState;
  /** One step, in place: changes every parameter that has a gradient, and the state. */
  update(parameters: Tensors, gradients: Tensors, state: OptimizerState, rate: LearningRate): void;
}

/** The change of one parameter array, given its arrays of the state. */
type Rule = (
  values: Float32Array,
  gradient: Float32Array,
  slots: readonly Float32Array[],
  rate: number,
  decay: number,
  step: number,
) => void;

function optimizer(slotNames: readonly string[], weightDecay: number, rule: Rule): Optimizer {
  return {
    init(parameters) {
      const tensors = new Map<string, Tensor>();
      for (const [name, { shape }] of parameters)
        for (const slot of slotNames)
          tensors.set(`${slot}.${name}`, { shape, data: new Float32Array(elementCount(shape)) });
      return { step: 0, tensors };
    },
    update(parameters, gradients, state, rate) {
      state.step++;
      for (const [name, gradient] of gradients) {
        const parameter = parameters.get(name);
        const slots = slotNames.map((slot) => state.tensors.get(`${slot}.${name}`)?.data);
        if (!parameter || slots.some((data) => data?.length !== gradient.data.length))
          throw new Error(`internal: the optimizer does not know the parameter ${name}`);
        // Biases and the scales of batch norms are one-dimensional, and are never decayed.
        const decay = parameter.shape.length > 1 ? weightDecay : 0;
        const ownRate = typeof rate === 'number' ? rate : rate(name);
        rule(parameter.data, gradient.data, slots as Float32Array[], ownRate, decay, state.step);
      }
    },
  };
}

/** Stochastic gradient descent with momentum, as PyTorch defines it; weight decay is added to the gradient. */
export function sgd({
  momentum = 0.9,
  weightDecay = 0,
}: {
  momentum?: number;
  weightDecay?: number;
} = {}): Optimizer {
  return optimizer(['velocity'], weightDecay, (values, gradient, [velocity], rate, decay) => {
    for (let i = 0; i < values.length; i++) {
      const moved = momentum * velocity![i]! + gradient[i]! + decay * values[i]!;
      velocity![i] = moved;
      values[i] = values[i]! - rate * moved;
    }
  });
}

export interface AdamOptions {
  beta1?: number;
  beta2?: number;
  epsilon?: number;
}

/** Adam (Kingma & Ba 2015, algorithm 1). */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamW({ ...options, weightDecay: 0 });
}

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019): weights shrink by rate × decay before each step. */
export function adamW(options: AdamOptions & { weightDecay?: number } = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01 } = options;
  return optimizer(['first', 'second'], weightDecay, (values, gradient, slots, rate, decay, step) => {
    const [first, second] = slots as [Float32Array, Float32Array];
    const secondCorrection = Math.sqrt(1 - beta2 ** step);
    const stride = (rate * secondCorrection) / (1 - beta1 ** step);
    const floor = epsilon * secondCorrection;
    const kept = 1 - rate * decay;
    for (let i = 0; i < values.length; i++) {
      const slope = gradient[i]!;
      const mean = beta1 * first[i]! + (1 - beta1) * slope;
      const square = beta2 * second[i]! + (1 - beta2) * slope * slope;
      first[i] = mean;
      second[i] = square;
      values[i] = kept * values[i]! - (stride * mean) / (Math.sqrt(square) + floor);
    }
  });
}

/**
 * Scales all gradients down, in place, so that their joint Euclidean norm is at most `limit`.
 *
 * @returns the norm before; not finite when a gradient is not, and then nothing is changed.
 */
export function clipByGlobalNorm(gradients: Tensors, limit: number): number {
  let sum = 0;
  for (const { data } of gradients.values()) for (let i = 0; i < data.length; i++) sum += data[i]! * data[i]!;
  const norm = Math.sqrt(sum);
  if (Number.isFinite(norm) && norm > limit) {
    const scale = limit / norm;
    for (const { data } of gradients.values())
      for (let i = 0; i < data.length; i++) data[i] = data[i]! * scale;
  }
  return norm;
}

export interface Schedule {
  /** Steps over which the rate rises from 0 to its peak. */
  warmup: number;
  /** Steps in all. */
  total: number;
  /** Rate after the last step, as a part of the peak; 0 by default. */
  final?: number;
}

/** Part of the peak learning rate to use at `step` (from 0): a linear warm-up, then half a cosine down to `final`. */
export function warmupCosine({ warmup, total, final = 0 }: Schedule, step: number): number {
  if (step < warmup) return (step + 1) / warmup;
  const progress = Math.min(1, (step - warmup) / Math.max(1, total - warmup));
  return final + ((1 - final) * (1 + Math.cos(Math.PI * progress))) / 2;
}

/**
 * Learning rates of the two groups: streams whose networks can start from pretrained files (backbone); fusion, regression and
 * streams that always start from random weights (head).
 *
 * @param backbone by stream, as a network has it.
 */
export function groupedRate(
  rates: { backbone: number; head: number },
  backbone: Readonly<Record<string, string>>,
): (name: string) => number {
  return (name) => {
    const stream = streamOfParameter(name);
    const isPretrained = stream !== undefined && backboneOf(stream, backbone[stream]).pretrained;
    return isPretrained ? rates.backbone : rates.head;
  };
}
