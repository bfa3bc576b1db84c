import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requirement } from '../../src/support/testing.ts';
import { renderSmallFilm, runReproduce } from './small-films.ts';

const hasFfmpeg = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);

describe.skipIf(!hasFfmpeg)('affectline reproduce --jobs (needs ffmpeg)', () => {
  const root = mkdtempSync(join(tmpdir(), 'affectline-training-jobs-'));
  afterAll(() => rmSync(root, { recursive: true }));

  beforeAll(() => {
    mkdirSync(join(root, 'data'));
    const rows = Array.from({ length: 16 }, (_, i) => {
      renderSmallFilm(join(root, 'data', `${i}.mp4`), 0.6 * i);
      return `${i}.mp4,${(2 + 0.1 * i).toFixed(2)},${4 - 0.3 * ((i * 3) % 7)},film ${i}`;
    });
    writeFileSync(join(root, 'data/labels.csv'), `path,valence,arousal,film\n${rows.join('\n')}\n`);
    writeFileSync(join(root, 'data/SYNTHETIC.md'), 'Test pictures.');
    writeFileSync(
      join(root, 'small.yaml'),
      'preset: compact\nepochs: 1\nbatchSize: 4\nsegments: 1\nflowFields: 1\nflowViews: 2\nevaluationSegments: 1\nsoundSeconds: 1\n' +
        'train: { sound: trained }\nbatchNorm: batch\n',
    );
  }, 120_000);

  const reproduce = async (out: string, ...given: string[]) =>
    await runReproduce([
      ...['--data', join(root, 'data'), '--out', join(root, out), '--cache', join(root, `clips-${out}`)],
      ...['--config', join(root, 'small.yaml'), '--threads', '1', '--json', '--models', 'paper,constant'],
      ...['--seeds', '2', ...given],
    ]);

  test('clips prepared and networks trained as jobs give the same files to the byte', async () => {
    const queued = await reproduce('queued', '--jobs', '--library', join(root, 'library'));
    expect(queued.code, queued.stderr).toBe(0);
    const plain = await reproduce('plain');
    expect(plain.code, plain.stderr).toBe(0);
    for (const file of ['report.md', 'predictions.csv', 'models/paper-seed-2/predictions.csv'])
      expect(readFileSync(join(root, 'queued', file), 'utf8'), file).toBe(
        readFileSync(join(root, 'plain', file), 'utf8'),
      );
  }, 300_000);
});
