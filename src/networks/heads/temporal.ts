// A head over time, which sees the seconds before and after. From what is known of every second of a film to its curve: a
// linear filter of the mean-linear head's answers, and beside it a small dilated convolution of the features (Oord et al.
// 2016, "WaveNet"; residual as Bai, Kolter & Koltun 2018, section 3).
import type { Affect } from '../../affect/index.ts';
import { add, input, type ParameterValue, parametersOf, relu, slice, type Value } from '../../graph/index.ts';
import type { Tensor } from '../../support/tensor.ts';
import { convolutionLayer } from '../layers.ts';
import { randomParameters } from '../random-parameters.ts';
import type { Heads, Parameters } from './head.ts';
import { numbersOf, widthOf } from './mean-linear.ts';

/** Sizes of a temporal head. */
export interface TemporalHead {
  /** Of the hidden maps. */
  readonly channels: number;
  /** Of the convolutions one after the other, each of three taps, in seconds. */
  readonly dilations: readonly number[];
  /** Whether a second sees those before it alone, not those after it. */
  readonly causal: boolean;
}

/** The preset `small`: 15 s to each side, or causal 30 s back. */
export const smallTemporalHead: TemporalHead = { channels: 4, dilations: [1, 2, 4, 8], causal: false };

const layers = { prefix: 'temporal.' };
const taps = 3;

/** How many seconds before and after a second are looked at. */
export interface Reach {
  readonly before: number;
  readonly after: number;
}

/** A head over time as it is trained; `temporal.filter.…` are the parameters of its filter of the answers. */
export interface CurveNetwork {
  readonly reach: Reach;
  /** Fresh weights, by a seed, for so many numbers a second. */
  fresh(inputs: number, seed: number): Map<string, Tensor>;
  /** As `temporalCurve`. */
  curve(x: Value): Value;
  /** The same over a whole film, as `curveOfSeconds`. */
  curveOfSeconds(parameters: Parameters, seconds: Float32Array): Affect[];
}

/** The head of these sizes. */
export function temporalNetwork(head: TemporalHead): CurveNetwork {
  return {
    reach: reachOf(head),
    fresh: (inputs, seed) => randomParameters(temporalParameters(head, inputs), seed),
    curve: (x) => temporalCurve(head, x),
    curveOfSeconds: (parameters, seconds) => curveOfSeconds(head, parameters, seconds),
  };
}

/** How many seconds before and after a second its value depends on. */
export function reachOf({ dilations, causal }: TemporalHead): Reach {
  const half = dilations.reduce((sum, dilation) => sum + dilation, 0);
  return causal ? { before: 2 * half, after: 0 } : { before: half, after: half };
}

/** What is known of a second: the mean-linear head's answer for it, valence and arousal, and its features. */
export function inputsOfSecond({ heads }: Heads): number {
  return 2 + heads.reduce((sum, head) => sum + widthOf(head), 0);
}

/**
 * The head as an expression.
 *
 * @param x [films, inputs, before + time + after, 1]: of each second the two answers of the mean-linear head, then features;
 *   `reachOf` says how many seconds more than the curve has.
 * @returns [films, 2, time, 1], valence and arousal.
 */
export function temporalCurve({ channels, dilations, causal }: TemporalHead, x: Value): Value {
  const filtered = filteredAnswers(x, reachOf({ channels, dilations, causal }));
  let hidden = relu(convolutionLayer(x, layers, 'input', { channels, kernel: 1 }));
  for (const [i, dilation] of dilations.entries()) {
    const seen = convolutionLayer(hidden, layers, `layers.${i}`, {
      channels,
      kernel: [taps, 1],
      dilation: [dilation, 1],
    });
    const start = ownTap(causal) * dilation;
    hidden = add(slice(hidden, 2, start, start + seen.shape[2]!), relu(seen));
  }
  return add(filtered, convolutionLayer(hidden, layers, 'output', { channels: 2, kernel: 1 }));
}

