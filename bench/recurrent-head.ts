// A head over time with a GRU (Cho et al. 2014; as torch.nn.GRU computes it) in place of the dilated convolution, to be
// measured beside it: the same filter of the mean-linear head's answers, and beside it a GRU of the seconds, of some units,
// forward alone (causal) or in both directions. It begins from zeros as many seconds before its curve as the filter reaches,
// and over a film at its edges, from where it goes on through all of it.
import type { Affect } from '../src/affect/index.ts';
import {
  add,
  concat,
  constant,
  convolution,
  linear,
  multiply,
  parameter,
  reshape,
  sigmoid,
  slice,
  subtract,
  transpose,
  type Value,
} from '../src/graph/index.ts';
import { type CurveNetwork, filteredAnswers, type Reach, secondAt } from '../src/networks/index.ts';
import { Random, seedOf } from '../src/support/random.ts';
import { elementCount, type Tensor } from '../src/support/tensor.ts';

/** Sizes of a recurrent head. */
export interface RecurrentHead {
  /** Of each direction. */
  readonly units: number;
  /** Whether a second sees those before it alone. */
  readonly causal: boolean;
}

type Direction = 'forward' | 'backward';

const directionsOf = ({ causal }: RecurrentHead): Direction[] =>
  causal ? ['forward'] : ['forward', 'backward'];

/** As far as the convolution that it is measured beside. */
const reachOf = ({ causal }: RecurrentHead): Reach =>
  causal ? { before: 30, after: 0 } : { before: 15, after: 15 };

/** The head of these sizes, for `trainTemporalHead`. */
export function recurrentNetwork(head: RecurrentHead): CurveNetwork {
  return {
    reach: reachOf(head),
    fresh: (inputs, seed) => freshWeights(head, inputs, seed),
    curve: (x) => recurrentCurve(head, x),
    curveOfSeconds: (parameters, seconds) => recurrentCurveOfSeconds(head, parameters, seconds),
  };
}

/** Uniform within the inverse root of the units, as PyTorch begins a GRU. */
function freshWeights(head: RecurrentHead, inputs: number, seed: number): Map<string, Tensor> {
  const { units } = head;
  const { before, after } = reachOf(head);
  const gates = 3 * units * directionsOf(head).length;
  const shapes: [string, number[]][] = [
    ['filter.weight', [2, 2, before + 1 + after, 1]],
    ['filter.bias', [2]],
    ['input.weight', [gates, inputs, 1, 1]],
    ['input.bias', [gates]],
    ...directionsOf(head).flatMap((direction): [string, number[]][] => [
      [`${direction}.weight`, [3 * units, units]],
      [`${direction}.bias`, [3 * units]],
    ]),
    ['output.weight', [2, units * directionsOf(head).length, 1, 1]],
    ['output.bias', [2]],
  ];
  return new Map(
    shapes.map(([name, shape], i) => {
      const random = Random.seeded(seedOf(seed, 0, i + 1));
      const data = Float32Array.from(
        { length: elementCount(shape) },
        () => (2 * random.uniform() - 1) / Math.sqrt(units),
      );
      // biases of what is no GRU begin at 0
      if (name === 'filter.bias' || name === 'output.bias') data.fill(0);
      return [`temporal.${name}`, { shape, data }];
    }),
  );
}

/** As `temporalCurve`: [films, inputs, before + time + after, 1] → [films, 2, time, 1]. */
function recurrentCurve(head: RecurrentHead, x: Value): Value {
  const { units } = head;
  const { before, after } = reachOf(head);
  const [films, inputs, length] = x.shape as [number, number, number];
  const directions = directionsOf(head);
  const gates = 3 * units * directions.length;
  const weight = parameter('temporal.input.weight', [gates, inputs, 1, 1]);
  const seen = convolution(x, weight, { bias: parameter('temporal.input.bias', [gates]) });
  const states = directions.map((direction, d) => {
    const own = slice(seen, 1, 3 * units * d, 3 * units * (d + 1));
    const times = [...Array(length).keys()];
    const hidden = unrolled(own, direction === 'forward' ? times : times.reverse(), direction, units);
    return hidden.slice(before, length - after);
  });
  // [films, units, time, 1] of all directions side by side
  const sideBySide = states.map((own) =>
    transpose(
      concat(
        own.map((state) => reshape(state, [films, 1, units, 1])),
        1,
      ),
      [0, 2, 1, 3],
    ),
  );
  const hidden = concat(sideBySide, 1);
  const output = parameter('temporal.output.weight', [2, hidden.shape[1]!, 1, 1]);
  const added = convolution(hidden, output, { bias: parameter('temporal.output.bias', [2]) });
  return add(filteredAnswers(x, { before, after }), added);
}

