import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random } from '../../support/random.ts';
import { pythonHas, requirement } from '../../support/testing.ts';
import { strengthsFrom } from './comparisons.ts';
import { GaussianProcess } from './gaussian-process.ts';
import { minimize } from './minimize.ts';
import { logNormalCdf } from './normal.ts';
import { ranksByQuicksort, ranksOf, scoresOfRanks, simulatedAnnotators } from './ranks.ts';

const python = (script: string, input: unknown) =>
  JSON.parse(
    execFileSync('/usr/bin/python3', ['-c', `import json, sys\ninput = json.load(sys.stdin)\n${script}`], {
      input: JSON.stringify(input),
      env: { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' },
    }).toString(),
  );
const sklearn = requirement('scikit-learn (python3-sklearn)', () =>
  pythonHas('/usr/bin/python3', 'sklearn', 'scipy'),
);

function ratings(count: number, seed: number) {
  const random = Random.seeded(seed);
  const x = Array.from({ length: count }, () => random.uniform() * 9800);
  const y = x.map((rank) => 2.5 + Math.tanh((rank - 5000) / 3000) + 0.2 * random.normal());
  return { x, y, at: Array.from({ length: 30 }, (_, i) => i * 350 - 200) };
}

describe('Gaussian process', () => {
  test.skipIf(!sklearn)('agrees with scikit-learn on a given kernel (needs scikit-learn)', () => {
    const data = ratings(46, 3);
    const kernel = { signalVariance: 0.8, lengthScale: 2100, noiseVariance: 0.05 };
    const process = new GaussianProcess(data.x, data.y, kernel);
    const expected = python(
      `import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel, ConstantKernel
x, y = np.array(input['x'])[:, None], np.array(input['y'])
k = input['kernel']
kernel = ConstantKernel(k['signalVariance']) * RBF(k['lengthScale']) + WhiteKernel(k['noiseVariance'])
process = GaussianProcessRegressor(kernel, alpha=0, optimizer=None).fit(x, y - y.mean())
mean, deviation = process.predict(np.array(input['at'])[:, None], return_std=True)
print(json.dumps({'mean': (mean + y.mean()).tolist(), 'variance': (deviation ** 2).tolist(),
  'likelihood': process.log_marginal_likelihood_value_}))`,
      { ...data, kernel },
    );
    data.at.forEach((place, i) => {
      const { mean, variance } = process.at(place);
      expect(mean).toBeCloseTo(expected.mean[i], 9);
      expect(variance + kernel.noiseVariance).toBeCloseTo(expected.variance[i], 9);
    });
    expect(process.logMarginalLikelihood).toBeCloseTo(expected.likelihood, 8);
  });

  test.skipIf(!sklearn)(
    'finds the kernel that scikit-learn finds (needs scikit-learn)',
    () => {
      for (const seed of [1, 2, 3, 4]) {
        const data = ratings(46, seed);
        const process = GaussianProcess.fitted(data.x, data.y);
        const expected = python(
          `import numpy as np, scipy.optimize
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel, ConstantKernel
x, y = np.array(input['x'])[:, None], np.array(input['y'])
def optimizer(objective, start, bounds):
  found = scipy.optimize.minimize(objective, start, jac=True, bounds=bounds, method='L-BFGS-B', options=dict(ftol=1e-16, gtol=1e-10, maxiter=2000))
  return found.x, found.fun
kernel = ConstantKernel(1, (1e-5, 1e5)) * RBF(2000, (10, 1e6)) + WhiteKernel(.1, (1e-6, 1e2))
process = GaussianProcessRegressor(kernel, alpha=0, optimizer=optimizer, n_restarts_optimizer=12, random_state=0).fit(x, y - y.mean())
mean, deviation = process.predict(np.array(input['at'])[:, None], return_std=True)
print(json.dumps({'mean': (mean + y.mean()).tolist(), 'variance': (deviation ** 2).tolist(),
  'likelihood': process.log_marginal_likelihood_value_}))`,
          data,
        );
        expect(process.logMarginalLikelihood).toBeCloseTo(expected.likelihood, 7);
        const differences = data.at.flatMap((place, i) => {
          const { mean, variance } = process.at(place);
          return [mean - expected.mean[i], variance + process.kernel.noiseVariance - expected.variance[i]];
        });
        expect(Math.max(...differences.map(Math.abs))).toBeLessThan(1e-5);
      }
    },
    300_000,
  );

  test('goes through the data without noise, and back to the mean far away', () => {
    const process = new GaussianProcess([0, 1, 2], [1, 5, 3], {
      signalVariance: 4,
      lengthScale: 1,
      noiseVariance: 1e-10,
    });
    expect(process.at(1).mean).toBeCloseTo(5, 6);
    expect(process.at(1).variance).toBeCloseTo(0, 6);
    expect(process.at(100)).toEqual({ mean: 3, variance: 4 });
  });

  test('refuses data that cannot be fitted', () => {
    expect(() => GaussianProcess.fitted([], [])).toThrow(/0 places and 0 values/);
    expect(() => GaussianProcess.fitted([1, 2], [1, Number.NaN])).toThrow(/not a finite number/);
  });
});

describe('ranks', () => {
  test('quicksort with a true comparison sorts', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer(), { maxLength: 60 }), fc.integer(), (values, seed) => {
        const ranks = ranksByQuicksort(values.length, (a, b) => values[a]! > values[b]!, Random.seeded(seed));
        expect(ranks).toEqual(ranksOf(values));
      }),
    );
  });

  test('noisy annotators rank nearly as the truth has it, and their scores follow it', () => {
    const random = Random.seeded(5);
    const truth = Array.from({ length: 400 }, () => random.normal());
    let judged = 0;
    const compare = simulatedAnnotators(truth, { noise: 0.3, agreeing: 3, random });
    const ranks = ranksByQuicksort(
      truth.length,
      (a, b) => {
        judged++;
        return compare(a, b);
      },
      random,
    );
    expect(ranks.toSorted((a, b) => a - b)).toEqual(truth.map((_, i) => i));
    expect(judged).toBeLessThan(4 * 400 * Math.log(400));
    const right = ranksOf(truth);
    const meanError = ranks.reduce((sum, rank, i) => sum + Math.abs(rank - right[i]!), 0) / 400;
    expect(meanError).toBeGreaterThan(0.5);
    expect(meanError).toBeLessThan(25);

    const rated = truth.flatMap((value, i) =>
      i % 8 === 0 ? [{ rank: ranks[i]!, rating: 3 + value / 2 + 0.1 * random.normal() }] : [],
    );
    const { scores } = scoresOfRanks(rated, truth.length);
    const errors = truth.map((value, i) => scores[ranks[i]!]!.mean - (3 + value / 2));
    expect(Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / 400)).toBeLessThan(0.2);
  });
});

