import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { metricNames, metricsOf } from '../affect/index.ts';
import { type LabeledClip, protocolNamed } from '../datasets/index.ts';
import { Random } from '../support/random.ts';
import { pythonHas, requirement } from '../support/testing.ts';
import { planAnnotations } from '../synthesis/index.ts';
import { leakTest } from './baselines.ts';
import { compareModels, signFlipProbability } from './comparison.ts';
import { conformalMargins, conformalQuantile, coverageByFilm, coverageOf } from './conformal.ts';
import { bootstrapIntervals } from './intervals.ts';
import { readRun, writeRun } from './mediaeval-run.ts';
import type { Prediction } from './prediction.ts';
import { publishedResults, publishedTable, tableOneOfPaper, testSets } from './published.ts';
import { quantile } from './resamples.ts';
import { simulatedSet } from './simulated-sets.ts';
import { metricsOfSums, sumsOf } from './sums.ts';
import { formatTable, type Table } from './table.ts';

const python = (script: string, input: unknown) =>
  JSON.parse(
    execFileSync('/usr/bin/python3', ['-c', `import json, sys\ninput = json.load(sys.stdin)\n${script}`], {
      input: JSON.stringify(input),
      env: { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' },
    }).toString(),
  );
const scipy = requirement('scipy (python3-scipy)', () => pythonHas('/usr/bin/python3', 'scipy'));

/** Clips, and predictions whose errors are partly the film's; `noise` is the standard deviation of an error. */
function example(films: number, each: number, seed: number, noise = 0.5, ofFilm = 0.3) {
  const random = Random.seeded(seed);
  const clips: LabeledClip[] = [];
  const predictions: Prediction[] = [];
  for (let film = 0; film < films; film++) {
    const [v, a] = [random.normal(), random.normal()];
    for (let i = 0; i < each; i++) {
      const id = `${film}-${i}`;
      const error = (common: number) =>
        noise * (Math.sqrt(ofFilm) * common + Math.sqrt(1 - ofFilm) * random.normal());
      const [valence, arousal] = [3 + 0.6 * random.normal(), 3 + 0.9 * random.normal()];
      clips.push({
        id,
        name: `${id}.mp4`,
        path: `/${id}`,
        film: `film ${film}`,
        valence,
        arousal,
        start: 300 * i,
      });
      predictions.push({ id, valence: valence + error(v), arousal: arousal + error(a) });
    }
  }
  return { clips, predictions };
}

describe('intervals', () => {
  test('quantiles are those of numpy', () => {
    const sorted = [1, 2, 4, 8, 16];
    expect([0, 0.1, 0.5, 0.975, 1].map((share) => quantile(sorted, share))).toEqual([1, 1.4, 4, 15.2, 16]);
    expect(quantile([], 0.5)).toBeNaN();
  });

  test('by film are as wide as theory says, and wider than clips alone would give', () => {
    const { clips, predictions } = example(60, 10, 1);
    const { low, high } = bootstrapIntervals(clips, predictions).valence.bias;
    // Variance of the mean of 60 films: (ofFilm + (1 − ofFilm) / 10) · noise² / 60.
    const deviation = Math.sqrt(((0.3 + 0.07) * 0.25) / 60);
    expect((high - low) / (2 * 1.96 * deviation)).toBeGreaterThan(0.75);
    expect((high - low) / (2 * 1.96 * deviation)).toBeLessThan(1.25);
    const unrelated = clips.map((clip) => ({ ...clip, film: clip.id }));
    const single = bootstrapIntervals(unrelated, predictions).valence.bias;
    expect(single.high - single.low).toBeLessThan(0.75 * (high - low));
  });

  test('hold the figure, are the same with the same seed, and another with another', () => {
    const { clips, predictions } = example(20, 8, 2);
    const { arousal } = bootstrapIntervals(clips, predictions, { seed: 1 });
    const figures = metricsOf(
      predictions.map((prediction) => prediction.arousal),
      clips.map((clip) => clip.arousal),
    );
    for (const [name, { low, high }] of Object.entries(arousal)) {
      expect(low, name).toBeLessThan(figures[name as keyof typeof figures]);
      expect(high, name).toBeGreaterThan(figures[name as keyof typeof figures]);
    }
    expect(bootstrapIntervals(clips, predictions, { seed: 1 }).arousal).toEqual(arousal);
    expect(bootstrapIntervals(clips, predictions, { seed: 2 }).arousal).not.toEqual(arousal);
  });
});

test('intervals hold the truth as often as they promise, also with 15 films', () => {
  const sets = 150;
  for (const [kind, truth] of [
    ['errors partly the film’s', { r: 0.6 / Math.sqrt(0.6 ** 2 + 0.25), mse: 0.25 }],
    ['errors mostly the film’s', { r: 0.6 / Math.sqrt(0.6 ** 2 + 0.25), mse: 0.25 }],
  ] as const) {
    const held = { r: 0, mse: 0 };
    for (let set = 0; set < sets; set++) {
      const { clips, predictions } = simulatedSet(kind, 15, set);
      const { valence } = bootstrapIntervals(clips, predictions, { resamples: 300, seed: set });
      for (const name of ['r', 'mse'] as const)
        if (valence[name].low <= truth[name] && truth[name] <= valence[name].high) held[name]++;
    }
    // of 150, 142 or more are expected; with percentiles about 130, and fewer than 134 come once in a thousand times
    for (const name of ['r', 'mse'] as const) {
      expect(held[name], `${kind}, ${name}`).toBeGreaterThanOrEqual(134);
      expect(held[name], `${kind}, ${name}`).toBeLessThan(sets);
    }
  }
});

test('sums give the metrics that clips give', () => {
  const { clips, predictions } = simulatedSet('films of unequal length', 5, 1);
  const [p, l] = [predictions.map(({ valence }) => valence), clips.map(({ valence }) => valence)];
  const expected = metricsOf(p, l);
  metricsOfSums(sumsOf(p, l, 2.7)).forEach((value, k) => {
    expect(value).toBeCloseTo(expected[metricNames[k]!], 9);
  });
});

describe('two models', () => {
  test.skipIf(!scipy)('the permutation test agrees with scipy (needs scipy)', () => {
    const random = Random.seeded(3);
    for (const shift of [0, 0.4, 1]) {
      const differences = Array.from({ length: 11 }, () => shift + random.normal());
      const expected: number = python(
        `import numpy as np
from scipy.stats import permutation_test
d = np.array(input)
print(permutation_test((d, np.zeros(len(d))), lambda x, y, axis: (x - y).sum(axis=axis), permutation_type='samples', n_resamples=np.inf, vectorized=True).pvalue)`,
        differences,
      );
      expect(signFlipProbability(differences, 0)).toBeCloseTo(expected, 9);
    }
  });

  test('with many films, random swaps come near all swaps', () => {
    const differences = Array.from({ length: 13 }, (_, i) => 0.3 + Math.sin(5 * i));
    const all = signFlipProbability(differences, 0);
    const some = signFlipProbability([...differences, 0], 0);
    expect(Math.abs(all - some)).toBeLessThan(0.02);
  });

  test('a better model is told from a worse, equal ones are not', () => {
    const good = example(30, 10, 4, 0.4);
    const random = Random.seeded(5);
    const worse = good.predictions.map((p) => ({ ...p, valence: p.valence + 0.5 * random.normal() }));
    const other = good.clips.map(({ id, valence, arousal }, i) => ({
      id,
      arousal,
      valence: valence - (good.predictions[i]!.valence - valence),
    }));
    const better = compareModels(good.clips, good.predictions, worse, 'valence');
    expect(better.mse).toBeLessThan(0);
    expect(better.mseInterval.high).toBeLessThan(0);
    expect(better.rInterval.low).toBeGreaterThan(0);
    expect(better.mseP).toBeLessThan(0.01);
    expect(better.rP).toBeLessThan(0.01);
    expect(compareModels(good.clips, good.predictions, other, 'valence').mse).toBeCloseTo(0, 9);
    const same = compareModels(good.clips, good.predictions, good.predictions, 'valence');
    expect(same).toMatchObject({ mse: 0, r: 0, mseP: 1, rP: 1 });
  });
});

describe('conformal intervals', () => {
  test('the quantile is the one of the definition', () => {
    expect(conformalQuantile([5, 1, 4, 2, 3, 9, 7, 8, 6], 0.9)).toBe(9);
    expect(conformalQuantile([3, 1, 2], 0.5)).toBe(2);
    expect(() => conformalQuantile([1, 2, 3], 0.9)).toThrow('3 errors are too few for a coverage of 0.9');
  });

  test('cover 88 to 92% of new films on average, also when errors are partly the film’s', () => {
    let [covered, count] = [0, 0];
    for (let seed = 0; seed < 40; seed++) {
      const { clips, predictions } = example(45, 12, 100 + seed);
      const isNew = (id: string) => Number(id.split('-')[0]) >= 30;
      const margins = conformalMargins(
        clips.filter((clip) => !isNew(clip.id)),
        predictions,
      );
      const tested = clips.filter((clip) => isNew(clip.id));
      const { valence, arousal } = coverageOf(margins, tested, predictions, { resamples: 50 });
      covered += valence.share + arousal.share;
      count += 2;
      expect(valence.interval.low).toBeLessThanOrEqual(valence.share);
    }
    expect(covered / count).toBeGreaterThan(0.88);
    expect(covered / count).toBeLessThan(0.92);
  });

  test('the coverage measured film by film is near what it should be', () => {
    const { clips, predictions } = example(40, 20, 7);
    for (const coverage of [0.5, 0.9]) {
      const { valence, arousal } = coverageByFilm(clips, predictions, coverage);
      for (const { share, interval } of [valence, arousal]) {
        expect(Math.abs(share - coverage)).toBeLessThan(0.02);
        expect(interval.low).toBeLessThan(coverage);
        expect(interval.high).toBeGreaterThan(coverage);
      }
    }
  });
});

test("neighbors' labels leak on synthetic films split at random, not on a split by film", () => {
  const { clips } = planAnnotations({ films: 40, clips: 800, seed: 3 });
  const located = clips.map((clip) => ({ ...clip, path: `/${clip.name}` }));
  const random = leakTest(protocolNamed('random', located, 1));
  expect(Math.min(random.valence, random.arousal)).toBeGreaterThan(0.3);
  const folds = leakTest(protocolNamed('folds:4', located, 1));
  expect(folds).toMatchObject({ split: 'folds:4', filmDisjoint: true });
  expect(Math.max(Math.abs(folds.valence), Math.abs(folds.arousal))).toBeLessThan(0.35);
  const disjoint = leakTest(protocolNamed('film-disjoint', located, 1));
  expect(Math.max(Math.abs(disjoint.valence), Math.abs(disjoint.arousal))).toBeLessThan(0.1);
});

describe('tables', () => {
  const table: Table = {
    title: 'Of 50% & more',
    columns: [{ name: 'model_a' }, { name: 'MSE' }, { name: 'r', digits: 2 }],
    rows: [
      ['constant', { value: 0.5, low: 0.25, high: 0.75 }, Number.NaN],
      ['a, "b"', -0.125, undefined],
    ],
    notes: ['A note.'],
  };

  test('as text and Markdown', () => {
    expect(formatTable(table, 'text')).toBe(
      [
        'Of 50% & more',
        '',
        'model_a                    MSE  r',
        '─────────────────────────────────',
        'constant  0.500 [0.250, 0.750]  –',
        'a, "b"                  −0.125  –',
        '',
        'A note.',
        '',
      ].join('\n'),
    );
    expect(formatTable(table, 'markdown')).toContain(
      '| model_a | MSE | r |\n| --- | ---: | ---: |\n| constant |',
    );
  });

  test('as CSV with all digits, and as LaTeX with its letters escaped', () => {
    expect(formatTable(table, 'csv')).toBe(
      'model_a,MSE,MSE low,MSE high,r\nconstant,0.5,0.25,0.75,\n"a, ""b""",-0.125,,,\n',
    );
    const latex = formatTable(table, 'latex');
    expect(latex).toContain('\\caption{Of 50\\% \\& more. A note.}');
    expect(latex).toContain('  model\\_a & MSE & r \\\\');
    expect(latex).toContain('  a, "b" & $-$0.125 & -- \\\\');
  });

  test('a standard deviation stands behind its number, and in a column of its own in CSV', () => {
    const spread: Table = {
      ...table,
      rows: [
        ['paper', { value: 0.5, deviation: 0.0125 }, { value: Number.NaN, deviation: Number.NaN }],
        ['constant', 0.25, undefined],
      ],
    };
    expect(formatTable(spread, 'markdown')).toContain('| paper | 0.500 ± 0.013 | – |');
    expect(formatTable(spread, 'csv')).toBe(
      'model_a,MSE,MSE sd,r,r sd\npaper,0.5,0.0125,,\nconstant,0.25,,,\n',
    );
    expect(formatTable(spread, 'latex')).toContain('  paper & 0.500 $\\pm$ 0.013 & -- \\\\');
  });

  test('published rows name their test set; the paper’s own stands with its own kind', () => {
    const printed = tableOneOfPaper().rows.map(([work, valence, , arousal]) => [work, valence, arousal]);
    expect(printed).toEqual([
      ['RUC', 0.218, 1.479],
      ['THU-HCSI', 0.214, 1.531],
      ['BUL', 0.231, 1.413],
      ['Liu et al.', 0.24, 1.185],
      ['Gan et al.', 0.33, 0.77],
      ['Kim & Lee (the paper)', 0.269, 0.628],
    ]);
    expect(tableOneOfPaper().rows.at(-1)).toContain(testSets['random-2450']);
    expect(formatTable(publishedTable(), 'text')).toMatch(/RUC .* MediaEval 2016 test/);
    for (const { source } of publishedResults) expect(source).toMatch(/20\d\d/);
  });
});

describe('MediaEval run files', () => {
  const { clips, predictions } = example(3, 2, 9);

  test('what is written is read', () => {
    const text = writeRun('affectline run 1', clips, predictions);
    expect(text.split('\n')).toHaveLength(8);
    expect(readRun(text, 'run.txt', clips)).toEqual({ name: 'affectline run 1', predictions });
  });

  test('damage is named with its line', () => {
    const text = writeRun('run', clips, predictions);
    expect(() => readRun(`${text}1 2\n`, 'run.txt', clips)).toThrow(
      'run.txt: 7 lines after the name; 6 expected',
    );
    const damaged = text.split('\n').with(3, '1,2').join('\n');
    expect(() => readRun(damaged, 'run.txt', clips)).toThrow(
      "run.txt:4: '1,2'; valence and arousal expected",
    );
    expect(() => writeRun('a\nb', clips, predictions)).toThrow(/one line expected/);
  });
});
