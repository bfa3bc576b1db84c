import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requirement } from '../src/support/testing.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const hasFfmpeg = requirement('ffmpeg', () => execFileSync('ffmpeg', ['-version']).length > 0);
const folder = mkdtempSync(join(tmpdir(), 'affectline-examples-'));
const [data, yaml] = [join(folder, 'data'), join(folder, 'small.yaml')];
afterAll(() => rmSync(folder, { recursive: true }));

const run = (example: string, ...given: string[]) =>
  execFileSync(process.execPath, [join(root, 'examples', example), ...given], {
    encoding: 'utf8',
    cwd: root,
  });

test('analyze: values, the strongest moment, and a picture', () => {
  const picture = join(folder, 'sample.png');
  const said = run('analyze.mjs', join(root, 'samples/sample.mp4'), picture);
  expect(said).toMatch(/valence \d\.\d\d, arousal \d\.\d\d \(starter\)\nmost exciting at \d+ s: arousal \d/);
  expect(readFileSync(picture).subarray(1, 4).toString()).toBe('PNG');
}, 180_000);

describe.skipIf(!hasFfmpeg)('on labels of one’s own (needs ffmpeg)', () => {
  beforeAll(() => {
    mkdirSync(data);
    const rows = ['train', 'train', 'validation', 'test'].map((set, i) => {
      const film = ['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=10:duration=2'];
      const sound = ['-f', 'lavfi', '-i', `sine=frequency=${200 + 150 * i}:duration=2`];
      execFileSync('ffmpeg', [
        '-v',
        'error',
        ...film,
        ...sound,
        '-pix_fmt',
        'yuv420p',
        join(data, `${i}.mp4`),
      ]);
      return `${i}.mp4,${2 + i / 2},${4 - i / 2},film ${i},${set}\n`;
    });
    writeFileSync(join(data, 'labels.csv'), `path,valence,arousal,film,set\n${rows.join('')}`);
    writeFileSync(
      yaml,
      'preset: compact\nstreams: [sound]\nepochs: 1\nbatchSize: 2\nsegments: 1\nflowFields: 1\nflowViews: 1\nevaluationSegments: 1\nsoundSeconds: 1\n',
    );
  });

  test('train: a model, measured and used', () => {
    const said = run('train.mjs', data, join(folder, 'runs'), yaml);
    expect(said).toMatch(
      /^test clips: MSE of arousal \d+\.\d+\nown of 3\.mp4: valence \d\.\d\d, arousal \d\.\d\d\n$/,
    );
    expect(existsSync(join(folder, 'runs/own/best/model.json'))).toBe(true);
  });

  test('reproduce: a table and a report', () => {
    const out = join(folder, 'runs/reproduce');
    expect(run('reproduce.mjs', data, out, yaml)).toMatch(/sound alone +valence/);
    expect(readFileSync(join(out, 'report.md'), 'utf8')).toContain('## Table 1');
  }, 180_000);
});
