import { describe, expect, test } from 'vitest';
import { metricsOf } from '../affect/index.ts';
import { Random } from '../support/random.ts';
import { curveWindow, evaluateCurves, type RatedFilm } from './curve-evaluation.ts';

/** A slow wave with noise of its own: what is rated, and what follows it with some error. */
function wave(seed: number, seconds: number): number[] {
  const random = Random.seeded(seed);
  const phases = [1, 2, 3].map(() => 6 * random.uniform());
  return Array.from({ length: seconds }, (_, t) =>
    phases.reduce((sum, phase, k) => sum + Math.sin(t / (11 + 7 * k) + phase), 0),
  );
}

/** Ratings that trail the truth by `lag` seconds, and a model that sees it with noise, every half second. */
function film(seed: number, seconds: number, lag: number, noise: number): RatedFilm {
  const truth = wave(seed, seconds + lag);
  const random = Random.seeded(1000 + seed);
  const times = Array.from({ length: seconds }, (_, t) => t);
  const half = Array.from({ length: 2 * seconds - 1 }, (_, i) => i / 2);
  return {
    film: `film ${seed}`,
    ratings: { times, values: times.map((t) => 3 + truth[t]!) },
    predictors: {
      model: {
        times: half,
        values: half.map((t) => 3 + truth[Math.floor(t) + lag]! + noise * random.normal()),
      },
      loudness: { times, values: times.map(() => random.normal()) },
    },
  };
}

describe('curves against ratings', () => {
  test('the lag of the ratings is found, and r is that of the smoothed seconds', () => {
    const one = film(1, 400, 5, 0.3);
    const [model] = evaluateCurves([one], ['model']);
    expect(model).toMatchObject({ predictor: 'model', lag: 5 });
    expect(model!.rAtBestLag).toBeGreaterThan(model!.r + 0.05);
    const smooth = (values: ArrayLike<number>) =>
      Array.from({ length: values.length }, (_, i) => {
        const half = (curveWindow - 1) / 2;
        const part = Array.from(values).slice(Math.max(0, i - half), i + half + 1);
        return part.reduce((sum, value) => sum + value, 0) / part.length;
      });
    const { times, values } = one.predictors.model!;
    const bySecond = Array.from(values).filter((_, i) => Number.isInteger(times[i]!));
    expect(model!.r).toBeCloseTo(metricsOf(smooth(bySecond), smooth(one.ratings.values)).r, 9);
    expect(model!.ccc).toBeCloseTo(metricsOf(smooth(bySecond), smooth(one.ratings.values)).ccc, 9);
  });

  test('a predictor that knows nothing is told from one that follows, by blocks in one film and by films in several', () => {
    for (const films of [[film(2, 600, 0, 0.5)], [3, 4, 5, 6, 7].map((seed) => film(seed, 200, 0, 0.5))]) {
      const scores = evaluateCurves(films);
      const of = (name: string) => scores.find(({ predictor }) => predictor === name)!;
      expect(of('model').rInterval.low).toBeGreaterThan(0.5);
      expect(of('model').rInterval.high).toBeLessThan(1);
      expect(of('loudness').rInterval.low).toBeLessThan(0);
      expect(of('loudness').rInterval.high).toBeGreaterThan(0);
      expect(of('loudness').ccc).toBeNaN();
      expect([of('constant').r, of('constant').ccc]).toEqual([Number.NaN, 0]);
      expect(Number.isNaN(of('model').between)).toBe(films.length === 1);
    }
  });

  test('ratings that rise are those of their place in the film', () => {
    const times = Array.from({ length: 100 }, (_, t) => t);
    const rising = { film: 'a', ratings: { times, values: times }, predictors: {} };
    const [position] = evaluateCurves([rising]);
    expect(position).toMatchObject({ predictor: 'position', r: expect.closeTo(1, 4) });
  });

  test('ratings of another film, or of a film that ends before, are refused', () => {
    const one = film(1, 100, 0, 0.1);
    const late = { ...one.ratings, times: Array.from(one.ratings.times, (time) => time + 95) };
    expect(() => evaluateCurves([{ ...one, ratings: late }])).toThrow('share fewer than 10 seconds');
    expect(() => evaluateCurves([one, { ...one, predictors: {} }])).toThrow("a film lacks 'model'");
  });
});
