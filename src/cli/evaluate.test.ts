import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { compiledEntry } from '../support/entry.ts';

const main = compiledEntry(import.meta.url, 'main');
const film = fileURLToPath(new URL('../../samples/sample.mp4', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'affectline-evaluate-'));
afterAll(() => rmSync(folder, { recursive: true }));

const evaluate = (...given: string[]) =>
  spawnSync(process.execPath, [main, 'evaluate', film, ...given], { cwd: folder, encoding: 'utf8' });

test('a film is set against ratings: figures as JSON, a picture, and nothing written over', () => {
  const ratings = join(folder, 'sample.csv');
  const seconds = Array.from({ length: 25 }, (_, t) => `${t},${3 + Math.sin(t / 3)},${2 + t / 25}\n`);
  writeFileSync(ratings, `time,valence,arousal\n${seconds.join('')}`);
  const { status, stdout, stderr } = evaluate('--ratings', ratings, '--out', folder, '--json');
  expect(status, stderr).toBe(0);
  const { kinds, valence, arousal } = JSON.parse(stdout);
  expect(kinds).toEqual(['elicited']);
  for (const scores of [valence, arousal]) {
    const names = scores.map((score: { predictor: string }) => score.predictor);
    expect(names).toEqual(['model', 'loudness', 'change', 'position', 'constant']);
    const [{ r, rInterval, lag }] = scores;
    expect(r).toBeGreaterThanOrEqual(-1);
    expect(r).toBeLessThanOrEqual(1);
    // half a minute has too few blocks for an interval
    expect(rInterval).toEqual({ low: null, high: null });
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8]).toContain(lag);
  }
  // the arousal rises from the first second to the last
  expect(arousal[3].r).toBeGreaterThan(0.99);
  expect(existsSync(join(folder, 'sample.mp4.ratings.png'))).toBe(true);
  const again = evaluate('--ratings', ratings, '--out', folder);
  expect([again.status, again.stderr]).toEqual([1, expect.stringContaining('is there already; -y')]);
}, 300_000);

test('ratings that cannot be read, or of another film, are named', () => {
  const bad = join(folder, 'bad.csv');
  writeFileSync(bad, 'time,valence\n0,high\n');
  const { status, stderr } = evaluate('--ratings', bad);
  expect([status, stderr]).toEqual([
    1,
    expect.stringContaining("bad.csv:2: valence 'high': a number expected"),
  ]);
  expect(evaluate().status).toBe(2);
});
