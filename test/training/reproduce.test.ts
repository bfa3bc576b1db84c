import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requirement } from '../../src/support/testing.ts';
import { renderSmallFilm, runReproduce } from './small-films.ts';

const hasFfmpeg = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);
type Figures = Record<string, Record<'valence' | 'arousal', { mse: number; bias: number }>>;

describe.skipIf(!hasFfmpeg)('affectline reproduce (needs ffmpeg)', () => {
  const root = mkdtempSync(join(tmpdir(), 'affectline-reproduce-'));
  const [data, out] = [join(root, 'data'), join(root, 'runs', 'reproduce')];
  afterAll(() => rmSync(root, { recursive: true }));

  beforeAll(() => {
    execFileSync('mkdir', ['-p', join(data, 'clips, all')]);
    // half of the films to validate calibrate; nine clips are the fewest that a 90% interval can come from
    const sets = [...Array(4).fill('train'), ...Array(18).fill('validation'), 'test', 'test'];
    const rows = sets.map((set, i) => {
      // the id of such a clip is its path; the comma has to survive
      const path = `clips, all/${i}.mp4`;
      renderSmallFilm(join(data, path), i);
      return `"${path}",${(2 + 0.1 * i).toFixed(1)},${4 - 0.3 * ((i * 3) % 7)},film ${i},${set}`;
    });
    writeFileSync(join(data, 'labels.csv'), `path,valence,arousal,film,set\n${rows.join('\n')}\n`);
    writeFileSync(join(data, 'SYNTHETIC.md'), 'Test pictures.');
    writeFileSync(
      join(root, 'small.yaml'),
      'preset: compact\nepochs: 2\nbatchSize: 2\nsegments: 1\nflowFields: 1\nflowViews: 2\nevaluationSegments: 1\nsoundSeconds: 1\n' +
        'train: { picture: 3 }\n',
    );
  });

  async function reproduce(
    folder: string,
    stopAt?: string,
    models = 'paper,sound,handcrafted,constant,position,neighbors',
  ) {
    const given = ['--config', join(root, 'small.yaml'), '--models', models, '--threads', '1', '--json'];
    return await runReproduce(['--data', data, '--out', folder, ...given], { stopAt });
  }

  test('interrupted and called again it goes on, and its report says what the predictions say', async () => {
    const first = await reproduce(out, 'paper: epoch 1  loss');
    expect(first.code, first.stderr).toBe(130);
    expect(first.stderr).toMatch(
      /plan\n.*prepare 24 clips.*\n.*train 2 networks, preset compact: paper, sound;/,
    );
    const second = await reproduce(out);
    expect(second.code, second.stderr).toBe(0);
    expect(second.stderr).not.toContain('paper: epoch 1');
    expect(second.stderr).toContain('sound: epoch 2');
    const third = await reproduce(out);
    expect(third.stderr).not.toContain('epoch 2');
    expect(third.stdout).toBe(second.stdout);
    const models: Figures = JSON.parse(third.stdout).models;

    // the numbers, from the predictions and nothing else
    const [, ...lines] = readFileSync(join(out, 'predictions.csv'), 'utf8').trim().split('\n');
    expect(lines).toHaveLength(6 * 2);
    for (const [name, metrics] of Object.entries(models)) {
      const rows = lines
        .filter((line) => line.startsWith(`${name},"clips, all/`))
        .map((line) => line.split(',').slice(-4).map(Number));
      for (const [at, of] of (['valence', 'arousal'] as const).entries()) {
        const errors = rows.map((row) => row[2 + at]! - row[at]!);
        expect(metrics[of].mse, `${name} ${of}`).toBeCloseTo(
          errors.reduce((sum, error) => sum + error * error, 0) / errors.length,
          9,
        );
        expect(metrics[of].bias).toBeCloseTo(
          errors.reduce((sum, error) => sum + error, 0) / errors.length,
          9,
        );
      }
    }
    const table = readFileSync(join(out, 'table.csv'), 'utf8');
    expect(table).toContain(`the paper's model,valence,${models.paper!.valence.mse},`);
    expect(table).toContain(`handcrafted features,arousal,${models.handcrafted!.arousal.mse},`);

    // intervals come from films that neither train, stop the training nor test
    const rowsOf = (file: string) =>
      new Map(
        readFileSync(join(out, 'models', 'paper', file), 'utf8')
          .trim()
          .split('\n')
          .slice(1)
          .map((line) => {
            const [id, ...numbers] = line.replaceAll('"', '').replace(', ', '_').split(',');
            return [id!.replace('_', ', '), numbers.map(Number)] as const;
          }),
      );
    const calibration = rowsOf('calibration.csv');
    const used = [...rowsOf('validation.csv').keys(), ...rowsOf('predictions.csv').keys()];
    expect(calibration.size).toBe(9);
    expect(used).toHaveLength(11);
    expect(used.filter((id) => calibration.has(id))).toEqual([]);
    const { calibration: written } = JSON.parse(
      readFileSync(join(out, 'models', 'paper', 'best', 'model.json'), 'utf8'),
    );
    const numberOf = (id: string) => Number(/(\d+)\.mp4/.exec(id)![1]);
    const largest = Math.max(
      ...[...calibration].map(([id, [valence]]) => Math.abs(valence! - (2 + 0.1 * numberOf(id)))),
    );
    expect(written.intervals.margins.valence).toBeCloseTo(largest, 6);
    expect(written.intervals.method).toContain('from 9 clips of 9 films that neither trained, stopped');

    const report = readFileSync(join(out, 'report.md'), 'utf8');
    expect(report).toMatch(/^# .* on synthetic films/);
    expect(report).toContain('The test holds 2 films.');
    expect(report).not.toContain('The test was opened');
    expect(report).toContain('**Table 1 of Kim & Lee 2018 as it is printed, below this run**');
    expect(report).toContain('| RUC | 0.218 | – | 1.479 | – | MediaEval 2016 test');
    expect(report).toMatch(/\| Kim & Lee \(the paper\) \| 0\.269 \| – \| 0\.628 \| – \|.*inferred/);
    expect(report).toMatch(/\| this run: the paper's model \|.*\| synthetic films, official split, 2 clips/);
    expect(report).toContain(`| the paper's model | valence | ${models.paper!.valence.mse.toFixed(3)} [`);
    expect(readdirSync(out).sort()).toEqual([
      ...[
        'experiment.json',
        'features',
        'mediaeval',
        'models',
        'models.png',
        'openings.json',
        'predictions.csv',
        'report.md',
        'scatter.png',
      ],
      ...['table.csv', 'table.md', 'table.tex', 'table.txt'],
    ]);
    // of flow and sound, for training and for validation; the sound model has computed none of its own
    expect(readdirSync(join(out, 'features'))).toHaveLength(4);
    expect(readdirSync(join(out, 'models', 'paper'))).toContain('results.png');
    const [runName, ...run] = readFileSync(join(out, 'mediaeval', 'constant.txt'), 'utf8')
      .trim()
      .split('\n');
    expect([runName, run.length]).toEqual(['affectline-constant', 2]);
  }, 300_000);

  test('a second look at the test is written into the report, and shown', async () => {
    const { code, stderr } = await reproduce(out, undefined, 'sound,constant');
    expect(code, stderr).toBe(0);
    const opened = /The test was opened 2 times: paper, sound, .*neighbors; then sound, constant\. What was/;
    expect(stderr).toMatch(opened);
    expect(readFileSync(join(out, 'report.md'), 'utf8')).toMatch(opened);
    await reproduce(out, undefined, 'sound,constant');
    expect(readFileSync(join(out, 'report.md'), 'utf8')).toMatch(opened);
  }, 120_000);

  test('what an earlier version measured on segments is not taken for measured on all', async () => {
    const own = join(out, 'models', 'sound', 'config.yaml');
    const before = readFileSync(own, 'utf8');
    writeFileSync(own, before.replace(/^evaluation: all.*\n/m, ''));
    const { code, stderr } = await reproduce(out, undefined, 'sound');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /sound was measured by an earlier version, on 1 moments of each clip; 'evaluation: segments'/,
    );
    const small = join(root, 'small.yaml');
    const asked = readFileSync(small, 'utf8');
    writeFileSync(small, `${asked}evaluation: segments\n`);
    const kept = await reproduce(out, undefined, 'sound');
    expect(kept.code, kept.stderr).toBe(0);
    expect(kept.stderr).not.toContain('sound: epoch');
    expect(readFileSync(own, 'utf8')).toMatch(/^evaluation: segments/m);
    writeFileSync(small, asked);
    writeFileSync(own, before);
  }, 120_000);

  test('a folder of other labels, or of a run whose configuration was edited, is not mixed with these', async () => {
    const labels = join(data, 'labels.csv');
    const before = readFileSync(labels, 'utf8');
    writeFileSync(labels, before.replace('3.2,', '3.3,'));
    const { code, stderr } = await reproduce(out);
    writeFileSync(labels, before);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'holds results of another data set (or of films that have changed), split or seed',
    );
    // the run's configuration edited in the same way as the one that is asked for
    const own = join(out, 'models', 'sound', 'config.yaml');
    writeFileSync(own, readFileSync(own, 'utf8').replace('epochs: 2', 'epochs: 1'));
    const small = join(root, 'small.yaml');
    writeFileSync(small, readFileSync(small, 'utf8').replace('epochs: 2', 'epochs: 1'));
    const edited = await reproduce(out, undefined, 'sound');
    expect(edited.code).toBe(1);
    expect(edited.stderr).toMatch(/sound was trained with another configuration .* epochs \(was 2, is 1\)/);
  });
});
