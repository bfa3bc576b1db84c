import { expect, test } from 'vitest';
import {
  constant,
  evaluate,
  gradients,
  input,
  multiply,
  parametersOf,
  reduceSum,
} from '../../graph/index.ts';
import { Random } from '../../support/random.ts';
import { elementCount, type Tensor } from '../../support/tensor.ts';
import {
  curveOfSeconds,
  reachOf,
  secondAt,
  type TemporalHead,
  temporalCurve,
  temporalParameters,
} from './temporal.ts';

const inputs = 5;
const heads: TemporalHead[] = [
  { channels: 3, dilations: [1, 2], causal: false },
  { channels: 3, dilations: [1, 2], causal: true },
];

function drawn(shape: readonly number[], seed: number): Tensor {
  const random = Random.seeded(seed);
  return { shape, data: Float32Array.from({ length: elementCount(shape) }, () => random.normal()) };
}

const parametersFor = (head: TemporalHead) =>
  new Map(temporalParameters(head, inputs).map(({ name, shape }, i) => [name, drawn(shape, 10 + i)]));

/** The seconds of a film as the expression takes them, with its edges. */
function withEdges(head: TemporalHead, seconds: Float32Array): Tensor {
  const { before, after } = reachOf(head);
  const length = seconds.length / inputs;
  const time = before + length + after;
  const data = new Float32Array(inputs * time);
  for (let i = 0; i < inputs; i++)
    for (let t = 0; t < time; t++) data[i * time + t] = seconds[secondAt(t - before, length) * inputs + i]!;
  return { shape: [1, inputs, time, 1], data };
}

test.each(heads)('plain arithmetic gives what the expression gives, $causal', (head) => {
  const parameters = parametersFor(head);
  for (const length of [1, 4, 40]) {
    const seconds = drawn([length * inputs], length).data;
    const x = withEdges(head, seconds);
    const { curve } = evaluate(
      { curve: temporalCurve(head, input('x', x.shape)) },
      { ...Object.fromEntries(parameters), x },
    );
    expect(curve.shape).toEqual([1, 2, length, 1]);
    const plain = curveOfSeconds(head, parameters, seconds);
    expect(plain).toHaveLength(length);
    plain.forEach(({ valence, arousal }, t) => {
      expect(valence).toBeCloseTo(curve.data[t]!, 10);
      expect(arousal).toBeCloseTo(curve.data[length + t]!, 10);
    });
  }
});

test.each(heads)('gradients are those of finite differences, $causal', (head) => {
  const parameters = parametersFor(head);
  const x = withEdges(head, drawn([12 * inputs], 1).data);
  const curve = temporalCurve(head, input('x', x.shape));
  const loss = reduceSum(multiply(curve, constant(drawn(curve.shape, 2))), [0, 1, 2, 3]);
  const variables = parametersOf(loss);
  expect(variables.map(({ name }) => name).toSorted()).toEqual([...parameters.keys()].toSorted());
  const slopes = gradients(loss, variables);
  const feeds = { ...Object.fromEntries(parameters), x };
  const exact = evaluate(Object.fromEntries(variables.map(({ name }, i) => [name, slopes[i]!])), feeds);
  const random = Random.seeded(3);
  for (const { name, shape } of variables) {
    const place = random.integer(elementCount(shape));
    const lossAt = (step: number) => {
      const data = Float64Array.from(parameters.get(name)!.data);
      data[place]! += step;
      return evaluate({ loss }, { ...feeds, [name]: { shape, data } }).loss.data[0]!;
    };
    expect(exact[name]!.data[place], name).toBeCloseTo((lossAt(1e-5) - lossAt(-1e-5)) / 2e-5, 5);
  }
});

test.each(heads)('what follows beyond the reach changes nothing, not by a bit, $causal', (head) => {
  const parameters = parametersFor(head);
  const { after } = reachOf(head);
  const whole = drawn([60 * inputs], 4).data;
  const curve = curveOfSeconds(head, parameters, whole);
  for (const length of [20, 41]) {
    const cut = curveOfSeconds(head, parameters, whole.subarray(0, length * inputs));
    expect(cut.slice(0, length - after)).toEqual(curve.slice(0, length - after));
    // and what lies within it does, where the head looks ahead
    if (after > 0) expect(cut.at(-1)).not.toEqual(curve[length - 1]);
    else expect(cut).toEqual(curve.slice(0, length));
  }
});

test('a change in the future leaves the past of a causal curve alone, and changes that of another', () => {
  const seconds = drawn([40 * inputs], 5).data;
  const changed = seconds.map((value, i) => (i >= 25 * inputs ? value + 1 : value));
  for (const head of heads) {
    const [before, then] = [seconds, changed].map((of) => curveOfSeconds(head, parametersFor(head), of));
    const same = before!.map((point, t) => point.valence === then![t]!.valence);
    expect(same.indexOf(false)).toBe(25 - reachOf(head).after);
  }
});