/**
 * The linear filter of the mean-linear head's answers.
 *
 * @param x as `temporalCurve` takes it.
 * @returns [films, 2, time, 1].
 */
export function filteredAnswers(x: Value, { before, after }: Reach): Value {
  const kernel = [before + 1 + after, 1] as const;
  return convolutionLayer(slice(x, 1, 0, 2), layers, 'filter', { channels: 2, kernel });
}

/** Of the taps of a convolution, the one that is the second itself. */
function ownTap(causal: boolean): number {
  return causal ? taps - 1 : 1;
}

/** The parameters of a head, by name and shape. */
export function temporalParameters(head: TemporalHead, inputs: number): ParameterValue[] {
  const { before, after } = reachOf(head);
  return parametersOf(temporalCurve(head, input('seconds', [1, inputs, before + 1 + after, 1])));
}

/**
 * The head in plain arithmetic, over a whole film. Beyond its edges a film goes on as its first and its last second are:
 * what follows a second by more than `reachOf` says does not change its value by a bit.
 *
 * @param seconds [time · inputs], second by second.
 */
export function curveOfSeconds(head: TemporalHead, parameters: Parameters, seconds: Float32Array): Affect[] {
  const { dilations, causal } = head;
  const { before, after } = reachOf(head);
  const weights = (name: string) => numbersOf(parameters, `temporal.${name}.weight`);
  const biases = (name: string) => numbersOf(parameters, `temporal.${name}.bias`);
  const inputs = weights('input').length / biases('input').length;
  const rows = edged(rowsOf(seconds, inputs), before, after);
  const layer = (name: string, of: readonly Float64Array[], dilation = 1) =>
    convolved(of, weights(name), biases(name), dilation);

  const filtered = layer(
    'filter',
    rows.map((row) => row.subarray(0, 2)),
  );
  let hidden = layer('input', rows).map(rectified);
  for (const [i, dilation] of dilations.entries()) {
    const start = ownTap(causal) * dilation;
    const own = hidden;
    hidden = layer(`layers.${i}`, own, dilation).map((seen, time) =>
      rectified(seen).map((value, channel) => value + own[time + start]![channel]!),
    );
  }
  return layer('output', hidden).map(([valence, arousal], time) => ({
    valence: filtered[time]![0]! + valence!,
    arousal: filtered[time]![1]! + arousal!,
  }));
}

function rowsOf(seconds: Float32Array, inputs: number): Float64Array[] {
  return Array.from({ length: seconds.length / inputs }, (_, time) =>
    Float64Array.from(seconds.subarray(time * inputs, (time + 1) * inputs)),
  );
}

function edged<Row>(rows: readonly Row[], before: number, after: number): Row[] {
  return Array.from(
    { length: before + rows.length + after },
    (_, i) => rows[secondAt(i - before, rows.length)]!,
  );
}

/** The second of a film that stands for a time before its first or after its last: the nearest there is. */
export function secondAt(time: number, seconds: number): number {
  return Math.min(Math.max(time, 0), seconds - 1);
}

function rectified(row: Float64Array): Float64Array {
  return row.map((value) => Math.max(value, 0));
}

/** A convolution over time without padding: weight [outputs, inputs, taps, 1]. */
function convolved(
  rows: readonly Float64Array[],
  weight: Float32Array,
  bias: Float32Array,
  dilation: number,
): Float64Array[] {
  const inputs = rows[0]!.length;
  const window = weight.length / bias.length / inputs;
  return Array.from({ length: rows.length - dilation * (window - 1) }, (_, time) =>
    Float64Array.from(bias, (start, output) => {
      let sum = start;
      for (let i = 0; i < inputs; i++) {
        const first = (output * inputs + i) * window;
        for (let tap = 0; tap < window; tap++) sum += weight[first + tap]! * rows[time + tap * dilation]![i]!;
      }
      return sum;
    }),
  );
}
