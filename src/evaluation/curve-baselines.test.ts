import { expect, test } from 'vitest';
import { metricsOf, smoothed } from '../affect/index.ts';
import { Random } from '../support/random.ts';
import { curveBaselines, fittedSmoothing, type RatedLinearCurve } from './curve-baselines.ts';
import { compareCurves, curveFigures } from './curves-by-film.ts';

const noise = (seed: number, length: number) => {
  const random = Random.seeded(seed);
  return Float64Array.from({ length }, () => 3 + random.normal());
};

/** Ratings that are half as lively as the answers over nine seconds, and three seconds late. */
function film(seed: number, length = 90): RatedLinearCurve {
  const answers = noise(seed, length);
  const slow = smoothed(answers, 9);
  const ratings = slow.map((_, time) =>
    time % 7 === 0 ? Number.NaN : 1 + 0.5 * slow[Math.max(0, time - 3)]!,
  );
  return { answers, curve: smoothed(answers, 11), ratings };
}

const known = [1, 2, 3].map((seed) => film(seed));
const unseen = film(4);
const mseOf = (name: string, of = unseen) => {
  const values = curveBaselines[name]!(known)(of);
  return curveFigures([{ values, ratings: of.ratings }]).pooled.mse;
};

test('smoothing, lag and scale find what ratings are made of, and nothing else does', () => {
  const { width, lag, slope, intercept } = fittedSmoothing(known);
  expect([width, lag]).toEqual([9, 3]);
  expect(slope).toBeCloseTo(0.5, 6);
  expect(intercept).toBeCloseTo(1, 6);
  expect(mseOf('smoothing, lag, scale')).toBeLessThan(1e-12);
  for (const name of ['mean-linear', 'smoothing', 'position in film'])
    expect(mseOf(name), name).toBeGreaterThan(0.01);
});

test('smoothing alone takes the width of the highest CCC on the films that it is fitted to', () => {
  const random = Random.seeded(5);
  const wavy = [0, 1, 2].map((phase): RatedLinearCurve => {
    const ratings = Float64Array.from({ length: 100 }, (_, time) => 3 + Math.sin(time / 12 + phase));
    const answers = ratings.map((value) => value + random.normal());
    return { answers, ratings, curve: smoothed(answers, 11) };
  });
  const predict = curveBaselines.smoothing!(wavy.slice(0, 2));
  const { answers, ratings } = wavy[2]!;
  expect(metricsOf(predict(wavy[2]!), ratings).ccc).toBeGreaterThan(metricsOf(answers, ratings).ccc + 0.1);
});

test('the place in the film predicts what depends on it alone', () => {
  const rising = (length: number): RatedLinearCurve => {
    const answers = noise(length, length);
    return { answers, curve: answers, ratings: answers.map((_, time) => 2 + ((time + 0.5) / length) ** 2) };
  };
  const { ratings, ...other } = rising(50);
  const predicted = curveBaselines['position in film']!([rising(80), rising(30)])(other);
  for (const [time, value] of predicted.entries()) expect(value).toBeCloseTo(ratings[time]!, 5);
});

test('figures are of each film and of all, over what was rated; a predictor that always wins is told from chance', () => {
  const films = Array.from({ length: 8 }, (_, seed) => film(seed + 10));
  const exact = curveFigures(
    films.map(({ answers, ratings }) => ({
      values: curveBaselines['smoothing, lag, scale']!(known)({ answers, curve: answers }),
      ratings,
    })),
  );
  const raw = curveFigures(films.map(({ answers, ratings }) => ({ values: answers, ratings })));
  const rated = Array.from(films[0]!.ratings, (_, time) => time).filter((time) => time % 7 !== 0);
  expect(raw.films[0]).toEqual(
    metricsOf(
      rated.map((time) => films[0]!.answers[time]!),
      rated.map((time) => films[0]!.ratings[time]!),
    ),
  );
  expect(exact.ccc).toEqual({ mean: expect.closeTo(1, 9), deviation: expect.closeTo(0, 9) });
  const each = raw.films.map(({ ccc }) => ccc);
  expect(raw.ccc.mean).toBeCloseTo(each.reduce((sum, ccc) => sum + ccc, 0) / 8, 12);
  const { ccc, p } = compareCurves(exact, raw);
  expect(ccc).toBeCloseTo(exact.ccc.mean - raw.ccc.mean, 12);
  // of all ways to swap eight films, none and all are as far from 0
  expect(p).toBe(2 / 2 ** 8);
});
