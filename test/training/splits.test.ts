import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type LirisClip,
  lirisClipName,
  lirisLayout,
  writeLirisAnnotations,
} from '../../src/datasets/layout.ts';
import { grouped } from '../../src/support/grouped.ts';
import { requirement } from '../../src/support/testing.ts';
import { renderSmallFilm, runReproduce } from './small-films.ts';

const hasFfmpeg = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);

/** A film each. */
const counts = { liris: 20, mediaEval: 6 };
const streams = ['flow', 'picture', 'sound'];

describe.skipIf(!hasFfmpeg)(
  'affectline reproduce on LIRIS-ACCEDE beside MediaEval 2016 (needs ffmpeg)',
  () => {
    const root = mkdtempSync(join(tmpdir(), 'affectline-splits-'));
    const data = join(root, 'data');
    afterAll(() => rmSync(root, { recursive: true }));

    beforeAll(() => {
      const clips = Array.from({ length: counts.liris }, (_, id): LirisClip => {
        const place = { id: String(id), name: lirisClipName(id), film: `film ${id}`, start: 1, end: 16 };
        const labels = { valence: 2 + 0.05 * id, arousal: 4 - 0.3 * ((id * 3) % 7) };
        const ranks = { valenceRank: id, arousalRank: id, valenceVariance: 0.1, arousalVariance: 0.1 };
        return { ...place, ...labels, ...ranks, set: 'train', license: 'test' };
      });
      const films = clips.map(({ film }) => ({
        ...{ name: film, title: film, license: 'test', credits: 'nobody', genre: 'test' },
        ...{ language: 'none', length: 1, excerpts: 1 },
      }));
      const folders = { liris: join(data, lirisLayout.clips), mediaEval: join(data, 'MEDIAEVAL16') };
      for (const folder of [...Object.values(folders), join(data, 'LIRIS-ACCEDE-annotations/annotations')])
        mkdirSync(folder, { recursive: true });
      writeLirisAnnotations(data, clips, films);
      for (const [i, { name }] of clips.entries()) renderSmallFilm(join(folders.liris, name), i);
      const rows = Array.from({ length: counts.mediaEval }, (_, i) => {
        const name = `MEDIAEVAL16_0000${i}.mp4`;
        renderSmallFilm(join(folders.mediaEval, name), 20.5 + i);
        return `${name}\t${(2.2 + 0.1 * i).toFixed(2)}\t${(3.1 + 0.2 * ((i * 2) % 5)).toFixed(2)}`;
      });
      writeFileSync(join(folders.mediaEval, 'MEDIAEVAL16-Global_prediction.txt'), `${rows.join('\n')}\n`);
      writeFileSync(join(data, 'SYNTHETIC.md'), 'Test pictures.');
      writeFileSync(
        join(root, 'small.yaml'),
        'preset: compact\nepochs: 2\nbatchSize: 4\nsegments: 1\nflowFields: 1\nflowViews: 1\nevaluationSegments: 1\n' +
          'soundSeconds: 1\ntrain: { picture: frozen }\nlearningRate: { head: 0.02 }\n',
      );
    }, 120_000);

    const reproduce = async (split: string, models: string) => {
      const { code, stdout, stderr } = await runReproduce([
        ...['--data', data, '--out', join(root, split), '--cache', join(root, 'clips'), '--split', split],
        ...['--config', join(root, 'small.yaml'), '--threads', '1', '--json', '--models', models],
      ]);
      expect(code, stderr).toBe(0);
      return { figures: JSON.parse(stdout), stderr, report: read(split, 'report.md') };
    };
    const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');
    /** Numbers by the id in front of them. */
    const numbersOf = (...path: string[]) =>
      new Map(
        read(...path)
          .trim()
          .split('\n')
          .slice(1)
          .map((line) => [line.split(',')[0]!, line.split(',').slice(1).map(Number)] as const),
      );
    /** How often each model predicts, and of which clips. */
    const predicted = (...path: string[]) => {
      const rows = read(...path, 'predictions.csv')
        .trim()
        .split('\n')
        .slice(1)
        .map((row) => row.split(','));
      return grouped(rows, ([model]) => model!);
    };

    test('--split mediaeval-2016 learns from all of the one, but what stops and calibrates, and is tested on the other', async () => {
      const { figures, stderr, report } = await reproduce(
        'mediaeval-2016',
        'paper,separate-decisions,constant',
      );
      expect(stderr).toContain('train 4 networks, preset compact: paper, flow, picture, sound;');
      expect(report).toContain(
        'Split `mediaeval-2016`: 16 clips to learn from, 2 to stop by, 2 to calibrate on, 6 to test; 6 films are tested.',
      );
      const rows = predicted('mediaeval-2016');
      expect([...rows.keys()]).toEqual(['paper', ...streams, 'separate-decisions', 'constant']);
      for (const own of rows.values())
        expect(own.map(([, id]) => id)).toEqual([0, 1, 2, 3, 4, 5].map((i) => `MEDIAEVAL16_0000${i}`));
      expect(Object.keys(figures.models)).toEqual([...rows.keys()]);
      expect(report).toMatch(/\| the paper's model \| valence \| [\d.]+ \[/);
      expect(report).toMatch(
        /Fusion of features against fusion of decisions of networks that were trained apart: valence /,
      );
      expect(report).toMatch(/## Paired tests[^#]*\| fusion of decisions, trained apart \|/);
      expect(report).toMatch(/this run: fusion of decisions, trained apart \|/);
    }, 600_000);

    test('networks trained apart are joined by weights from the clips that stopped them, never the test', async () => {
      const folder = ['mediaeval-2016', 'models', 'separate-decisions'];
      const weights = JSON.parse(read(...folder, 'weights.json'));
      const labels = (id: string) => [2 + 0.05 * Number(id), 4 - 0.3 * ((Number(id) * 3) % 7)];
      const joined = numbersOf(...folder, 'predictions.csv');
      expect(joined.size).toBe(6);
      for (const [at, of] of (['valence', 'arousal'] as const).entries()) {
        const own = streams.map((stream) => weights[of][stream] as number);
        expect(own.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
        const single = (file: string) =>
          streams.map((stream) => numbersOf('mediaeval-2016', 'models', stream, file));
        const test = single('predictions.csv');
        for (const [id, values] of joined)
          expect(values[at]).toBeCloseTo(
            own.reduce((sum, weight, i) => sum + weight * test[i]!.get(id)![at]!, 0),
            10,
          );
        // no other weights fit the clips that stopped them better
        const stopped = single('validation.csv');
        const ids = [...stopped[0]!.keys()];
        expect(ids).toHaveLength(2);
        const error = (by: readonly number[]) =>
          ids.reduce((sum, id) => {
            const guess = by.reduce((total, weight, i) => total + weight * stopped[i]!.get(id)![at]!, 0);
            return sum + (guess - labels(id)[at]!) ** 2;
          }, 0);
        for (let a = 0; a <= 20; a++)
          for (let b = 0; a + b <= 20; b++)
            expect(error(own)).toBeLessThanOrEqual(error([a / 20, b / 20, (20 - a - b) / 20]) + 1e-6);
      }
      expect(existsSync(join(root, ...folder, 'best'))).toBe(false);
    });

    test("--split paper is tested where it is stopped, and beside on MediaEval's clips", async () => {
      const { figures, report } = await reproduce('paper', 'separate-decisions,constant');
      expect(figures.split).toBe('paper');
      expect(report).toContain(
        'Split `paper`: 15 clips to learn from, 5 to stop by, 0 to calibrate on, 5 to test; 5 films are tested.',
      );
      expect(report).toMatch(/## Tested on mediaeval-2016, which nothing was trained on/);
      expect(report).toContain('all 6 clips, none trained on');
      const models = [...streams, 'separate-decisions', 'constant'];
      for (const [place, count] of [
        ['', 5],
        ['test-on/mediaeval-2016', counts.mediaEval],
      ] as const) {
        const rows = predicted('paper', place);
        expect([...rows.keys()]).toEqual(models);
        for (const own of rows.values()) expect(own).toHaveLength(count);
      }
      const ids = (file: string) => [...numbersOf('paper/models/sound', file).keys()].sort();
      expect(ids('predictions.csv')).toEqual(ids('validation.csv'));
      // where the clips that stop are the test, nothing is fitted to them
      const weights = JSON.parse(read('paper/models/separate-decisions/weights.json'));
      for (const stream of streams) expect(weights.arousal[stream]).toBeCloseTo(1 / 3, 12);
      const there = predicted('paper/test-on/mediaeval-2016');
      const arousal = (model: string) => there.get(model)!.map((row) => Number(row.at(-1)));
      const each = streams.map(arousal);
      for (const [i, value] of arousal('separate-decisions').entries())
        expect(value).toBeCloseTo((each[0]![i]! + each[1]![i]! + each[2]![i]!) / 3, 10);
    }, 600_000);
  },
);