/**
 * A GRU, second by second.
 *
 * @param seen what the input says to the gates, [films, 3 · units, time, 1]: reset, update, new.
 * @param times in the order in which it goes through them.
 * @returns its state [films, units] at each second.
 */
function unrolled(seen: Value, times: readonly number[], direction: Direction, units: number): Value[] {
  const films = seen.shape[0]!;
  const weight = parameter(`temporal.${direction}.weight`, [3 * units, units]);
  const bias = parameter(`temporal.${direction}.bias`, [3 * units]);
  const states: Value[] = [];
  let state: Value = constant({ shape: [films, units], data: new Float32Array(films * units) });
  for (const time of times) {
    const now = reshape(slice(seen, 2, time, time + 1), [films, 3 * units]);
    const known = linear(state, weight, bias);
    const part = (of: Value, gate: number) => slice(of, 1, gate * units, (gate + 1) * units);
    const [reset, update] = [0, 1].map((gate) => sigmoid(add(part(now, gate), part(known, gate))));
    const candidate = tanh(add(part(now, 2), multiply(reset!, part(known, 2))));
    state = add(candidate, multiply(update!, subtract(state, candidate)));
    states[time] = state;
  }
  return states;
}

function tanh(x: Value): Value {
  return subtract(multiply(sigmoid(multiply(x, 2)), 2), 1);
}

/** The same in plain arithmetic, over a whole film. */
function recurrentCurveOfSeconds(
  head: RecurrentHead,
  parameters: ReadonlyMap<string, Tensor>,
  seconds: Float32Array,
): Affect[] {
  const { units } = head;
  const { before, after } = reachOf(head);
  const numbers = (name: string) => parameters.get(`temporal.${name}`)!.data;
  const inputs = numbers('input.weight').length / numbers('input.bias').length;
  const length = seconds.length / inputs;
  const rows = Array.from({ length: before + length + after }, (_, i) => {
    const time = secondAt(i - before, length);
    return seconds.subarray(time * inputs, (time + 1) * inputs);
  });
  const times = [...rows.keys()];
  const states = directionsOf(head).map((direction, d) => {
    const own: Float64Array[] = [];
    let state = new Float64Array(units);
    for (const time of direction === 'forward' ? times : times.toReversed()) {
      const gates = Float64Array.from({ length: 3 * units }, (_, gate) =>
        row(numbers('input.weight'), numbers('input.bias'), 3 * units * d + gate, rows[time]!),
      );
      const known = Float64Array.from({ length: 3 * units }, (_, gate) =>
        row(numbers(`${direction}.weight`), numbers(`${direction}.bias`), gate, state),
      );
      state = state.map((value, unit) => {
        const [reset, update] = [unit, units + unit].map((gate) => logistic(gates[gate]! + known[gate]!));
        const candidate = Math.tanh(gates[2 * units + unit]! + reset! * known[2 * units + unit]!);
        return candidate + update! * (value - candidate);
      });
      own[time] = state;
    }
    return own;
  });
  return Array.from({ length }, (_, time) => {
    const hidden = states.flatMap((own) => [...own[before + time]!]);
    const [valence, arousal] = [0, 1].map((output) => {
      let sum = row(numbers('output.weight'), numbers('output.bias'), output, hidden);
      sum += numbers('filter.bias')[output]!;
      const window = before + 1 + after;
      for (let answer = 0; answer < 2; answer++)
        for (let tap = 0; tap < window; tap++)
          sum += numbers('filter.weight')[(output * 2 + answer) * window + tap]! * rows[time + tap]![answer]!;
      return sum;
    });
    return { valence: valence!, arousal: arousal! };
  });
}

/** A row of a matrix times a vector, and its bias. */
function row(weight: Float32Array, bias: Float32Array, index: number, vector: ArrayLike<number>): number {
  let sum = bias[index]!;
  for (let i = 0; i < vector.length; i++) sum += weight[index * vector.length + i]! * vector[i]!;
  return sum;
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