describe('strengths from judgments', () => {
  const random = Random.seeded(9);
  const truth = Array.from({ length: 20 }, () => random.normal());
  const judgments = Array.from({ length: 400 }, () => {
    const a = random.integer(20);
    const b = (a + 1 + random.integer(19)) % 20;
    const wins = random.uniform() < 1 / (1 + Math.exp(truth[b]! - truth[a]!));
    return wins ? { winner: a, loser: b } : { winner: b, loser: a };
  });

  test.skipIf(!sklearn)('Bradley–Terry is logistic regression (needs scikit-learn)', () => {
    const expected: number[] = python(
      `import numpy as np
from sklearn.linear_model import LogisticRegression
x = np.zeros((2 * len(input), 20))
for i, pair in enumerate(input):
  x[2 * i, pair['winner']] = x[2 * i + 1, pair['loser']] = 1
  x[2 * i, pair['loser']] = x[2 * i + 1, pair['winner']] = -1
model = LogisticRegression(C=5, fit_intercept=False, tol=1e-12, max_iter=10000)
print(json.dumps(model.fit(x, [1, 0] * len(input)).coef_[0].tolist()))`,
      judgments,
    );
    const found = strengthsFrom(20, judgments, { priorVariance: 10 });
    expect(Math.max(...expected.map((value, i) => Math.abs(value - found[i]!)))).toBeLessThan(1e-5);
  });

  test.skipIf(!sklearn)('Thurstone agrees with a general optimizer of scipy (needs scipy)', () => {
    const expected: number[] = python(
      `import numpy as np, scipy.optimize
from scipy.stats import norm
winner, loser = [np.array([pair[key] for pair in input]) for key in ('winner', 'loser')]
loss = lambda s: (s ** 2).sum() / 20 - norm.logcdf(s[winner] - s[loser]).sum()
print(json.dumps(scipy.optimize.minimize(loss, np.zeros(20), method='BFGS', options=dict(gtol=1e-6)).x.tolist()))`,
      judgments,
    );
    const found = strengthsFrom(20, judgments, { model: 'thurstone', priorVariance: 10 });
    expect(Math.max(...expected.map((value, i) => Math.abs(value - found[i]!)))).toBeLessThan(1e-4);
  });

  test('a clip that always wins stays finite, and judgments must be about two clips', () => {
    const strengths = strengthsFrom(3, [
      { winner: 0, loser: 1 },
      { winner: 0, loser: 2 },
    ]);
    expect(ranksOf(strengths)).toEqual([2, 0, 1]);
    expect(strengths.every(Number.isFinite)).toBe(true);
    expect(() => strengthsFrom(3, [{ winner: 0, loser: 3 }])).toThrow(/two of 3 clips expected/);
  });

  test.skipIf(!sklearn)('the normal distribution function agrees with scipy (needs scipy)', () => {
    const places = Array.from({ length: 161 }, (_, i) => i / 4 - 20);
    const expected: number[] = python(
      'from scipy.stats import norm\nprint(json.dumps(norm.logcdf(input).tolist()))',
      places,
    );
    places.forEach((place, i) => {
      expect(Math.abs(logNormalCdf(place) - expected[i]!)).toBeLessThan(
        1e-13 * Math.max(1, Math.abs(expected[i]!)),
      );
    });
  });
});

test('minimize finds the valley of Rosenbrock, and stops at bounds', () => {
  const rosenbrock = (p: Float64Array) => {
    const [x, y] = [p[0]!, p[1]!];
    return {
      value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
      gradient: Float64Array.of(-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)),
    };
  };
  const { place } = minimize(rosenbrock, [-1.2, 1]);
  expect(place[0]).toBeCloseTo(1, 8);
  expect(place[1]).toBeCloseTo(1, 8);
  const bounded = minimize(rosenbrock, [-1.2, 0.2], { lowest: -2, highest: 0.5 });
  expect(bounded.place[0]).toBeCloseTo(0.5, 6);
  expect(bounded.place[1]).toBeCloseTo(0.25, 6);
});
