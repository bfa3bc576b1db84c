import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requirement } from '../../src/support/testing.ts';
import { renderSmallFilm, runReproduce } from './small-films.ts';

const hasFfmpeg = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);

describe.skipIf(!hasFfmpeg)('affectline reproduce --seeds, --test-on and --split (needs ffmpeg)', () => {
  const root = mkdtempSync(join(tmpdir(), 'affectline-seeds-'));
  const [data, foreign] = [join(root, 'data'), join(root, 'foreign')];
  afterAll(() => rmSync(root, { recursive: true }));

  /** Films of a clip each; those numbered from `first` on look and sound like no other. */
  function films(folder: string, count: number, first: number) {
    mkdirSync(folder);
    const rows = Array.from({ length: count }, (_, i) => {
      renderSmallFilm(join(folder, `${i}.mp4`), first + 0.6 * i);
      return `${i}.mp4,${(2 + 0.05 * i).toFixed(2)},${4 - 0.3 * ((i * 3) % 7)},film ${i}`;
    });
    writeFileSync(join(folder, 'labels.csv'), `path,valence,arousal,film\n${rows.join('\n')}\n`);
    writeFileSync(join(folder, 'SYNTHETIC.md'), 'Test pictures.');
  }

  beforeAll(() => {
    films(data, 40, 0);
    films(foreign, 10, 26.5);
    writeFileSync(
      join(root, 'small.yaml'),
      'preset: compact\nepochs: 2\nbatchSize: 8\nsegments: 1\nflowFields: 1\nflowViews: 2\nevaluationSegments: 1\nsoundSeconds: 1\n' +
        'train: { sound: trained }\nbatchNorm: batch\n',
    );
  }, 120_000);

  const reproduce = async (out: string, given: readonly string[], stopAt?: string) =>
    await runReproduce(
      [
        ...['--data', data, '--out', join(root, out), '--cache', join(root, 'clips')],
        ...['--config', join(root, 'small.yaml'), '--threads', '1', '--json', ...given],
      ],
      { stopAt },
    );
  const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');

  test('40 films, 3 seeds: interrupted in the middle and called again, the figures are the same to the bit', async () => {
    const given = ['--models', 'paper,constant', '--seeds', '3', '--test-on', foreign];
    const interrupted = await reproduce('resumed', given, 'paper-seed-2: epoch 1  loss');
    expect(interrupted.code, interrupted.stderr).toBe(130);
    expect(existsSync(join(root, 'resumed/models/paper/predictions.csv'))).toBe(true);
    expect(existsSync(join(root, 'resumed/models/paper-seed-2/predictions.csv'))).toBe(false);
    const resumed = await reproduce('resumed', given);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.stderr).not.toContain('paper: epoch');
    const whole = await reproduce('whole', given);
    expect(whole.code, whole.stderr).toBe(0);
    expect(whole.stderr).toMatch(/train 1 networks, preset compact: paper, each by the seeds 1, 2, 3;/);
    const figures = (stdout: string) => ({ ...JSON.parse(stdout), folder: '' });
    expect(figures(resumed.stdout)).toEqual(figures(whole.stdout));
    for (const file of ['report.md', 'predictions.csv', 'table.csv', 'seeds.csv', 'openings.json'])
      expect(read('resumed', file), file).toBe(read('whole', file));
    for (const file of ['predictions.csv', 'table.csv', 'seeds.csv', 'openings.json'])
      expect(read('resumed/test-on/foreign', file), file).toBe(read('whole/test-on/foreign', file));

    // the ensemble and the spread, from the predictions of each seed and nothing else
    const numbersOf = (file: string) =>
      new Map(
        read('whole', file)
          .trim()
          .split('\n')
          .slice(1)
          .map((line) => [line.split(',')[0]!, line.split(',').slice(1).map(Number)] as const),
      );
    const seeds = ['paper', 'paper-seed-2', 'paper-seed-3'].map((name) =>
      numbersOf(`models/${name}/predictions.csv`),
    );
    expect(new Set(seeds.map((of) => JSON.stringify([...of.values()]))).size).toBe(3);
    const labels = numbersOf('../data/labels.csv');
    const { models, overSeeds, testOn } = JSON.parse(whole.stdout);
    const errorOf = (predicted: (id: string) => number) =>
      [...seeds[0]!.keys()].reduce((sum, id) => sum + (predicted(id) - labels.get(id)![0]!) ** 2, 0) /
      seeds[0]!.size;
    const errors = seeds.map((of) => errorOf((id) => of.get(id)![0]!));
    const mean = (errors[0]! + errors[1]! + errors[2]!) / 3;
    expect(overSeeds.paper.valence.mse.mean).toBeCloseTo(mean, 10);
    expect(overSeeds.paper.valence.mse.deviation).toBeCloseTo(
      Math.sqrt(errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / 2),
      10,
    );
    expect(models.paper.valence.mse).toBeCloseTo(
      errorOf((id) => seeds.reduce((sum, of) => sum + of.get(id)![0]!, 0) / 3),
      10,
    );
    expect(Object.keys(overSeeds)).toEqual(['paper']);
    expect(testOn[0].name).toBe('foreign');
    expect(Object.keys(testOn[0].models)).toEqual(['paper', 'constant']);

    const card = read('whole', 'models/paper-seed-2/best/README.md');
    expect(card).toBe(read('resumed', 'models/paper-seed-2/best/README.md'));
    expect(card).toMatch(/trained on \*\*synthetic films\*\* only/);
    expect(card).toMatch(/\| learned from \| \d+ \| \d+ \|/);
    expect(card).toContain('seed: 2');
    expect(card).toMatch(/\| this model \| arousal \| [^|]+\[/);
    const { mean: r, deviation } = overSeeds.paper.valence.r;
    expect(card).toContain(`3 trainings that differ by their seed alone`);
    expect(card).toContain(`valence r ${r.toFixed(3)} ± ${deviation.toFixed(3)}`);

    const report = read('whole', 'report.md');
    expect(report).toMatch(/## Over seeds[^#]*\| the paper's model \| valence \| [^|]+ ± /);
    expect(report).toMatch(
      /## Tested on foreign, which nothing was trained on[^#]*10 clips, none trained on/,
    );
    expect(JSON.parse(read('whole', 'openings.json'))).toMatchObject([{ seeds: 3 }]);
    // the constant knows the labels of the data set it learned from, and nothing of these
    const rows = read('whole/test-on/foreign', 'predictions.csv').split('\n');
    const said = rows.filter((row) => row.startsWith('constant,')).map((row) => Number(row.split(',')[5]));
    expect(new Set(said).size).toBe(1);
    const learned = [...labels].filter(([id]) => !seeds[0]!.has(id)).map(([, [valence]]) => valence!);
    expect(said).toHaveLength(10);
    expect(Math.min(...learned)).toBeLessThan(said[0]!);
  }, 600_000);

  test('a data set that shares clips with the one to learn from is refused as a test', async () => {
    const { code, stderr } = await reproduce('whole', ['--models', 'constant', '--test-on', data]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/0\.mp4 is among the clips of this experiment, too/);
  }, 60_000);

  test('folds test every film once', async () => {
    const given = ['--models', 'sound,constant', '--split', 'folds:4', '--test-on', foreign];
    const { code, stdout, stderr } = await reproduce('folds', given);
    expect(code, stderr).toBe(0);
    const { split, models, testOn } = JSON.parse(stdout);
    expect(split).toBe('folds:4');
    const rows = read('folds', 'predictions.csv').trim().split('\n').slice(1);
    const ofSound = rows.filter((row) => row.startsWith('sound,')).map((row) => row.split(','));
    expect(new Set(ofSound.map((row) => row[1])).size).toBe(40);
    const error = ofSound.reduce((sum, row) => sum + (Number(row[5]) - Number(row[3])) ** 2, 0) / 40;
    expect(models.sound.valence.mse).toBeCloseTo(error, 9);
    expect(existsSync(join(root, 'folds/folds/4/models/sound/best/model.json'))).toBe(true);
    // on films that no fold saw, what all four say together
    const there = read('folds/test-on/foreign', 'predictions.csv')
      .split('\n')
      .find((row) => row.startsWith('sound,3'))!;
    const each = [1, 2, 3, 4].map((fold) =>
      Number(
        read(`folds/test-on/foreign/predictions/fold-${fold}-sound.csv`)
          .split('\n')
          .find((row) => row.startsWith('3.mp4,'))!
          .split(',')[1],
      ),
    );
    expect(Number(there.split(',')[5])).toBeCloseTo((each[0]! + each[1]! + each[2]! + each[3]!) / 4, 10);
    expect(testOn[0].models.sound.valence.mse).toBeGreaterThan(0);
  }, 600_000);
});
