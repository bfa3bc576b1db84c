import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compiledEntry } from '../support/entry.ts';

const main = compiledEntry(import.meta.url, 'main');
const sample = fileURLToPath(new URL('../../samples/sample.mp4', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'affectline-train-curve-'));
const [films, ratings] = [join(folder, 'films'), join(folder, 'ratings')];
const affectline = (...given: string[]) =>
  spawnSync(process.execPath, [main, ...given], { cwd: folder, encoding: 'utf8' });

beforeAll(() => {
  for (const path of [films, ratings]) mkdirSync(path);
  // copies of one film, which is so analyzed once, as others have rated it
  for (const [i, name] of ['a', 'b', 'c', 'd', 'e'].entries()) {
    copyFileSync(sample, join(films, `${name}.mp4`));
    const seconds = Array.from(
      { length: 24 },
      (_, t) => `${t},${Math.sin(t / 4) / 2 + i / 50},${t / 24 - 0.5},-1,1\n`,
    );
    writeFileSync(join(ratings, `${name}.csv`), `time,valence,arousal,lowest,highest\n${seconds.join('')}`);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a head over time is trained, compared, and used: analyze and evaluate take the model', () => {
  const given = ['train-curve', films, '--ratings', ratings, '--causal', '--seed', '3', '--json'];
  const { status, stdout, stderr } = affectline(...given);
  expect(status, stderr).toBe(0);
  const { best, heads } = JSON.parse(stdout);
  expect(Object.keys(heads)).toEqual([
    ...['temporal, mse', 'temporal, ccc'],
    ...['mean-linear', 'position in film', 'smoothing', 'smoothing, lag, scale'],
  ]);
  // the ratings depend on the place alone, and were brought from −1 … 1 to the scale of the model
  expect(heads['position in film'].arousal.ccc.mean).toBeGreaterThan(0.99);
  expect(heads['position in film'].arousal.mse.mean).toBeLessThan(1e-6);
  expect(heads['temporal, ccc'].against.arousal.baseline).toBe('position in film');
  expect(heads['temporal, ccc'].against.arousal.p).toBe(2 / 2 ** 5);
  const run = join(folder, 'runs/curve');
  expect(readdirSync(run).toSorted()).toEqual(
    ['best', 'curves.csv', 'report.md', 'table.csv', 'table.md', 'table.tex', 'table.txt'].toSorted(),
  );
  expect(readFileSync(join(run, 'report.md'), 'utf8')).toMatch(/temporal, ccc: CCC valence .* is missed\./);
  const lines = readFileSync(join(run, 'curves.csv'), 'utf8').trim().split('\n').slice(1);
  expect(lines.length).toBeGreaterThan(5 * 24);
  expect(lines.filter((line) => line.includes('a.mp4'))).toHaveLength(lines.length / 5);
  expect(readdirSync(join(folder, 'runs/seconds'))).toHaveLength(1);
  expect(JSON.parse(readFileSync(join(folder, best, 'model.json'), 'utf8'))).toMatchObject({
    name: 'curve',
    synthetic: false,
    head: { kind: 'temporal', causal: true },
  });
  expect(readFileSync(join(folder, best, 'README.md'), 'utf8')).toContain(
    'over time, of a second and those before it',
  );

  const evaluated = affectline(
    'evaluate',
    join(films, 'a.mp4'),
    '--ratings',
    ratings,
    '--model',
    best,
    '--json',
  );
  expect(evaluated.status, evaluated.stderr).toBe(0);
  expect(JSON.parse(evaluated.stdout).arousal[0].ccc).toEqual(expect.any(Number));

  const over = affectline(...given);
  expect([over.status, over.stderr]).toEqual([1, expect.stringContaining('holds a run already; --name')]);

  const from = affectline('train-curve', films, '--ratings', ratings, '--model', best, '--name', 'third');
  expect([from.status, from.stderr]).toEqual([1, expect.stringContaining('has a head over time already')]);
  const onnx = affectline('export', 'curve.onnx', '--model', best);
  expect([onnx.status, onnx.stderr]).toEqual([1, expect.stringContaining('has a temporal head')]);
  expect(existsSync(join(folder, 'curve.onnx'))).toBe(false);
}, 600_000);

test('too few films, and ratings beyond the scale of the model, are refused by name', () => {
  const few = affectline(
    'train-curve',
    join(films, 'a.mp4'),
    '--ratings',
    join(ratings, 'a.csv'),
    '--name',
    'few',
  );
  expect([few.status, few.stderr]).toEqual([
    1,
    expect.stringContaining('1 film with ratings; at least 5 expected'),
  ]);
  const bare = join(folder, 'bare');
  mkdirSync(bare);
  for (const name of ['a', 'b', 'c', 'd', 'e'])
    writeFileSync(
      join(bare, `${name}.csv`),
      `time,valence,arousal\n${Array.from({ length: 24 }, (_, t) => `${t},-1,3\n`).join('')}`,
    );
  const beyond = affectline('train-curve', films, '--ratings', bare, '--name', 'bare');
  expect([beyond.status, beyond.stderr]).toEqual([
    1,
    expect.stringContaining(
      "ratings lie beyond the model's scale 1 … 5; in a CSV, columns lowest and highest",
    ),
  ]);
}, 600_000);
