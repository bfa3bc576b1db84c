import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { metricsOf } from '../affect/index.ts';
import { filmSplit, type LabeledClip, protocolOf, randomSplit } from '../datasets/index.ts';
import { Random } from '../support/random.ts';
import { pythonHas, requirement } from '../support/testing.ts';
import { baselines, leakTest, leakText, neighborsLabels } from './baselines.ts';
import { evaluate } from './evaluate.ts';
import { crossValidatedRidge, ridge } from './ridge.ts';

const python = (script: string, input: unknown) =>
  JSON.parse(
    execFileSync('/usr/bin/python3', ['-c', `import json, sys\ninput = json.load(sys.stdin)\n${script}`], {
      input: JSON.stringify(input),
      env: { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' },
    }).toString(),
  );
const scipy = requirement('scipy (python3-scipy)', () => pythonHas('/usr/bin/python3', 'scipy'));
const sklearn = requirement('scikit-learn (python3-sklearn)', () => pythonHas('/usr/bin/python3', 'sklearn'));

/** Clips whose label is part film, part slow drift through the film, part its own. */
function filmClips(films: number, each: number, seed: number): LabeledClip[] {
  const random = Random.seeded(seed);
  return Array.from({ length: films }, (_, film) => {
    const mood = random.normal();
    return Array.from({ length: each }, (_, i): LabeledClip => {
      const id = `${film}-${i}`;
      const label = () => 3 + 0.4 * mood + 0.4 * random.normal();
      return {
        id,
        name: `${id}.mp4`,
        path: `/${id}.mp4`,
        film: `film ${film}`,
        valence: label(),
        arousal: label() + 0.5 * (i / each),
        start: 250 * i,
        end: 250 * i + 249,
      };
    });
  }).flat();
}

describe('metrics', () => {
  test.skipIf(!scipy)('agree with numpy and scipy to 1e-9 (needs scipy)', () => {
    const random = Random.seeded(1);
    for (const [count, scale, shift] of [
      [10, 1, 0],
      [2450, 0.4, 2.5],
      [500, 1e-3, 100],
    ] as const) {
      const labels = Array.from({ length: count }, () => shift + scale * random.normal());
      const predicted = labels.map((label) => label * 0.6 + scale * (0.3 + 0.5 * random.normal()));
      const expected: Record<string, number> = python(
        `import numpy as np
from scipy import stats
p, l = np.array(input['predicted']), np.array(input['labels'])
cov = np.cov(p, l, ddof=0)
print(json.dumps(dict(mse=((p - l) ** 2).mean(), mae=np.abs(p - l).mean(), r=stats.pearsonr(p, l)[0], bias=p.mean() - l.mean(),
  ccc=2 * cov[0, 1] / (cov[0, 0] + cov[1, 1] + (p.mean() - l.mean()) ** 2), r2=1 - ((p - l) ** 2).sum() / ((l - l.mean()) ** 2).sum())))`,
        { predicted, labels },
      );
      for (const [name, value] of Object.entries(metricsOf(predicted, labels)))
        expect(Math.abs(value - expected[name]!), name).toBeLessThan(
          1e-9 * Math.max(1, Math.abs(expected[name]!)),
        );
    }
  });

  test('of a constant: no r, no shared spread, the variance as error', () => {
    expect(metricsOf([2, 2, 2], [1, 2, 3])).toEqual({
      mse: 2 / 3,
      mae: 2 / 3,
      r: Number.NaN,
      ccc: 0,
      r2: 0,
      bias: 0,
    });
    expect(
      metricsOf(
        [0.1, 0.1, 0.1].map((x) => x + 0.2),
        [1, 2, 3],
      ).r,
    ).toBeNaN();
  });

  test('refuse what does not belong together', () => {
    expect(() => metricsOf([], [])).toThrow('0 predictions for 0 labels');
    expect(() => evaluate(filmClips(3, 2, 1), [])).toThrow("clip '0-0' has no prediction");
  });
});

describe('baselines', () => {
  const clips = filmClips(60, 20, 2);

  test("neighbors' labels leak through a random split and not through one by film", () => {
    const random = leakTest(protocolOf(randomSplit(clips, 1)));
    expect(Math.min(random.valence, random.arousal)).toBeGreaterThan(0.3);
    expect(leakText(random)).toMatch(/without any video, reach r 0.\d\d valence/);
    const disjoint = leakTest(protocolOf(filmSplit(clips, 1)));
    expect(disjoint).toMatchObject({ valence: 0, arousal: 0, filmDisjoint: true });
    expect(leakText(disjoint)).toMatch(/no film is in two parts/);
  });

  test('a clip to be predicted gives away nothing of its own label', () => {
    const { train, test: held } = randomSplit(clips, 1);
    const changed = held.map((clip) => ({ ...clip, valence: 1, arousal: 5 }));
    for (const baseline of Object.values(baselines))
      expect(baseline(train, changed)).toEqual(baseline(train, held));
    const own = neighborsLabels(train, train.slice(0, 1))[0]!;
    const another = [{ ...train[0]!, id: 'x' }];
    expect(own.valence).not.toBe(neighborsLabels(train, another)[0]!.valence);
  });

  test('position in the film finds the drift', () => {
    const { train, test: held } = filmSplit(clips, 1);
    const { arousal, valence } = evaluate(held, baselines['position in film']!(train, held));
    expect(arousal.r).toBeGreaterThan(0.15);
    expect(Math.abs(valence.r)).toBeLessThan(0.1);
    expect(evaluate(held, baselines.constant!(train, held)).arousal.r).toBeNaN();
  });
});

describe('ridge regression', () => {
  const random = Random.seeded(4);
  const features = Array.from({ length: 120 }, () =>
    Array.from({ length: 8 }, (_, j) => j + (j + 1) * random.normal()),
  );
  const labels = features.map((row) => 2 + 0.3 * row[0]! - 0.1 * row[5]! + 0.5 * random.normal());
  const films = labels.map((_, i) => `film ${i % 12}`);

  test.skipIf(!sklearn)('agrees with scikit-learn (needs scikit-learn)', () => {
    const model = ridge(features, labels, 10);
    const expected: number[] = python(
      `from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler
from sklearn.pipeline import make_pipeline
x, y = input
print(json.dumps(make_pipeline(StandardScaler(), Ridge(alpha=10)).fit(x, y).predict(x).tolist()))`,
      [features, labels],
    );
    expected.forEach((value, i) => {
      expect(model.predict(features[i]!)).toBeCloseTo(value, 9);
    });
  });

  test('penalizes more where there is less to learn', () => {
    const noise = labels.map(() => random.normal());
    const learned = crossValidatedRidge(features, labels, films, 1);
    expect(learned.penalty).toBeLessThan(crossValidatedRidge(features, noise, films, 1).penalty);
    expect(metricsOf(features.map(learned.predict), labels).r).toBeGreaterThan(0.5);
  });

  test('a feature that never changes does no harm', () => {
    const model = ridge(
      features.map((row) => [...row, 7]),
      labels,
      1,
    );
    expect(model.predict([...features[0]!, 7])).toBeCloseTo(
      ridge(features, labels, 1).predict(features[0]!),
      9,
    );
  });
});
