import { describe, expect, test } from 'vitest';
import { metricsOf } from '../../affect/index.ts';
import { evaluate, input } from '../../graph/index.ts';
import { curveOfSeconds, reachOf, type TemporalHead, temporalNetwork } from '../../networks/index.ts';
import { nodeRuntime } from '../../runtime/node/index.ts';
import { Random } from '../../support/random.ts';
import { curveLoss, curveLosses } from './losses.ts';
import { drawExcerpts, type RatedSeconds } from './rated-seconds.ts';
import { type TemporalTrainingOptions, trainTemporalHead } from './train-temporal-head.ts';

const inputs = 6;
const lag = 4;
const head: TemporalHead = { channels: 8, dilations: [1, 2, 4], causal: true };
const runtime = nodeRuntime({ threads: 1 });

/** A film of noise, whose valence is a feature of it as people would follow it: late, and slowly. */
function lateFilm(seed: number, length = 80): RatedSeconds {
  const random = Random.seeded(seed);
  const seconds = Float32Array.from({ length: length * inputs }, (_, i) =>
    i % inputs < 2 ? 3 : random.normal(),
  );
  const feature = (time: number) => (time < 0 ? 0 : seconds[time * inputs + 3]!);
  let slow = 0;
  const valence = Float64Array.from({ length }, (_, time) => {
    slow = 0.7 * slow + 0.3 * feature(time - lag);
    return 3 + slow;
  });
  return { film: `film ${seed}`, seconds, ratings: { valence, arousal: valence.map((value) => 6 - value) } };
}

const [train, validation, unseen] = [
  [1, 2, 3, 4, 5, 6],
  [7, 8],
  [9, 10],
].map((seeds) => seeds.map((seed) => lateFilm(seed))) as [RatedSeconds[], RatedSeconds[], RatedSeconds[]];
const flat = { width: 11, lag: 0, slope: 1, intercept: 0 };
const start = { valence: flat, arousal: flat };
const trained = (options: Partial<TemporalTrainingOptions> = {}) =>
  trainTemporalHead({
    network: temporalNetwork(head),
    train,
    validation,
    loss: 'mse',
    start,
    seed: 1,
    runtime,
    ...options,
  });

/** r of valence on films that were not trained on. */
function rOf(curves: readonly ArrayLike<number>[]): number {
  return metricsOf(
    curves.flatMap((curve) => [...Array.from(curve)]),
    unseen.flatMap(({ ratings }) => [...ratings.valence]),
  ).r;
}

describe('ratings that follow a feature late and slowly', () => {
  test.each(curveLosses)('are learned by %s, which no mean over ten seconds can', async (loss) => {
    const { parameters, losses, best } = await trained({ loss });
    const r = rOf(
      unseen.map(({ seconds }) => curveOfSeconds(head, parameters, seconds).map(({ valence }) => valence)),
    );
    // of all that is linear in the mean of ten seconds: the only feature that tells anything, at its best sign
    const means = unseen.map(({ seconds }) => {
      const feature = (time: number) => seconds[time * inputs + 3]!;
      return Array.from({ length: seconds.length / inputs }, (_, time) => {
        const [from, to] = [Math.max(0, time - 5), Math.min(seconds.length / inputs, time + 6)];
        let sum = 0;
        for (let at = from; at < to; at++) sum += feature(at);
        return sum / (to - from);
      });
    });
    expect(losses[best]!).toBeLessThan(0.4 * losses[0]!);
    expect(r).toBeGreaterThan(0.85);
    expect(Math.abs(rOf(means))).toBeLessThan(0.7);
  });
});

test('the same seed gives the same head bit by bit, another seed another', async () => {
  const [first, again, other] = [await trained(), await trained(), await trained({ seed: 2 })];
  expect(again).toEqual(first);
  expect(other.parameters).not.toEqual(first.parameters);
});

test('losses are those of the metrics, over what was rated', () => {
  const films = train.map((film, i) => ({
    ...film,
    ratings: {
      ...film.ratings,
      valence: film.ratings.valence.map((value, time) => (time % 3 === i % 2 ? Number.NaN : value)),
    },
  }));
  const drawn = drawExcerpts(films, reachOf(head), { count: 3, length: 30, inputs }, Random.seeded(4));
  const random = Random.seeded(5);
  const curves = {
    shape: [3, 2, 30, 1],
    data: Float64Array.from({ length: 180 }, () => 3 + random.normal()),
  };
  const named = ['curves', 'ratings', 'rated'].map((name) => input(name, curves.shape)) as [
    never,
    never,
    never,
  ];
  const of = [0, 1].map((dimension) => {
    const places = [...drawn.rated.data.keys()].filter(
      (i) => Math.floor(i / 30) % 2 === dimension && drawn.rated.data[i] === 1,
    );
    return {
      places,
      ...metricsOf(
        places.map((i) => curves.data[i]!),
        places.map((i) => drawn.ratings.data[i]!),
      ),
    };
  });
  const lossOf = (name: 'mse' | 'ccc') =>
    evaluate({ loss: curveLoss(name, ...named) }, { curves, ratings: drawn.ratings, rated: drawn.rated }).loss
      .data[0]!;
  expect(of[0]!.places.length).toBeLessThan(of[1]!.places.length);
  const squares = of.reduce((sum, { mse, places }) => sum + mse * places.length, 0);
  expect(lossOf('mse')).toBeCloseTo(squares / (of[0]!.places.length + of[1]!.places.length), 9);
  expect(lossOf('ccc')).toBeCloseTo(1 - (of[0]!.ccc + of[1]!.ccc) / 2, 5);
});

test('films to learn from and to stop by are needed', async () => {
  await expect(trained({ validation: [] })).rejects.toThrow('a temporal head needs films for validation');
});
